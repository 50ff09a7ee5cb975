import type { SqlDialect } from './dialect.js'
import { sqliteStatements } from './sqlite-statements.js'

/** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
export type Query = (sql: string, ...parameters: unknown[]) => Promise<Row[]>

/** A row of the table, or what a statement answers of it. */
export interface Row {
  readonly key: string
  readonly value?: string
}

export interface SqliteParts {
  /** Where reads go: a connection of their own, so that no reader waits behind a locked writer. */
  readonly read: Query
  readonly write: Query
  readonly close: () => Promise<void>
  readonly table: string
}

/** Sessions in a table of @keyv/sqlite. */
export function sqliteDialect({ read, write, close, table }: SqliteParts): SqlDialect {
  const sql = sqliteStatements(table)
  const keysOf = async (statement: string, ...parameters: unknown[]): Promise<string[]> =>
    (await write(statement, ...parameters)).map(({ key }) => key)
  const many = (statement: string, items: readonly unknown[]): Promise<string[]> =>
    keysOf(statement, JSON.stringify(items))
  return {
    beside: false,
    readMany: async (keys) =>
      (await read(sql.read, JSON.stringify(keys))).flatMap(({ key, value }) =>
        value === undefined ? [] : { key, value },
      ),
    insertMany: (writes) =>
      many(
        sql.insert,
        writes.map(({ key, text }) => [key, text]),
      ),
    replaceMany: (writes) =>
      many(
        sql.replace,
        writes.map(({ key, text, version, now }) => [key, text, version, now]),
      ),
    extendMany: (extensions) =>
      many(
        sql.extend,
        extensions.map(({ key, expires, now }) => [key, expires, now]),
      ),
    move: async ({ from, to, entry, mark }, version, now) =>
      (await keysOf(sql.move, from, to, entry.text, mark.text, version, now)).length > 0,
    remove: async (key) => (await keysOf(sql.remove, key)).length > 0,
    // ';' follows ':' in ASCII: the keys that begin with the prefix are the range between the two.
    removeExpired: async (prefix, limit, now) =>
      (await keysOf(sql.removeExpired, prefix, `${prefix.slice(0, -1)};`, now, limit)).length,
    close,
  }
}
