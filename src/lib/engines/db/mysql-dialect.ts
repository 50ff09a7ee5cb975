import type { TimeLimit } from '../concurrency.js'
import { RecordRefused } from '../errors.js'
import type { StoredEntry } from '../session-store.js'
import { codeOf } from './driver.js'
import { type MysqlConnection, type MysqlConnections, type MysqlWork, rowsMet } from './mysql-pool.js'
import { indexName, type Outcomes, type SqlDialect, type SqlRow } from './sql-store.js'

/** The key is taken. */
const DUPLICATE = 'ER_DUP_ENTRY'

/** What a packet holds besides the text of an entry: bytes at the most. */
const PACKET_OVERHEAD = 2048

/**
 * Sessions in a table that @keyv/mysql can read. No statement that both servers know answers which of several rows it
 * changed, so each write is a statement of its own, and its count of rows is the answer. The writes of a batch run
 * concurrently on the pool's connections and share the server's write to disk.
 *
 * `maxPacket`: the server's `max_allowed_packet`. The server closes a connection that sends more, often before the driver
 * has read the error, so nothing larger is sent.
 */
export function mysqlDialect(connections: MysqlConnections, table: string, maxPacket: number): SqlDialect {
  const sql = mysqlStatements(table)

  const write = async (
    timeLimit: TimeLimit,
    statement: string,
    ...values: readonly unknown[]
  ): Promise<number> =>
    connections.use(timeLimit, async (connection) =>
      rowsMet((await connection.execute(statement, values))[0]),
    )

  /** Runs the step for each item, and answers what became of each. */
  const each = async <Item extends { readonly key: string }>(
    items: readonly Item[],
    step: (item: Item) => Promise<boolean>,
  ): Promise<Outcomes> => {
    const outcomes = new Map<string, true | Error>()
    await Promise.all(
      items.map(async (item) => {
        try {
          if (await step(item)) outcomes.set(item.key, true)
        } catch (error) {
          outcomes.set(item.key, error instanceof Error ? error : new Error(String(error)))
        }
      }),
    )
    return outcomes
  }

  const assertFits = (...entries: readonly StoredEntry[]): void => {
    for (const { text } of entries) {
      const size = Buffer.byteLength(text) + PACKET_OVERHEAD
      if (size > maxPacket)
        throw new RecordRefused(
          `the record is too large for the database: ${size} bytes, and its max_allowed_packet is ${maxPacket}`,
        )
    }
  }

  return {
    concurrent: true,
    async readMany(keys, timeLimit) {
      const padded = toPowerOfTwo(keys)
      const read: MysqlWork<[unknown, unknown]> = (connection) =>
        connection.execute(sql.read(padded.length), padded)
      const [rows] = await connections.use(timeLimit, read, { onlyReads: true })
      return rows as SqlRow[]
    },
    insertMany: (inserts, timeLimit) =>
      each(inserts, async ({ key, entry }) => {
        assertFits(entry)
        return connections.use(timeLimit, (connection) =>
          unlessTaken(connection.execute(sql.insert, [key, ...valuesOf(entry)])),
        )
      }),
    replaceMany: (replaces, timeLimit) =>
      each(replaces, async ({ key, entry, version, now }) => {
        assertFits(entry)
        return (await write(timeLimit, sql.replace, ...valuesOf(entry), key, version, now)) > 0
      }),
    extendMany: (extensions, timeLimit) =>
      each(
        extensions,
        async ({ key, expires, now }) =>
          (await write(timeLimit, sql.extend, `${expires}`, expires, key, now)) > 0,
      ),
    async move({ from, to, entry, tombstone }, version, now, timeLimit) {
      assertFits(entry, tombstone)
      return connections.use(timeLimit, (connection) =>
        inTransaction(connection, async () => {
          // First the row that exists: it stays locked, so that no other move of this session can pass it.
          const [replaced] = await connection.execute(sql.replace, [
            ...valuesOf(tombstone),
            from,
            version,
            now,
          ])
          return (
            rowsMet(replaced) > 0 && unlessTaken(connection.execute(sql.insert, [to, ...valuesOf(entry)]))
          )
        }),
      )
    },
    remove: async (key, timeLimit) => (await write(timeLimit, sql.remove, key)) > 0,
    async keysAfter(after, prefix, limit, timeLimit) {
      const [rows] = await connections.use(
        timeLimit,
        (connection) => connection.execute(sql.keysAfter(limit), [after, prefix, prefix]),
        { onlyReads: true },
      )
      return (rows as Pick<SqlRow, 'key'>[]).map(({ key }) => key)
    },
    removeExpired: (prefix, limit, now, timeLimit) =>
      write(timeLimit, sql.removeExpired(limit), now, prefix, prefix),
    close: () => connections.close(),
  }
}

/** In the order of the columns. The driver takes no `undefined`. */
function valuesOf({ text, version, expires }: StoredEntry): unknown[] {
  return [text, version ?? null, expires]
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
 */
export function mysqlStatements(name: string) {
  const table = `\`${name}\``
  return {
    /** Waits until no other process sets up the same database. ? seconds */
    lock: `SELECT GET_LOCK(CONCAT('tessera:', DATABASE()), ?) AS held`,
    unlock: `SELECT RELEASE_LOCK(CONCAT('tessera:', DATABASE())) AS held`,

    /**
     * The adapter's table with two columns more, and three differences: its TEXT ends at 64 KB, the database's character
     * set may not hold every text, and its collation may take two keys for one.
     */
    createTable: `
      CREATE TABLE IF NOT EXISTS ${table}(
        id VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin PRIMARY KEY,
        value MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
        version BIGINT, expires DOUBLE,
        INDEX \`${indexName(name)}\` (expires)
      ) ENGINE = InnoDB`,

    /** ? table */
    columns: `
      SELECT column_name AS name, data_type AS type FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = ?`,

    /** A table that the adapter made. */
    widen: `ALTER TABLE ${table} MODIFY value MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`,

    addColumns: `
      ALTER TABLE ${table}
      ADD COLUMN version BIGINT, ADD COLUMN expires DOUBLE, ADD INDEX \`${indexName(name)}\` (expires)`,

    read: (keys: number) =>
      `SELECT id AS \`key\`, value, version, expires FROM ${table} WHERE id IN (${placeholders(keys)})`,

    /** ? key, ? prefix, ? prefix */
    keysAfter: (limit: number) => `
      SELECT id AS \`key\` FROM ${table} WHERE id > ? AND LEFT(id, CHAR_LENGTH(?)) = ? AND version IS NOT NULL
      ORDER BY id LIMIT ${Math.max(0, Math.trunc(limit))}`,

    /** ? key, ? value, ? version, ? expires */
    insert: `INSERT INTO ${table}(id, value, version, expires) VALUES (?, ?, ?, ?)`,

    /** ? value, ? version, ? expires, ? key, ? version before, ? now */
    replace: `
      UPDATE ${table} SET value = ?, version = ?, expires = ? WHERE id = ? AND version = ? AND expires > ?`,

    /** ? expires as text, ? expires, ? key, ? now. A tombstone has no version. Leaves alone a text without an expiry. */
    extend: `
      UPDATE ${table}
      SET value = CONCAT(LEFT(value, CHAR_LENGTH(value) - CHAR_LENGTH(${AFTER_EXPIRES})), ?, '}'), expires = ?
      WHERE id = ? AND version IS NOT NULL AND expires > ? AND ${AFTER_EXPIRES} REGEXP '^[-+.0-9eE]+[}]$'`,

    /** ? key. Leaves tombstones. */
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

function placeholders(count: number): string {
  return Array.from({ length: count }, () => '?').join()
}

/** The text behind the last `"expires":`. */
const AFTER_EXPIRES = `SUBSTRING_INDEX(value, '"expires":', -1)`
