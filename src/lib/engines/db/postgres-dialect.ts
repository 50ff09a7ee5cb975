import { codeOf } from './driver.js'
import type { SqlDialect, SqlRow } from './sql-store.js'

/** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
export type PostgresQuery = (sql: string, parameters: readonly unknown[]) => Promise<SqlRow[]>

/** The key is taken. */
const UNIQUE_VIOLATION = '23505'

/** Sessions in a table of @keyv/postgres. */
export function postgresDialect(query: PostgresQuery, table: string, close: () => Promise<void>): SqlDialect {
  const sql = postgresStatements(table)
  const keysOf = async (statement: string, ...parameters: unknown[]): Promise<string[]> =>
    (await query(statement, parameters)).map(({ key }) => key)
  return {
    concurrent: true,
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

/**
 * The statements. Each is atomic by itself; none needs a transaction around it. Items of a batch travel as one array for
 * each column.
 *
 * PostgreSQL's JSON functions refuse what a session may contain (`\u0000`, half a surrogate pair), and fail for all rows
 * when one is not JSON. So conditions read the version and the expiry from the two ends of the text, where Keyv and our
 * codecs write them (`codecs/codec.ts`). Text that has neither reads as NULL and meets no condition.
 */
export function postgresStatements(table: string) {
  const version = `substring(${table}.value from '^\\{"value":\\{"version":([0-9]{1,15}),')::bigint`
  const expires = `substring(right(${table}.value, 64) from '${EXPIRES}')::float8`
  const alive = (now: string): string => `${version} IS NOT NULL AND ${expires} > ${now}`
  return {
    /** Locks the table only if the index is missing. No time limit, because the table may be large. */
    indexExpiry: `
      BEGIN;
      SET LOCAL statement_timeout = 0;
      CREATE INDEX IF NOT EXISTS ${table}_expires ON public.${table} ((${expires}));
      COMMIT`,

    /** The names of what exists of table and index. */
    present: `
      SELECT relname AS key FROM pg_class
      WHERE oid IN (to_regclass('public.${table}'), to_regclass('public.${table}_expires'))`,

    /** $1 keys */
    read: `SELECT key, value FROM public.${table} WHERE key = ANY($1::text[])`,

    /** $1 keys, $2 entries */
    insert: `
      INSERT INTO public.${table}(key, value) SELECT * FROM unnest($1::text[], $2::text[])
      ON CONFLICT(key) DO NOTHING
      RETURNING key`,

    /** $1 keys, $2 entries, $3 versions, $4 nows. Locks the rows in order first, so that two batches cannot deadlock. */
    replace: `
      WITH item AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::float8[]) AS item(key, entry, version, now)
      ), locked AS MATERIALIZED (
        SELECT key FROM public.${table} WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE
      )
      UPDATE public.${table} SET value = item.entry FROM item JOIN locked USING (key)
      WHERE ${table}.key = item.key AND ${version} = item.version AND ${expires} > item.now
      RETURNING ${table}.key`,

    /** $1 keys, $2 expiries as text, $3 nows. A mark has no version. */
    extend: `
      WITH item AS MATERIALIZED (
        SELECT * FROM unnest($1::text[], $2::text[], $3::float8[]) AS item(key, expires, now)
      ), locked AS MATERIALIZED (
        SELECT key FROM public.${table} WHERE key = ANY($1::text[]) ORDER BY key FOR UPDATE
      )
      UPDATE public.${table}
      SET value = regexp_replace(${table}.value, '"expires":[^"]+$', '"expires":' || item.expires || '}')
      FROM item JOIN locked USING (key)
      WHERE ${table}.key = item.key AND ${alive('item.now')}
      RETURNING ${table}.key`,

    /** $1 from, $2 to, $3 entry, $4 mark, $5 version, $6 now. If the key is taken meanwhile, both rows are undone. */
    move: `
      WITH moved AS (
        UPDATE public.${table} SET value = $4
        WHERE key = $1 AND ${version} = $5::bigint AND ${expires} > $6::float8
          AND NOT EXISTS (SELECT 1 FROM public.${table} AS taken WHERE taken.key = $2)
        RETURNING key
      )
      INSERT INTO public.${table}(key, value) SELECT $2, $3 FROM moved
      RETURNING key`,

    /** $1 key. Leaves marks. */
    remove: `DELETE FROM public.${table} WHERE key = $1 AND ${version} IS NOT NULL RETURNING key`,

    /**
     * $1 prefix, $2 now, $3 limit. Skips a row that somebody else has locked, because it is being written. The server
     * evaluates the condition again when it locks a row, so one that was extended meanwhile stays (R26).
     */
    removeExpired: `
      WITH over AS MATERIALIZED (
        SELECT key FROM public.${table} WHERE ${expires} <= $2::float8 AND starts_with(key, $1)
        ORDER BY ${expires} LIMIT $3 FOR UPDATE SKIP LOCKED
      )
      DELETE FROM public.${table} USING over WHERE ${table}.key = over.key
      RETURNING ${table}.key`,
  } as const
}

/** The end of an entry, with the number as a group: what JSON writes of times that a `Date` can hold. */
const EXPIRES = '"expires":(-?[0-9]{1,16}(?:\\.[0-9]{1,20})?)\\}$'
