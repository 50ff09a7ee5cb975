/**
 * The statements of the SQLite store. Each is atomic by itself; none needs a transaction around it.
 *
 * Conditions are put on the entries' own JSON (`codecs/codec.ts`), so that there is one truth, which any Keyv client
 * may write too. Text that is not JSON must not make a statement fail for the other rows, hence `json_valid`.
 * Items of a batch travel as one JSON parameter, from which `value->>n` takes the n-th member.
 */
export function sqliteStatements(table: string) {
  const expires = member(table, '$.expires')
  const version = member(table, '$.value.version')
  return {
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
     * ?1 from, ?2 to, ?3 entry, ?4 mark, ?5 version, ?6 now. Writes two rows or none: SQLite answers both EXISTS
     * before it writes, since it reads from the table that it writes to.
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
     * ?1 first key, ?2 first key too far, ?3 now, ?4 limit. The plus signs keep SQLite from walking the keys, past every
     * session that is alive, rather than the index of expiries.
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
