import { codeOf } from './driver.js'
import { type MysqlConnection, type MysqlConnections, type MysqlWork, rowsMet } from './mysql-pool.js'
import type { SqlDialect, SqlRow } from './sql-store.js'

/** The key is taken. */
const DUPLICATE = 'ER_DUP_ENTRY'

/** The server undid the whole transaction to end a deadlock; it can be tried again. */
const DEADLOCK = 'ER_LOCK_DEADLOCK'

/**
 * Sessions in a table of @keyv/mysql. No statement that both servers know answers which of several rows it changed, so
 * each write is a statement of its own, and its count of rows is the answer. The writes of a batch run concurrently on
 * the pool's connections and share the server's write to disk.
 */
export function mysqlDialect(connections: MysqlConnections, table: string): SqlDialect {
  const sql = mysqlStatements(table)

  const use = async <Result>(work: MysqlWork<Result>): Promise<Result> => {
    try {
      return await connections.use(work)
    } catch (error) {
      if (codeOf(error) !== DEADLOCK) throw error
      return connections.use(work)
    }
  }
  const write = (statement: string, ...values: unknown[]): Promise<number> =>
    use(async (connection) => rowsMet((await connection.execute(statement, values))[0]))

  /** The keys of the items whose step was done. */
  const each = async <Item extends { readonly key: string }>(
    items: readonly Item[],
    step: (item: Item) => Promise<boolean>,
  ): Promise<string[]> => {
    const done = await Promise.all(items.map(step))
    return items.filter((_, index) => done[index]).map(({ key }) => key)
  }

  return {
    concurrent: true,
    async readMany(keys) {
      const padded = toPowerOfTwo(keys)
      const [rows] = await use((connection) => connection.execute(sql.read(padded.length), padded))
      return rows as SqlRow[]
    },
    insertMany: (writes) =>
      each(writes, ({ key, text }) =>
        use((connection) => unlessTaken(connection.execute(sql.insert, [key, text]))),
      ),
    replaceMany: (writes) =>
      each(
        writes,
        async ({ key, text, version, now }) => (await write(sql.replace, text, key, version, now)) > 0,
      ),
    extendMany: (extensions) =>
      each(
        extensions,
        async ({ key, expires, now }) => (await write(sql.extend, String(expires), key, now)) > 0,
      ),
    move: ({ from, to, entry, mark }, version, now) =>
      use((connection) =>
        inTransaction(connection, async () => {
          // First the row that exists: it stays locked, so that no other move of this session can pass it.
          const [marked] = await connection.execute(sql.replace, [mark.text, from, version, now])
          return rowsMet(marked) > 0 && unlessTaken(connection.execute(sql.insert, [to, entry.text]))
        }),
      ),
    remove: async (key) => (await write(sql.remove, key)) > 0,
    removeExpired: (prefix, limit, now) => write(sql.removeExpired(limit), now, prefix, prefix),
    close: () => connections.close(),
  }
}

/** Commits if `work` answers true; otherwise undoes it. If it throws, its connection is closed, which undoes it too. */
async function inTransaction(connection: MysqlConnection, work: () => Promise<boolean>): Promise<boolean> {
  await connection.beginTransaction()
  const done = await work()
  await (done ? connection.commit() : connection.rollback())
  return done
}

async function unlessTaken(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert
    return true
  } catch (error) {
    if (codeOf(error) === DUPLICATE) return false
    throw error
  }
}

/** Repeats the last key: nine statements suffice for up to 256 keys, and a connection can keep them prepared. */
function toPowerOfTwo(keys: readonly string[]): string[] {
  const length = 2 ** Math.ceil(Math.log2(Math.max(1, keys.length)))
  return Array.from({ length }, (_, index) => keys[index] ?? keys.at(-1) ?? '')
}

/**
 * The statements. Each changes rows of its own only and is atomic by itself, except for the two of a move, which share a
 * transaction. The columns of @keyv/mysql are called `id` and `value`.
 *
 * The server computes version and expiry from the text, as columns, so that any Keyv client may write too. It reads them
 * from the two ends of the text, where Keyv and our codecs write them (`codecs/codec.ts`): the JSON functions of
 * the two servers differ, and refuse what a session may contain (half a surrogate pair). Text that has neither reads as
 * NULL and meets no condition.
 */
export function mysqlStatements(table: string) {
  return {
    /** Waits until no other process sets up the same database. ? seconds */
    lock: `SELECT GET_LOCK(CONCAT('tessera:', DATABASE()), ?) AS held`,
    unlock: `SELECT RELEASE_LOCK(CONCAT('tessera:', DATABASE())) AS held`,

    /**
     * The adapter's table, with three differences: its TEXT ends at 64 KB, the database's character set may not hold
     * every text, and its collation may take two keys for one.
     */
    createTable: `
      CREATE TABLE IF NOT EXISTS ${table}(
        id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY,
        value MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin
      ) ENGINE = InnoDB`,

    columns: `
      SELECT column_name AS name, data_type AS type FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = '${table}'`,

    /** A table that the adapter made. */
    widen: `ALTER TABLE ${table} MODIFY value MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,

    /** VIRTUAL: computed when they are read; only the index stores them. */
    addColumns: `
      ALTER TABLE ${table}
      ADD COLUMN version BIGINT AS (${VERSION}) VIRTUAL,
      ADD COLUMN expires DOUBLE AS (${EXPIRES}) VIRTUAL,
      ADD INDEX ${table}_expires (expires)`,

    read: (keys: number) => `SELECT id AS \`key\`, value FROM ${table} WHERE id IN (${marks(keys)})`,

    /** ? key, ? entry */
    insert: `INSERT INTO ${table}(id, value) VALUES (?, ?)`,

    /** ? entry, ? key, ? version, ? now */
    replace: `UPDATE ${table} SET value = ? WHERE id = ? AND version = ? AND expires > ?`,

    /** ? expires as text, ? key, ? now. A mark has no version. */
    extend: `
      UPDATE ${table}
      SET value = CONCAT(LEFT(value, CHAR_LENGTH(value) - CHAR_LENGTH(${AFTER_EXPIRES})), ?, '}')
      WHERE id = ? AND version IS NOT NULL AND expires > ?`,

    /** ? key. Leaves marks. */
    remove: `DELETE FROM ${table} WHERE id = ? AND version IS NOT NULL`,

    /**
     * ? now, ? prefix, ? prefix. With LIKE the server would read all keys with the prefix instead of the index of
     * expiries. `limit` is no parameter: not every server accepts one there.
     */
    removeExpired: (limit: number) => `
      DELETE FROM ${table} WHERE expires <= ? AND LEFT(id, CHAR_LENGTH(?)) = ?
      ORDER BY expires LIMIT ${Math.max(0, Math.trunc(limit))}`,
  } as const
}

function marks(count: number): string {
  return Array.from({ length: count }, () => '?').join()
}

const BEFORE_VERSION = '{"value":{"version":'

const VERSION = `CASE
  WHEN LEFT(value, ${BEFORE_VERSION.length + 16}) REGEXP '^[{]"value":[{]"version":[0-9]{1,15},'
  THEN CAST(SUBSTRING_INDEX(SUBSTRING(value, ${BEFORE_VERSION.length + 1}, 16), ',', 1) AS SIGNED)
END`

/** The text behind the last `"expires":`. */
const AFTER_EXPIRES = `SUBSTRING_INDEX(value, '"expires":', -1)`

const EXPIRES = `CASE
  WHEN RIGHT(value, 64) REGEXP '"expires":-?[0-9]{1,16}([.][0-9]{1,20})?[}]$' AND RIGHT(value, 1) = '}'
  THEN SUBSTRING_INDEX(${AFTER_EXPIRES}, '}', 1) + 0e0
END`
