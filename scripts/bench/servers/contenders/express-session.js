import session from 'express-session'
import { expressSessions } from '../express.js'
import { LIFE } from '../work.js'

const stores = {
  async memorystore() {
    const { default: memorystore } = await import('memorystore')
    return new (memorystore(session))({ checkPeriod: LIFE })
  },

  async 'connect-sqlite3'({ directory }) {
    const { default: sqlite } = await import('connect-sqlite3')
    return new (sqlite(session))({ db: 'sessions.sqlite', dir: directory, concurrentDB: 'true' })
  },

  async 'connect-redis'({ redisUrl }) {
    const [{ RedisStore }, { createClient }] = await Promise.all([import('connect-redis'), import('redis')])
    const client = createClient({ url: redisUrl })
    client.on('error', () => {})
    await client.connect()
    return new RedisStore({ client })
  },
}

export async function open(options) {
  return expressSessions(await stores[options.store](options))
}
