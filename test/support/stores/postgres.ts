import { randomUUID } from 'node:crypto'
import { postgresMissing, postgresUrl, queryPostgres } from '../servers/postgres.js'
import { sharedPort } from '../servers/shared.js'
import type { EngineUnderTest, Store } from './store.js'

export const postgres: EngineUnderTest = {
  title: 'db on PostgreSQL',
  head: 'PgSQL',
  engine: 'db',
  ...(postgresMissing && { missing: postgresMissing }),
  prepare,
}

async function prepare(): Promise<Store> {
  const databaseUrl = postgresUrl(await sharedPort('postgres'))
  const keyPrefix = randomUUID()
  return {
    options: { databaseUrl, keyPrefix },
    async damage(key, text) {
      await queryPostgres(
        databaseUrl,
        'UPDATE tessera_sessions SET value = $2 WHERE key = $1',
        `${keyPrefix}:${key}`,
        text,
      )
    },
    async dump() {
      const sql = 'SELECT * FROM tessera_sessions WHERE starts_with(key, $1)'
      return JSON.stringify(await queryPostgres(databaseUrl, sql, keyPrefix))
    },
    discard: async () => {},
  }
}
