import { KeyedMutex, tooSlow } from '../concurrency.js'
import type { SqlDialect, SqlRow } from './sql-store.js'
import type { SqliteConnection, SqliteRow } from './sqlite-connection.js'

/** Where the statements go. */
export interface SqliteConnections {
  /** A connection of its own, so that no reader waits behind a locked writer. */
  readonly reader: SqliteConnection
  readonly writer: SqliteConnection
}

export interface SqliteDatabase {
  /** The connections to use now. */
  connections(): Promise<SqliteConnections>
  close(): Promise<void>
}

/** Sessions in a table of @keyv/sqlite. `timeLimit` in milliseconds. */
export function sqliteDialect(database: SqliteDatabase, table: string, timeLimit: number): SqlDialect {
  const sql = sqliteStatements(table)
  const writing = new KeyedMutex()

  /**
   * Runs one writing statement at a time. Each one that waits for another process's lock occupies one of this process's
   * few threads; if all of them waited, nobody could read. The event loop would stop too: the driver finalizes a
   * statement under the connection's lock, which the next statement holds while it runs. SQLite itself writes one after
   * the other anyway.
   */
  const write = (statement: string, ...parameters: unknown[]): Promise<SqliteRow[]> => {
    const since = performance.now()
    return writing.runExclusive('writer', async () => {
      // The caller was refused in the meantime, so this write must not be done.
      if (performance.now() - since > timeLimit) throw tooSlow(timeLimit)
      return (await database.connections()).writer.query(statement, parameters)
    })
  }
  const keysOf = async (statement: string, ...parameters: unknown[]): Promise<string[]> =>
    (await write(statement, ...parameters)).map(({ key }) => key)

  return {
    concurrent: false,
    readMany: async (keys) =>
      (await (await database.connections()).reader.query(sql.read, [JSON.stringify(keys)])) as SqlRow[],
    insertMany: (writes) => keysOf(sql.insert, JSON.stringify(writes.map(({ key, text }) => [key, text]))),
    replaceMany: (writes) =>
      keysOf(
        sql.replace,
        JSON.stringify(writes.map(({ key, text, version, now }) => [key, text, version, now])),
      ),
    extendMany: (extensions) =>
      keysOf(sql.extend, JSON.stringify(extensions.map(({ key, expires, now }) => [key, expires, now]))),
    move: async ({ from, to, entry, mark }, version, now) =>
      (await write(sql.move, from, to, entry.text, mark.text, version, now)).length > 0,
    remove: async (key) => (await write(sql.remove, key)).length > 0,
    // ';' follows ':' in ASCII: the keys that begin with the prefix are the range between the two.
    removeExpired: async (prefix, limit, now) =>
      (await write(sql.removeExpired, prefix, `${prefix.slice(0, -1)};`, now, limit)).length,
    close: () => database.close(),
  }
}

/**
 * The statements. Each is atomic by itself; none needs a transaction around it. Items of a batch travel as one JSON
 * parameter, from which `value->>n` takes the n-th member.
 *
 * Conditions read the version and the expiry from the entries' own JSON (`codecs/codec.ts`), so that any Keyv
 * client may write too. `json_valid`: text that is not JSON must not make a statement fail for the other rows.
 */
export function sqliteStatements(table: string) {
  const expires = member(table, '$.expires')
  const version = member(table, '$.value.version')
  return {
    /** The table is as @keyv/sqlite makes it. */
    createTable: `CREATE TABLE IF NOT EXISTS ${table}(key VARCHAR(255) PRIMARY KEY, value TEXT)`,

    indexExpiry: `CREATE INDEX IF NOT EXISTS ${table}_expires ON ${table}(${member('', '$.expires')})`,

    /** ?1: keys */
    read: `SELECT key, value FROM ${table} WHERE key IN (SELECT value FROM json_each(?1))`,

    /** ?1: [key, entry] */
    insert: `
      INSERT INTO ${table}(key, value) SELECT value->>0, value->>1 FROM json_each(?1) WHERE true
      ON CONFLICT(key) DO NOTHING
      RETURNING key`,

    /** ?1: [key, entry, version, now] */
    replace: `
      UPDATE ${table} SET value = item.value->>1 FROM json_each(?1) AS item
      WHERE ${table}.key = item.value->>0 AND ${version} = item.value->>2 AND ${expires} > item.value->>3
      RETURNING ${table}.key`,

    /** ?1: [key, expires, now]. A mark has no version. */
    extend: `
      UPDATE ${table} SET value = json_set(${table}.value, '$.expires', item.value->>1) FROM json_each(?1) AS item
      WHERE ${table}.key = item.value->>0 AND ${version} IS NOT NULL AND ${expires} > item.value->>2
      RETURNING ${table}.key`,

    /**
     * ?1 from, ?2 to, ?3 entry, ?4 mark, ?5 version, ?6 now. Writes two rows or none: the statement reads from the table
     * that it writes to, so SQLite answers both EXISTS before it writes.
     */
    move: `
      INSERT INTO ${table}(key, value)
      SELECT pair.column1, pair.column2 FROM (VALUES (?2, ?3), (?1, ?4)) AS pair
      WHERE EXISTS (SELECT 1 FROM ${table} WHERE key = ?1 AND ${version} = ?5 AND ${expires} > ?6)
        AND NOT EXISTS (SELECT 1 FROM ${table} WHERE key = ?2)
      ON CONFLICT(key) DO UPDATE SET value = excluded.value
      RETURNING key`,

    /** ?1 key. Leaves marks. */
    remove: `DELETE FROM ${table} WHERE key = ?1 AND ${version} IS NOT NULL RETURNING key`,

    /**
     * ?1 first key, ?2 first key behind the last, ?3 now, ?4 limit. The plus signs keep SQLite from reading all keys in
     * the range, most of them alive, instead of the index of expiries.
     */
    removeExpired: `
      DELETE FROM ${table} WHERE key IN (
        SELECT key FROM ${table} WHERE ${member('', '$.expires')} <= ?3 AND +key >= ?1 AND +key < ?2
        ORDER BY ${member('', '$.expires')} LIMIT ?4
      ) RETURNING key`,
  } as const
}

function member(table: string, path: string): string {
  const value = table === '' ? 'value' : `${table}.value`
  return `CASE WHEN json_valid(${value}) THEN ${value}->>'${path}' END`
}
