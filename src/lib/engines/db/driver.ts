import { createRequire } from 'node:module'
import { EngineMisconfigured, EngineUnavailable } from '../errors.js'

/**
 * The database driver that a Keyv adapter depends on, so that a user installs the adapter and nothing else. The adapters
 * themselves keep one pool for the whole process, and replace or end it whenever another one is opened or disconnected;
 * an engine has a pool of its own.
 *
 * @throws an `ERR_MODULE_NOT_FOUND` that names the adapter if it is not installed.
 */
export function driverOf(adapter: string, driver: string): unknown {
  return createRequire(import.meta.resolve(adapter))(driver)
}

/** A database as errors call it: "the PostgreSQL database localhost:5432/app", without user and password. */
export function nameOf(kind: string, url: string): string {
  if (!URL.canParse(url)) return `the ${kind} database`
  const { host, pathname } = new URL(url)
  return `the ${kind} database ${host}${pathname}`
}

/** The failure of a database; its name, as in "the SQLite database var/sessions.sqlite", must hold no password. */
export function unavailable(database: string, cause: unknown): EngineUnavailable | EngineMisconfigured {
  if (cause instanceof EngineUnavailable || cause instanceof EngineMisconfigured) return cause
  return new EngineUnavailable(`${database} cannot be used: ${reason(cause)}`, { cause })
}

/** A refused connection to a name with several addresses is an `AggregateError` whose own message is empty. */
function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  return cause instanceof AggregateError ? cause.errors.map(reason).join(', ') : cause.name
}

/** The driver's code for the kind of error: SQLSTATE with PostgreSQL, a name with SQLite and MySQL. */
export function codeOf(error: unknown): unknown {
  const cause = error instanceof EngineUnavailable ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
