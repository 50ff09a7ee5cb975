import { EngineUnavailable } from '../errors.js'

/** The failure of a database, whose name as in "the SQLite database var/sessions.sqlite" must hold no password. */
export function unusable(database: string, cause: unknown): EngineUnavailable {
  if (cause instanceof EngineUnavailable) return cause
  return new EngineUnavailable(`${database} cannot be used: ${reason(cause)}`, { cause })
}

/** A refused connection to a name with several addresses is an `AggregateError` whose own message is empty. */
function reason(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  if (cause.message !== '') return cause.message
  return cause instanceof AggregateError ? cause.errors.map(reason).join(', ') : cause.name
}

/** The code by which a driver tells its errors apart: SQLSTATE with PostgreSQL, a name with SQLite and MySQL. */
export function codeOf(error: unknown): unknown {
  const cause = error instanceof EngineUnavailable ? error.cause : error
  return cause instanceof Error && 'code' in cause ? cause.code : undefined
}
