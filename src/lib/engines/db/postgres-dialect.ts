import { codeOf } from './database-error.js'
import type { SqlDialect, SqlRow } from './dialect.js'
import { postgresStatements } from './postgres-statements.js'

/** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
export type PostgresQuery = (sql: string, parameters: readonly unknown[]) => Promise<SqlRow[]>

/** A key stands there already. */
const UNIQUE_VIOLATION = '23505'

/** Sessions in a table of @keyv/postgres. */
export function postgresDialect(query: PostgresQuery, table: string, close: () => Promise<void>): SqlDialect {
  const sql = postgresStatements(table)
  const keysOf = async (statement: string, ...parameters: unknown[]): Promise<string[]> =>
    (await query(statement, parameters)).map(({ key }) => key)
  return {
    beside: true,
    readMany: (keys) => query(sql.read, [keys]),
    insertMany: (writes) =>
      keysOf(
        sql.insert,
        writes.map(({ key }) => key),
        writes.map(({ text }) => text),
      ),
    replaceMany: (writes) =>
      keysOf(
        sql.replace,
        writes.map(({ key }) => key),
        writes.map(({ text }) => text),
        writes.map(({ version }) => version),
        writes.map(({ now }) => now),
      ),
    extendMany: (extensions) =>
      keysOf(
        sql.extend,
        extensions.map(({ key }) => key),
        extensions.map(({ expires }) => String(expires)),
        extensions.map(({ now }) => now),
      ),
    async move({ from, to, entry, mark }, version, now) {
      try {
        return (await keysOf(sql.move, from, to, entry.text, mark.text, version, now)).length > 0
      } catch (error) {
        if (codeOf(error) === UNIQUE_VIOLATION) return false
        throw error
      }
    },
    remove: async (key) => (await keysOf(sql.remove, key)).length > 0,
    removeExpired: async (prefix, limit, now) => (await keysOf(sql.removeExpired, prefix, now, limit)).length,
    close,
  }
}
