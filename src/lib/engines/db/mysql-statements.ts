/**
 * The statements of the MySQL and MariaDB store. Each changes rows of its own only and is atomic by itself, but for the
 * two of a move, which share a transaction.
 *
 * Version and expiry are columns that the server computes from the text, so that there is one truth, which any Keyv
 * client may write too. They look at the two ends of the text, where Keyv and our codecs write them (`codecs/codec.ts`):
 * the JSON functions of the two servers differ, and refuse what a session may well hold (half a surrogate pair). Text
 * that has neither counts as NULL and meets no condition.
 *
 * The columns of @keyv/mysql are called `id` and `value`.
 */
export function mysqlStatements(table: string) {
  return {
    /** Waits until no other process sets up the same database. ? seconds */
    lock: `SELECT GET_LOCK(CONCAT('tessera:', DATABASE()), ?) AS held`,
    unlock: `SELECT RELEASE_LOCK(CONCAT('tessera:', DATABASE())) AS held`,

    /**
     * The adapter's own table, but for three things: its TEXT ends at 64 KB; the database's character set may not be
     * able to hold every text; and its collation may take two keys for one.
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

    /** Computed when they are read; only the index holds them. */
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
     * ? now, ? prefix, ? prefix. Not LIKE, for which the server would read all keys that begin so rather than the index
     * of expiries. `limit` is no parameter: not every server takes one there.
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
