import { within } from '../engines/concurrency.js'
import { nameOf } from '../engines/db/driver.js'
import { redisAddress, shownAddress } from '../engines/redis/address.js'
import type { Settings } from '../settings/settings.js'

/** A connection to the server beneath an engine, for questions that no request asks. */
export interface Server {
  readonly kind: 'redis' | 'postgres' | 'mysql'
  /** The server as it may be shown: without user and password. */
  readonly name: string
  /** Redis: a command with its arguments; a database: one statement. Answers the reply, or the rows. */
  ask(...words: string[]): Promise<unknown>
  close(): Promise<void>
}

/** Which store the engine keeps its sessions in. */
export type StoreKind = 'redis' | 'postgres' | 'mysql' | 'sqlite' | 'file' | 'memory' | 'cookie' | 'own'

export function storeKindOf({ engine, databaseUrl }: Settings): StoreKind {
  switch (engine) {
    case 'redis':
    case 'file':
      return engine
    case 'cache':
      return 'memory'
    case 'signed_cookies':
      return 'cookie'
    case 'db':
    case 'cached_db':
      if (/^postgres/.test(databaseUrl)) return 'postgres'
      return /^(mysql|mariadb):/.test(databaseUrl) ? 'mysql' : 'sqlite'
    default:
      return 'own'
  }
}

/**
 * A connection of its own to the server that the settings name. Of a cluster, to the first server that is named;
 * `undefined` where sentinels stand in front, or there is no server.
 */
export async function connectToServer(settings: Settings): Promise<Server | undefined> {
  const { engineTimeout: timeLimit } = settings
  switch (storeKindOf(settings)) {
    case 'redis':
      return connectToRedis(settings.redisUrl, timeLimit)
    case 'postgres': {
      const { postgresConnections } = await import('../engines/db/postgres-pool.js')
      const url = new URL(settings.databaseUrl)
      const name = nameOf('PostgreSQL', url)
      const connections = postgresConnections({ url, name, timeLimit })
      return {
        kind: 'postgres',
        name,
        ask: (sql = '') =>
          within(timeLimit, (limit) =>
            connections.use(limit, async (connection) => (await connection.query(sql)).rows),
          ),
        close: () => connections.close(),
      }
    }
    case 'mysql': {
      const { mysqlConnections } = await import('../engines/db/mysql-pool.js')
      const url = new URL(settings.databaseUrl)
      const name = nameOf('MySQL', url)
      const connections = mysqlConnections({ url, name, timeLimit })
      return {
        kind: 'mysql',
        name,
        ask: (sql = '') =>
          within(timeLimit, (limit) =>
            connections.use(limit, async (connection) => (await connection.query(sql))[0]),
          ),
        close: () => connections.close(),
      }
    }
    default:
      return undefined
  }
}

async function connectToRedis(redisUrl: string, timeLimit: number): Promise<Server | undefined> {
  const address = redisAddress(redisUrl)
  const [url] = address?.kind === 'cluster' ? address.urls : address?.kind === 'single' ? [address.url] : []
  if (address === undefined || url === undefined) return undefined
  const { connectAlone } = await import('../engines/redis/connection.js')
  const connection = await connectAlone(url, timeLimit)
  return {
    kind: 'redis',
    name: shownAddress({ kind: 'single', url }),
    ask: (...words) => within(timeLimit, () => connection.send(words)),
    close: connection.destroy,
  }
}
