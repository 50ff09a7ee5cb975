import { createRequire } from 'node:module'
import { join } from 'node:path'
import { EngineMisconfigured, EngineUnavailable, RecordRefused } from '../errors.js'

/**
 * The database driver that a Keyv adapter depends on, so that a user installs the adapter and nothing else; or the driver
 * that the user has installed without the adapter. The adapter's goes first: an application may have another version for
 * itself. The adapters themselves keep one pool for the whole process, and replace or end it whenever another one is opened
 * or disconnected; an engine has a pool of its own.
 *
 * Both are found when they are needed, from where this code is. A bundler that has made CommonJS of it leaves no URL: then
 * from where the process was started.
 *
 * @throws EngineMisconfigured if neither is installed, or it cannot be loaded.
 */
export function driverOf(adapter: string, driver: string): unknown {
  const here: string | undefined = import.meta.url
  const require = createRequire(here ?? process.argv[1] ?? join(process.cwd(), 'index.js'))
  try {
    return createRequire(require.resolve(adapter))(driver)
  } catch (cause) {
    const own = attempt(() => require(driver))
    if (own !== undefined) return own
    const orNode = driver === 'sqlite3' ? '. Node 22.13 and later have SQLite themselves; for this one' : ':'
    throw new EngineMisconfigured(
      `DATABASE_URL needs the package ${adapter}, which cannot be loaded (${reason(cause)})${orNode} npm install ${adapter}`,
      { cause },
    )
  }
}

/** `undefined` where it throws: the error of the adapter says what to install. */
function attempt(load: () => unknown): unknown {
  try {
    return load()
  } catch {
    return undefined
  }
}

/** A database as errors call it: "the PostgreSQL database localhost:5432/app", without user and password. */
export function nameOf(kind: string, { host, pathname }: URL): string {
  return `the ${kind} database ${host}${pathname}`
}

/** The failure of a database; its name, as in "the SQLite database var/sessions.sqlite", must hold no password. */
export function unavailable(database: string, cause: unknown): Error {
  if (isOurs(cause)) return cause
  return new EngineUnavailable(`${database} cannot be used: ${reason(cause)}`, { cause })
}

/** The database works and does not take this record. */
export function recordRefused(database: string, cause: unknown): Error {
  if (isOurs(cause)) return cause
  return new RecordRefused(`${database} does not take the record: ${reason(cause)}`, { cause })
}

function isOurs(error: unknown): error is Error {
  return (
    error instanceof EngineUnavailable ||
    error instanceof EngineMisconfigured ||
    error instanceof RecordRefused
  )
}

/** A refused connection to a name with several addresses is an `AggregateError` whose own message is empty. */
function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const [message = ''] = cause.message.split('\n')
  if (message !== '') return message
  return cause instanceof AggregateError ? cause.errors.map(reason).join(', ') : cause.name
}

/** The driver's code for the kind of error: SQLSTATE with PostgreSQL, a name with SQLite and MySQL. */
export function codeOf(error: unknown): unknown {
  const cause = isOurs(error) ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
