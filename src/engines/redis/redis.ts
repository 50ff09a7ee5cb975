import { jsonCodec } from '../../codecs/json.js'
import type { Engine } from '../contract.js'
import { EngineMisconfigured } from '../errors.js'
import { type EngineTools, KeyedEngine } from '../keyed-engine.js'
import { singleClient } from './client.js'
import { clusterClient } from './cluster.js'
import { RedisLink } from './link.js'
import { RedisStore } from './store.js'

export interface RedisOptions {
  /** `redis://user:password@host:port/database`, `rediss:` for TLS; several, with commas between, are a cluster. */
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
  const { redisUrl: url, keyPrefix, engineTimeout: timeLimit } = options
  const makeClient = url.includes(',') ? clusterClient : singleClient
  const link = new RedisLink({ url, address: addressOf(url), makeClient, timeLimit, logger: tools.logger })
  await link.run(async () => {})
  const store = new RedisStore({ link, keyPrefix, timeLimit, clock: tools.clock })
  const capabilities = { revocable: true, shared: true, enumerable: true }
  return new KeyedEngine({ ...tools, name: 'redis', capabilities, store, codec: jsonCodec, keyPrefix })
}

/** The URLs without what is nobody's business: users and passwords. */
function addressOf(urls: string): string {
  return urls
    .split(',')
    .map((text) => {
      // What `new URL` throws would carry the text, password and all, into the log.
      if (!URL.canParse(text)) throw new EngineMisconfigured('REDIS_URL is not the URL of a Redis server')
      const { protocol, host, pathname } = new URL(text)
      return `${protocol}//${host}${pathname}`
    })
    .join(',')
}
