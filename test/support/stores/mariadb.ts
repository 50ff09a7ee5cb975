import { randomUUID } from 'node:crypto'
import { mariadbMissing, mariadbServer, mariadbUrl, queryMariadb } from '../servers/mariadb.js'
import type { EngineUnderTest, Store } from './store.js'

export const mariadb: EngineUnderTest = {
  title: 'db on MariaDB',
  head: 'MariaDB',
  engine: 'db',
  ...(mariadbMissing && { missing: mariadbMissing }),
  prepare,
}

async function prepare(): Promise<Store> {
  const server = await mariadbServer()
  // MariaDB 10.11 has been seen to end with a segmentation fault; that shall not cost the tests that follow.
  await server.start()
  const databaseUrl = mariadbUrl(server.port)
  const keyPrefix = randomUUID()
  return {
    options: { databaseUrl, keyPrefix },
    async damage(key, text) {
      await queryMariadb(
        databaseUrl,
        'UPDATE tessera_sessions SET value = ? WHERE id = ?',
        text,
        `${keyPrefix}:${key}`,
      )
    },
    async dump() {
      const sql = 'SELECT * FROM tessera_sessions WHERE id LIKE ?'
      return JSON.stringify(await queryMariadb(databaseUrl, sql, `${keyPrefix}:%`))
    },
    discard: async () => {},
  }
}
