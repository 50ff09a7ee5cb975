import { randomUUID } from 'node:crypto'
import { createCluster } from '@keyv/redis'
import { clusterIds } from '../../../src/lib/engines/redis/cluster.js'
import { askRedis, redisMissing, redisUrl } from '../servers/redis.js'
import { sharedPorts } from '../servers/shared.js'
import type { EngineUnderTest, Store } from './store.js'

export const redisCluster: EngineUnderTest = {
  title: 'redis cluster',
  head: 'cluster',
  engine: 'redis',
  ...(redisMissing && { missing: redisMissing }),
  keyOf: clusterIds.keyOf,
  prepare,
}

async function prepare(): Promise<Store> {
  const urls = (await sharedPorts('redis-cluster')).map(redisUrl)
  const keyPrefix = randomUUID()
  return {
    // Three servers share a small machine with the tests; no case is about how fast they are.
    options: { redisUrl: urls.join(','), keyPrefix, engineTimeout: 10_000 },
    async damage(key, text) {
      const cluster = await createCluster({ rootNodes: urls.map((url) => ({ url })) }).connect()
      await cluster.set(`${keyPrefix}::${keyPrefix}:${key}`, text)
      cluster.destroy()
    },
    async dump() {
      const dumps = urls.map((url) =>
        askRedis(url, async (client) => {
          const keys = await client.keys(`*${keyPrefix}*`)
          return [keys, await Promise.all(keys.map((key) => client.get(key)))]
        }),
      )
      return JSON.stringify(await Promise.all(dumps))
    },
    discard: async () => {},
  }
}
