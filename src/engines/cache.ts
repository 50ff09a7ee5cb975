import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import { jsonCodec } from '../codecs/json.js'
import type { Engine } from './contract.js'
import { type EngineTools, KeyedEngine } from './keyed-engine.js'
import type { KeyedStore, Move, StoredText } from './keyed-store.js'

/** How often expired sessions leave memory, in milliseconds. */
const SWEEP_EVERY = 60_000
/** How many are removed in one turn of the event loop. */
const SWEEP_LIMIT = 1000

export interface CacheOptions {
  /** Sessions held at the most; the one unused for longest gives way. */
  readonly cacheMaxSessions: number
  readonly keyPrefix: string
}

/** The `cache` engine: lru-cache under Keyv, in this process's memory. */
export function openCache({ cacheMaxSessions, keyPrefix }: CacheOptions, tools: EngineTools): Engine {
  const store = new LruStore(cacheMaxSessions, keyPrefix, tools.clock)
  const capabilities = { revocable: true, shared: false, enumerable: true }
  return new KeyedEngine({ ...tools, name: 'cache', capabilities, store, codec: jsonCodec, keyPrefix })
}

/** What Keyv takes for an entry of its own when a store hands it out. */
interface Slot {
  /** The entry's text: a copy, never a reference to somebody's data. */
  readonly value: string
  readonly expires: number
  readonly version: number | undefined
}

/**
 * Keyv has no conditional write, so these steps go to the cache beneath it. They are atomic because none of them
 * waits between its check and its write.
 */
class LruStore implements KeyedStore {
  readonly #slots: LRUCache<string, Slot>
  readonly #keyv: Keyv<string>
  readonly #sweeper: NodeJS.Timeout

  constructor(max: number, namespace: string, clock: () => number) {
    this.#slots = new LRUCache({ max })
    this.#keyv = new Keyv<string>({ store: this.#slots, namespace, throwOnErrors: true })
    this.#sweeper = setInterval(() => {
      void this.removeExpired(SWEEP_LIMIT, clock())
    }, SWEEP_EVERY)
    this.#sweeper.unref()
  }

  async read(key: string): Promise<string | undefined> {
    return this.#slots.get(key)?.value
  }

  async insert(key: string, entry: StoredText): Promise<boolean> {
    if (this.#slots.has(key)) return false
    this.#put(key, entry)
    return true
  }

  async replace(key: string, entry: StoredText, version: number, now: number): Promise<boolean> {
    if (!this.#holds(key, version, now)) return false
    this.#put(key, entry)
    return true
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    const slot = this.#slots.get(key)
    if (slot?.version === undefined || slot.expires <= now) return false
    const entry = jsonCodec.decode(slot.value)
    if (entry?.kind !== 'session') return false
    const text = jsonCodec.encode({ ...entry, record: { ...entry.record, expires } })
    this.#put(key, { text, expires, version: slot.version })
    return true
  }

  async move({ from, to, entry, mark }: Move, version: number, now: number): Promise<boolean> {
    if (!this.#holds(from, version, now) || this.#slots.has(to)) return false
    this.#put(to, entry)
    this.#put(from, mark)
    return true
  }

  async remove(key: string): Promise<boolean> {
    return this.#slots.peek(key)?.version !== undefined && this.#slots.delete(key)
  }

  async removeExpired(limit: number, now: number): Promise<number> {
    let removed = 0
    for (const [key, slot] of this.#slots.entries()) {
      if (removed === limit) break
      if (slot.expires <= now && this.#slots.delete(key)) removed++
    }
    return removed
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await this.#keyv.clear()
  }

  #holds(key: string, version: number, now: number): boolean {
    const slot = this.#slots.peek(key)
    return slot?.version === version && slot.expires > now
  }

  #put(key: string, { text, expires, version }: StoredText): void {
    this.#slots.set(key, { value: text, expires, version })
  }
}
