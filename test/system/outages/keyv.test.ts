import KeyvRedis from '@keyv/redis'
import type { ExecutionContext } from 'ava'
import { EngineUnavailable, keyvEngine } from '../../../src/lib/index.js'
import { Keyv } from '../../support/keyv.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { redisUrl, startRedis } from '../../support/servers/redis.js'
import { isOutageForAll, openOutageSite } from './outage-site.js'

/** Milliseconds. */
const LIMIT = 1000

async function openSite(t: ExecutionContext, throwOnErrors: boolean) {
  const server = await startRedis()
  t.teardown(() => server.discard())
  const client = { url: redisUrl(server.port), socket: { reconnectStrategy: 50 } }
  const keyv = new Keyv({ store: new KeyvRedis(client, { throwOnErrors }) })
  keyv.on('error', () => {})
  const engine = keyvEngine(keyv, { engineTimeout: LIMIT })
  return { server, site: await openOutageSite(t, { engine }) }
}

for (const throwOnErrors of [true, false]) {
  const title = throwOnErrors ? 'throws its errors' : 'swallows its errors'
  onRedis(
    `S66 a Keyv whose adapter ${title}, and whose store is down: 503 and the cookie stays`,
    async (t) => {
      const { server, site } = await openSite(t, throwOnErrors)
      const id = await site.store(1)
      t.is((await site.send('/', id)).body, '2')
      await server.stop('SIGKILL')
      await isOutageForAll(t, site, id)
      await t.throwsAsync(site.sessions.engine.clearExpired(10), { instanceOf: EngineUnavailable })
      await server.start()
      // The adapter reconnects by itself; each answer is the wait for the next request.
      for (let status = 503; status === 503; ) status = (await site.send('/read', id)).status
      t.is((await site.send('/', id)).body, '3')
    },
  )
}
