import { randomUUID } from 'node:crypto'
import { mariadbMissing, mariadbUrl, queryMariadb } from '../servers/mariadb.js'
import { sharedPort } from '../servers/shared.js'
import type { EngineUnderTest, Store } from './store.js'

export const mariadb: EngineUnderTest = {
  title: 'db on MariaDB',
  head: 'MariaDB',
  engine: 'db',
  ...(mariadbMissing && { missing: mariadbMissing }),
  prepare,
}

async function prepare(): Promise<Store> {
  const databaseUrl = mariadbUrl(await sharedPort('mariadb'))
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
