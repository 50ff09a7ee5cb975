import { setImmediate as turn } from 'node:timers/promises'
import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import { withExpiry } from '../codecs/codec.js'
import type { Engine, EngineTools } from './engine.js'
import { ResumableScan } from './resumable-scan.js'
import type { Move, SessionStore, StoredEntry, Version } from './session-store.js'
import { StoreEngine } from './store-engine.js'

/** How often expired sessions leave memory, in milliseconds. */
const SWEEP_EVERY = 60_000
/** How many are looked at in one turn of the event loop. */
const LOOKS = 1000

export interface CacheOptions {
  /** Sessions held at the most; the one unused for longest gives way. */
  readonly cacheMaxSessions: number
  readonly keyPrefix: string
}

/** The `cache` engine: lru-cache under Keyv, in this process's memory. */
export function openCache({ cacheMaxSessions, keyPrefix }: CacheOptions, tools: EngineTools): Engine {
  const store = new LruStore(cacheMaxSessions, keyPrefix, tools.clock)
  return new StoreEngine({ ...tools, name: 'cache', store, keyPrefix })
}

/** What Keyv takes for an entry of its own when a store hands it out. */
interface Slot {
  /** The entry's text: a copy, never a reference to somebody's data. */
  readonly value: string
  readonly expires: number
  readonly version: Version | undefined
}

/**
 * Keyv has no conditional write, so these steps go to the cache beneath it. They are atomic because none of them
 * waits between its check and its write.
 */
class LruStore implements SessionStore {
  readonly #slots: LRUCache<string, Slot>
  /** What a sweep walks: a set can be walked while it changes, a list by last use cannot. */
  readonly #keys = new Set<string>()
  readonly #walk = new ResumableScan(() => this.#over())
  readonly #clock: () => number
  readonly #keyv: Keyv<string>
  readonly #sweeper: NodeJS.Timeout

  constructor(max: number, namespace: string, clock: () => number) {
    this.#clock = clock
    this.#slots = new LRUCache({
      max,
      noDisposeOnSet: true,
      dispose: (_slot, key) => this.#keys.delete(key),
    })
    this.#keyv = new Keyv<string>({ store: this.#slots, namespace, throwOnErrors: true })
    this.#sweeper = setInterval(() => {
      void this.removeExpired(Number.POSITIVE_INFINITY, clock())
    }, SWEEP_EVERY)
    this.#sweeper.unref()
  }

  async read(key: string): Promise<StoredEntry | undefined> {
    const slot = this.#slots.get(key)
    return slot && { text: slot.value, expires: slot.expires, version: slot.version }
  }

  async insert(key: string, entry: StoredEntry): Promise<boolean> {
    if (this.#slots.has(key)) return false
    this.#put(key, entry)
    return true
  }

  async replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    if (!this.#holds(key, version, now)) return false
    this.#put(key, entry)
    return true
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    const slot = this.#slots.get(key)
    if (slot?.version === undefined || slot.expires <= now) return false
    this.#put(key, { text: withExpiry(slot.value, expires), expires, version: slot.version })
    return true
  }

  async move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    if (!this.#holds(from, version, now) || this.#slots.has(to)) return false
    this.#put(to, entry)
    this.#put(from, tombstone)
    return true
  }

  async remove(key: string): Promise<boolean> {
    return this.#slots.peek(key)?.version !== undefined && this.#slots.delete(key)
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#walk.run(limit, now, (key) => this.#isOver(key, now) && this.#slots.delete(key))
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await this.#keyv.clear()
  }

  #holds(key: string, version: Version, now: number): boolean {
    const slot = this.#slots.peek(key)
    return slot?.version === version && slot.expires > now
  }

  #isOver(key: string, now: number): boolean {
    const slot = this.#slots.peek(key)
    return slot !== undefined && slot.expires <= now
  }

  /** The keys of all that is over, found a few at a time. */
  async *#over(): AsyncGenerator<string, void> {
    let looks = 0
    for (const key of this.#keys) {
      if (++looks % LOOKS === 0) await turn()
      if (this.#isOver(key, this.#clock())) yield key
    }
  }

  #put(key: string, { text, expires, version }: StoredEntry): void {
    this.#slots.set(key, { value: text, expires, version })
    this.#keys.add(key)
  }
}
