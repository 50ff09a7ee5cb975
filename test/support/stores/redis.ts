import { randomUUID } from 'node:crypto'
import { askRedis, redisMissing, redisUrl } from '../servers/redis.js'
import { sharedPort } from '../servers/shared.js'
import type { EngineUnderTest, Store } from './store.js'

export const redis: EngineUnderTest = {
  title: 'redis',
  head: 'redis',
  engine: 'redis',
  ...(redisMissing && { missing: redisMissing }),
  prepare,
}

async function prepare(): Promise<Store> {
  const url = redisUrl(await sharedPort('redis'))
  const keyPrefix = randomUUID()
  return {
    options: { redisUrl: url, keyPrefix },
    async damage(key, text) {
      await askRedis(url, (client) => client.set(`${keyPrefix}::${keyPrefix}:${key}`, text))
    },
    dump: () =>
      askRedis(url, async (client) => {
        const keys = await client.keys(`*${keyPrefix}*`)
        return JSON.stringify([keys, await client.mGet(keys)])
      }),
    discard: async () => {},
  }
}
