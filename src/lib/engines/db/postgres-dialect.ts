import type { TimeLimit } from '../concurrency.js'
import type { Connections } from './connections.js'
import { codeOf } from './driver.js'
import type { PostgresConnection } from './postgres-pool.js'
import { allDone, indexName, type Outcomes, type SqlDialect, type SqlRow } from './sql-store.js'

/** The key is taken. */
const UNIQUE_VIOLATION = '23505'

/** Sessions in a table that @keyv/postgres can read. */
export function postgresDialect(
  connections: Connections<PostgresConnection>,
  sql: PostgresStatements,
  { channel, listen }: PostgresNotices,
): SqlDialect {
  const keysOf = (timeLimit: TimeLimit, statement: string, ...parameters: unknown[]): Promise<string[]> =>
    connections.use(timeLimit, async (connection) => {
      const { rows } = await connection.query(statement, parameters)
      return (rows as { key: string }[]).map(({ key }) => key)
    })
  const writeMany = async (...statement: Parameters<typeof keysOf>): Promise<Outcomes> =>
    allDone(await keysOf(...statement))

  return {
    concurrent: true,
    async readMany(keys, timeLimit) {
      const { rows } = await connections.use(timeLimit, (connection) => connection.query(sql.read, [keys]), {
        onlyReads: true,
      })
      // The driver answers a bigint as a text.
      return (rows as SqlRow[]).map((row) => ({ ...row, version: row.version && Number(row.version) }))
    },
    insertMany: (inserts, timeLimit) =>
      writeMany(
        timeLimit,
        sql.insert,
        inserts.map(({ key }) => key),
        inserts.map(({ entry }) => entry.text),
        inserts.map(({ entry }) => entry.version),
        inserts.map(({ entry }) => entry.expires),
      ),
    replaceMany: (replaces, timeLimit) =>
      writeMany(
        timeLimit,
        sql.replace,
        replaces.map(({ key }) => key),
        replaces.map(({ entry }) => entry.text),
        replaces.map(({ entry }) => entry.version),
        replaces.map(({ entry }) => entry.expires),
        replaces.map(({ version }) => version),
        replaces.map(({ now }) => now),
      ),
    extendMany: (extensions, timeLimit) =>
      writeMany(
        timeLimit,
        sql.extend,
        extensions.map(({ key }) => key),
        extensions.map(({ expires }) => expires),
        extensions.map(({ expires }) => `${expires}`),
        extensions.map(({ now }) => now),
      ),
    async move({ from, to, entry, tombstone }, version, now, timeLimit) {
      try {
        const keys = await keysOf(
          timeLimit,
          sql.move,
          ...[to, entry.text, entry.version, entry.expires],
          ...[from, tombstone.text, tombstone.version, tombstone.expires],
          ...[version, now, channel],
        )
        return keys.length > 0
      } catch (error) {
        if (codeOf(error) === UNIQUE_VIOLATION) return false
        throw error
      }
    },
    remove: async (key, timeLimit) => (await keysOf(timeLimit, sql.remove, key, channel)).length > 0,
    async keysAfter(after, prefix, limit, timeLimit) {
      const { rows } = await connections.use(
        timeLimit,
        (connection) => connection.query(sql.keysAfter, [after, prefix, limit]),
        { onlyReads: true },
      )
      return (rows as Pick<SqlRow, 'key'>[]).map(({ key }) => key)
    },
    removeExpired: async (prefix, limit, now, timeLimit) =>
      (await keysOf(timeLimit, sql.removeExpired, prefix, now, limit)).length,
    close: () => connections.close(),
    listen,
  }
}

/** How it is told which sessions have left their keys. */
export interface PostgresNotices {
  readonly channel: string
  readonly listen: SqlDialect['listen']
}

export type PostgresStatements = ReturnType<typeof postgresStatements>

/**
 * The statements. Each is atomic by itself; none needs a transaction around it. Items of a batch travel as one array for
 * each column. Names are quoted in small letters, as the server reads those that @keyv/postgres does not quote.
 */
export function postgresStatements(tableName: string, schemaName: string) {
  const schema = `"${schemaName}"`
  const table = `${schema}."${tableName.toLowerCase()}"`
  const index = `"${indexName(tableName.toLowerCase())}"`
  return {
    schema,
    table,
    index: `${schema}.${index}`,

    createSchema: `CREATE SCHEMA IF NOT EXISTS ${schema}`,

    /** As @keyv/postgres makes it, and two columns more. */
    createTable: `
      CREATE TABLE IF NOT EXISTS ${table}(
        key VARCHAR(255) PRIMARY KEY, value TEXT, version BIGINT, expires DOUBLE PRECISION
      )`,

    addColumns: `
      ALTER TABLE ${table}
      ADD COLUMN IF NOT EXISTS version BIGINT, ADD COLUMN IF NOT EXISTS expires DOUBLE PRECISION`,

    /** Locks the table only if the index is missing. No time limit, because the table may be large. */
    indexExpiry: `
      BEGIN;
      SET LOCAL statement_timeout = 0;
      CREATE INDEX IF NOT EXISTS ${index} ON ${table}(expires);
      COMMIT`,

    /** $1 keys */
    read: `SELECT key, value, version, expires FROM ${table} WHERE key = ANY($1::text[])`,

    /** $1 key, $2 prefix, $3 limit */
    keysAfter: `
      SELECT key FROM ${table} WHERE key > $1 AND starts_with(key, $2) AND version IS NOT NULL ORDER BY key LIMIT $3`,

    /** $1 keys, $2 values, $3 versions, $4 expiries */
    insert: `
      INSERT INTO ${table}(key, value, version, expires)
      SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[])
      ON CONFLICT(key) DO NOTHING
      RETURNING key`,

    /**
     * $1 keys, $2 values, $3 versions, $4 expiries, $5 versions before, $6 nows. Locks the rows in order first, so that
     * two batches cannot deadlock.
     */
    replace: `
      WITH item AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[], $5::bigint[], $6::float8[])
          AS item(key, value, version, expires, before, now)
      ), locked AS MATERIALIZED (
        SELECT key FROM ${table} WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE
      )
      UPDATE ${table} AS stored SET value = item.value, version = item.version, expires = item.expires
      FROM item JOIN locked USING (key)
      WHERE stored.key = item.key AND stored.version = item.before AND stored.expires > item.now
      RETURNING stored.key`,

    /**
     * $1 keys, $2 expiries, $3 expiries as text, $4 nows. A tombstone has no version. Leaves alone a text without an expiry.
     */
    extend: `
      WITH item AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::float8[], $3::text[], $4::float8[]) AS item(key, expires, digits, now)
      ), locked AS MATERIALIZED (
        SELECT key FROM ${table} WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE
      )
      UPDATE ${table} AS stored
      SET value = rtrim(stored.value, '${NUMBER_AND_BRACE}') || item.digits || '}', expires = item.expires
      FROM item JOIN locked USING (key)
      WHERE stored.key = item.key AND stored.version IS NOT NULL AND stored.expires > item.now
        AND right(rtrim(stored.value, '${NUMBER_AND_BRACE}'), 10) = '"expires":'
      RETURNING stored.key`,

    /**
     * $1 to, $2 value, $3 version, $4 expires, $5 from, $6 value, $7 version, $8 expires, $9 version before, $10 now,
     * $11 channel. If the key is taken meanwhile, both rows are undone, and nobody is told.
     */
    move: `
      WITH moved AS (
        UPDATE ${table} SET value = $6, version = $7::bigint, expires = $8::float8
        WHERE key = $5 AND version = $9::bigint AND expires > $10::float8
          AND NOT EXISTS (SELECT 1 FROM ${table} AS taken WHERE taken.key = $1)
        RETURNING key
      ), arrived AS (
        INSERT INTO ${table}(key, value, version, expires) SELECT $1, $2, $3::bigint, $4::float8 FROM moved
        RETURNING key
      )
      SELECT arrived.key, pg_notify($11, moved.key) FROM arrived, moved`,

    /** $1 key, $2 channel. Leaves tombstones. */
    remove: `
      WITH gone AS (DELETE FROM ${table} WHERE key = $1 AND version IS NOT NULL RETURNING key)
      SELECT key, pg_notify($2, key) FROM gone`,

    /**
     * $1 prefix, $2 now, $3 limit. Skips a row that somebody else has locked, because it is being written. The server
     * evaluates the condition again when it locks a row, so one that was extended meanwhile stays (R26).
     */
    removeExpired: `
      WITH expired AS MATERIALIZED (
        SELECT key FROM ${table} WHERE expires <= $2::float8 AND starts_with(key, $1)
        ORDER BY expires LIMIT $3 FOR UPDATE SKIP LOCKED
      )
      DELETE FROM ${table} AS stored USING expired WHERE stored.key = expired.key
      RETURNING stored.key`,
  } as const
}

/** What there is already. $1 schema, $2 table, $3 index: names as PostgreSQL reads them, with their quotes. */
export const PRESENT = `
  SELECT
    to_regnamespace($1) IS NOT NULL AS "hasSchema",
    to_regclass($2) IS NOT NULL AS "hasTable",
    to_regclass($3) IS NOT NULL AS "hasIndex",
    ARRAY(
      SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($2) AND attnum > 0 AND NOT attisdropped
    ) AS columns`

/** The first schema of the connection's search path. */
export const OWN_SCHEMA = 'SELECT current_schema()::text AS schema'

/** The characters of the end of an entry's text: a number as JSON writes it, and a brace. */
const NUMBER_AND_BRACE = '0123456789.eE+-}'
