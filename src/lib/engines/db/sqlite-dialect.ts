import { setImmediate as turn } from 'node:timers/promises'
import { KeyedMutex, type TimeLimit } from '../concurrency.js'
import { RecordRefused } from '../errors.js'
import { allDone, indexName, type Outcomes, type SqlDialect, type SqlRow } from './sql-store.js'
import type { SqliteDatabase } from './sqlite-file.js'

export interface SqliteDialectOptions {
  readonly table: string
  /** Expired rows that one statement removes at the most. Default: as many as asked for. */
  readonly removeAtOnce?: number | undefined
}

/** Sessions in a table that @keyv/sqlite can read. */
export function sqliteDialect(database: SqliteDatabase, options: SqliteDialectOptions): SqlDialect {
  const { table, removeAtOnce = Number.POSITIVE_INFINITY } = options
  const sql = sqliteStatements(table)
  const writing = new KeyedMutex()

  /**
   * Runs one writing statement at a time, and answers the keys of the rows that it changed. If two ran on one connection,
   * the event loop would stop: the driver finalizes a statement under the connection's lock, which the other statement
   * holds while it runs. SQLite itself writes one after the other anyway.
   */
  const write = (timeLimit: TimeLimit, statement: string, ...parameters: unknown[]): Promise<string[]> =>
    writing.runExclusive('writer', async () => {
      const { writer } = await database.connections()
      const rows = await writer.query<{ key: string }>(statement, parameters, timeLimit)
      return rows.map(({ key }) => key)
    })
  /** `each`: the statement for one item; `many`: for all, of which it answers the keys. */
  const writeMany = async (
    timeLimit: TimeLimit,
    { each, many }: { readonly each?: string; readonly many: string },
    items: readonly (readonly [key: string, ...unknown[]])[],
  ): Promise<Outcomes> => {
    const { writer } = await database.connections()
    if (each !== undefined && writer.runEach !== undefined) {
      const changed = await writer.runEach(each, items, timeLimit)
      return allDone(items.filter((_, place) => changed[place]).map(([key]) => key))
    }
    let json: string
    try {
      json = JSON.stringify(items)
    } catch (cause) {
      throw new RecordRefused('the record is too large for SQLite', { cause })
    }
    return allDone(await write(timeLimit, many, json))
  }

  return {
    concurrent: false,
    async readMany(keys, timeLimit) {
      const { reader } = await database.connections()
      return reader.query<SqlRow>(sql.read, [JSON.stringify(keys)], timeLimit)
    },
    insertMany: (inserts, timeLimit) =>
      writeMany(
        timeLimit,
        { each: sql.insertOne, many: sql.insert },
        inserts.map(({ key, entry }) => [key, entry.text, entry.version, entry.expires]),
      ),
    replaceMany: (replaces, timeLimit) =>
      writeMany(
        timeLimit,
        { each: sql.replaceOne, many: sql.replace },
        replaces.map(({ key, entry, version, now }) => [
          key,
          ...[entry.text, entry.version, entry.expires],
          ...[version, now],
        ]),
      ),
    extendMany: (extensions, timeLimit) =>
      writeMany(
        timeLimit,
        { many: sql.extend },
        extensions.map(({ key, expires, now }) => [key, expires, `${expires}`, now]),
      ),
    move: async ({ from, to, entry, tombstone }, version, now, timeLimit) =>
      (
        await write(
          timeLimit,
          sql.move,
          ...[to, entry.text, entry.version, entry.expires],
          ...[from, tombstone.text, tombstone.version, tombstone.expires],
          ...[version, now],
        )
      ).length > 0,
    remove: async (key, timeLimit) => (await write(timeLimit, sql.remove, key)).length > 0,
    async keysAfter(after, prefix, limit, timeLimit) {
      const { reader } = await database.connections()
      const first = after === '' ? prefix : after
      const rows = await reader.query<Pick<SqlRow, 'key'>>(
        sql.keysAfter,
        [first, `${prefix.slice(0, -1)};`, limit],
        timeLimit,
      )
      return rows.map(({ key }) => key)
    },
    // ';' follows ':' in ASCII: the keys that begin with the prefix are the range between the two.
    async removeExpired(prefix, limit, now, timeLimit) {
      let removed = 0
      for (;;) {
        const most = Math.min(removeAtOnce, limit - removed)
        const gone = await write(timeLimit, sql.removeExpired, prefix, `${prefix.slice(0, -1)};`, now, most)
        removed += gone.length
        if (gone.length < most || removed >= limit || timeLimit.isOver) return removed
        await turn()
      }
    },
    close: () => database.close(),
  }
}

/**
 * The statements. Each is atomic by itself; none needs a transaction around it. Items of a batch travel as one JSON
 * parameter, from which `value->>n` takes the n-th member. Where the driver works on the event loop they go one by one, in a
 * transaction of their own: that takes half as long, and other drivers a thread's turn for each.
 */
export function sqliteStatements(name: string) {
  const table = `"${name}"`
  return {
    /** As @keyv/sqlite makes it, and two columns more. */
    createTable: `
      CREATE TABLE IF NOT EXISTS ${table}(
        key VARCHAR(255) PRIMARY KEY, value TEXT, version INTEGER, expires INTEGER
      )`,

    /** ?1 table */
    columns: 'SELECT name FROM pragma_table_info(?1)',

    addColumn: (column: 'version' | 'expires') => `ALTER TABLE ${table} ADD COLUMN ${column} INTEGER`,

    indexExpiry: `CREATE INDEX IF NOT EXISTS "${indexName(name)}" ON ${table}(expires)`,

    /** ?1: keys */
    read: `
      SELECT key, value, version, expires FROM ${table} WHERE key IN (SELECT value FROM json_each(?1))`,

    /** ?1: [key, value, version, expires] */
    insert: `
      INSERT INTO ${table}(key, value, version, expires)
      SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each(?1) WHERE true
      ON CONFLICT(key) DO NOTHING
      RETURNING key`,

    /** ?1 key, ?2 value, ?3 version, ?4 expires */
    insertOne: `
      INSERT INTO ${table}(key, value, version, expires) VALUES (?1, ?2, ?3, ?4) ON CONFLICT(key) DO NOTHING`,

    /** ?1 key, ?2 value, ?3 version, ?4 expires, ?5 version before, ?6 now */
    replaceOne: `
      UPDATE ${table} SET value = ?2, version = ?3, expires = ?4 WHERE key = ?1 AND version = ?5 AND expires > ?6`,

    /** ?1: [key, value, version, expires, version before, now] */
    replace: `
      UPDATE ${table} SET value = item.value->>1, version = item.value->>2, expires = item.value->>3
      FROM json_each(?1) AS item
      WHERE ${table}.key = item.value->>0 AND ${table}.version = item.value->>4 AND ${table}.expires > item.value->>5
      RETURNING ${table}.key`,

    /** ?1: [key, expires, expires as text, now]. A tombstone has no version. Leaves alone a text without an expiry. */
    extend: `
      UPDATE ${table}
      SET value = rtrim(${table}.value, '${NUMBER_AND_BRACE}') || (item.value->>2) || '}', expires = item.value->>1
      FROM json_each(?1) AS item
      WHERE ${table}.key = item.value->>0 AND ${table}.version IS NOT NULL AND ${table}.expires > item.value->>3
        AND substr(rtrim(${table}.value, '${NUMBER_AND_BRACE}'), -10) = '"expires":'
      RETURNING ${table}.key`,

    /**
     * ?1 to, ?2 value, ?3 version, ?4 expires, ?5 from, ?6 value, ?7 version, ?8 expires, ?9 version before, ?10 now.
     * Writes two rows or none: the statement reads from the table that it writes to, so SQLite answers both EXISTS
     * before it writes.
     */
    move: `
      INSERT INTO ${table}(key, value, version, expires)
      SELECT pair.* FROM (VALUES (?1, ?2, ?3, ?4), (?5, ?6, ?7, ?8)) AS pair
      WHERE EXISTS (SELECT 1 FROM ${table} WHERE key = ?5 AND version = ?9 AND expires > ?10)
        AND NOT EXISTS (SELECT 1 FROM ${table} WHERE key = ?1)
      ON CONFLICT(key) DO UPDATE SET value = excluded.value, version = excluded.version, expires = excluded.expires
      RETURNING key`,

    /** ?1 key, ?2 first key behind the last, ?3 limit. */
    keysAfter: `
      SELECT key FROM ${table} WHERE key > ?1 AND key < ?2 AND version IS NOT NULL ORDER BY key LIMIT ?3`,

    /** ?1 key. Leaves tombstones. */
    remove: `DELETE FROM ${table} WHERE key = ?1 AND version IS NOT NULL RETURNING key`,

    /**
     * ?1 first key, ?2 first key behind the last, ?3 now, ?4 limit. The plus signs keep SQLite from reading all keys in
     * the range, most of them alive, instead of the index of expiries.
     */
    removeExpired: `
      DELETE FROM ${table} WHERE key IN (
        SELECT key FROM ${table} WHERE expires <= ?3 AND +key >= ?1 AND +key < ?2 ORDER BY expires LIMIT ?4
      ) RETURNING key`,
  } as const
}

/** The characters of the end of an entry's text: a number as JSON writes it, and a brace. */
const NUMBER_AND_BRACE = '0123456789.eE+-}'
