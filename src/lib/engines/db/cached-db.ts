import type { Engine } from '../engine.js'
import { type EngineTools, StoreEngine } from '../store-engine.js'
import { CachedStore } from './cached-store.js'
import { type DbOptions, openDbStore } from './db.js'

export interface CachedDbOptions extends DbOptions {
  /** Sessions held in memory at the most. */
  readonly cacheMaxSessions: number
  /** How long memory may answer what another process has changed: seconds. */
  readonly cacheTtl: number
}

/** The `cached_db` engine: the database, with this process's memory in front of it. */
export async function openCachedDb(options: CachedDbOptions, tools: EngineTools): Promise<Engine> {
  const { keyPrefix, cacheMaxSessions, cacheTtl } = options
  const { store, shared } = await openDbStore(options, tools.logger)
  const maxAge = cacheTtl * 1000
  const cached = new CachedStore({ store, max: cacheMaxSessions, maxAge, clock: tools.clock })
  const capabilities = { revocable: true, shared, enumerable: true, staleFor: maxAge }
  return new StoreEngine({
    ...tools,
    name: 'cached_db',
    capabilities,
    store: cached,
    keyPrefix,
    timeLimit: options.engineTimeout,
  })
}
