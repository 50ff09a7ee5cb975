import type { Engine, EngineTools } from '../engine.js'
import { EngineMisconfigured } from '../errors.js'
import { StoreEngine } from '../store-engine.js'
import { type RedisAddress, redisAddress, shownAddress } from './address.js'
import { type ClientOptions, isDenied, type RedisClient, singleClient } from './client.js'
import { clusterClient, clusterIds } from './cluster.js'
import { ReconnectingClient, type ReconnectingClientOptions } from './reconnecting-client.js'
import { sentinelClient } from './sentinel.js'
import { RedisStore, redisKeyOf } from './store.js'

export interface RedisOptions {
  /**
   * `redis://user:password@host:port/database`, `rediss:` for TLS; several, with commas between, are a cluster, and so is
   * `redis+cluster://host:port`; with `redis+sentinel://host:port,host:port/name` sentinels are asked for the primary of
   * that name.
   */
  readonly redisUrl: string
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly engineTimeout: number
}

/** What a user of the server must be allowed to do. */
const RIGHTS = '+get +set +del +exists +eval +evalsha +time +scan'

/**
 * The `redis` engine: sessions in Redis from 6.0, or Valkey.
 *
 * @throws EngineUnavailable if the server cannot be reached or refuses; the message says why.
 * @throws EngineMisconfigured if the server's user lacks a right.
 */
export async function openRedis(options: RedisOptions, tools: EngineTools): Promise<Engine> {
  const { redisUrl, keyPrefix, engineTimeout: timeLimit } = options
  const address = redisAddress(redisUrl)
  // The text itself, password and all, must not get into the log.
  if (address === undefined) throw new EngineMisconfigured('REDIS_URL is not the URL of a Redis server')
  const { store, isCluster } = await openStore(address, options, tools).catch((error: unknown) => {
    throw isDenied(error) ? lacksRights(error, keyPrefix) : error
  })
  return new StoreEngine({
    ...tools,
    name: 'redis',
    capabilities: { shared: true },
    store,
    keyPrefix,
    timeLimit,
    ...(isCluster && { ids: clusterIds }),
  })
}

async function openStore(
  address: RedisAddress,
  { keyPrefix, engineTimeout: timeLimit }: RedisOptions,
  { clock }: EngineTools,
): Promise<{ store: RedisStore; isCluster: boolean }> {
  const { client, makeClient, isCluster } = await connectTo(address, timeLimit)
  const store = new RedisStore({ client, makeClient, keyPrefix, timeLimit, clock })
  try {
    // Otherwise the first request that needs a right would find that it is missing.
    await store.checkRights()
  } catch (error) {
    await client.close()
    throw error
  }
  return { store, isCluster }
}

interface Connected {
  readonly client: ReconnectingClient
  readonly makeClient: ReconnectingClientOptions['makeClient']
  readonly isCluster: boolean
}

/** Connects; to the whole cluster, if the address is that of one of its servers. */
async function connectTo(address: RedisAddress, timeLimit: number): Promise<Connected> {
  const adapter = await import('@keyv/redis')
  const makeClient: Connected['makeClient'] = (connectTimeout, onLost) =>
    clientFor({ adapter, address, connectTimeout, onLost })
  const client = new ReconnectingClient({ address: shownAddress(address), makeClient, timeLimit })
  const isCluster = await client.run((connected) => connected.isCluster())
  if (address.kind !== 'single' || !isCluster) return { client, makeClient, isCluster }
  await client.close()
  return connectTo({ kind: 'cluster', urls: [address.url] }, timeLimit)
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

function lacksRights(error: unknown, keyPrefix: string): EngineMisconfigured {
  const why = error instanceof Error ? error.message : String(error)
  const needed = `the user of REDIS_URL needs ${RIGHTS} and ~${redisKeyOf(keyPrefix, '*')}`
  return new EngineMisconfigured(`${why}; ${needed}`, { cause: error })
}
