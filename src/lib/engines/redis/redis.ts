import type { Engine } from '../engine.js'
import { EngineMisconfigured } from '../errors.js'
import { type EngineTools, StoreEngine } from '../store-engine.js'
import { type RedisAddress, redisAddress, shownAddress } from './address.js'
import { type ClientOptions, type RedisClient, singleClient } from './client.js'
import { clusterClient, clusterIds } from './cluster.js'
import { ReconnectingClient } from './reconnecting-client.js'
import { sentinelClient } from './sentinel.js'
import { RedisStore } from './store.js'

export interface RedisOptions {
  /**
   * `redis://user:password@host:port/database`, `rediss:` for TLS; several, with commas between, are a cluster; with
   * `redis+sentinel://host:port,host:port/name` sentinels are asked for the primary of that name.
   */
  readonly redisUrl: string
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly engineTimeout: number
}

/**
 * The `redis` engine: sessions in Redis or Valkey.
 *
 * @throws EngineUnavailable if the server cannot be reached or refuses; the message says why.
 */
export async function openRedis(options: RedisOptions, tools: EngineTools): Promise<Engine> {
  const { redisUrl, keyPrefix, engineTimeout: timeLimit } = options
  const address = redisAddress(redisUrl)
  // The text itself, password and all, must not get into the log.
  if (address === undefined) throw new EngineMisconfigured('REDIS_URL is not the URL of a Redis server')
  const adapter = await import('@keyv/redis')
  const client = new ReconnectingClient({
    address: shownAddress(address),
    makeClient: (connectTimeout, onLost) => clientFor({ adapter, address, connectTimeout, onLost }),
    timeLimit,
  })
  await client.run(async () => {})
  return new StoreEngine({
    ...tools,
    name: 'redis',
    capabilities: { revocable: true, shared: true, enumerable: true },
    store: new RedisStore({ client, keyPrefix, timeLimit, clock: tools.clock }),
    keyPrefix,
    timeLimit,
    ...(address.kind === 'cluster' && { ids: clusterIds }),
  })
}

function clientFor({ address, ...rest }: ClientOptions<RedisAddress['kind']>): RedisClient {
  switch (address.kind) {
    case 'single':
      return singleClient({ address, ...rest })
    case 'cluster':
      return clusterClient({ address, ...rest })
    case 'sentinel':
      return sentinelClient({ address, ...rest })
  }
}
