import { LRUCache } from 'lru-cache'
import type { Engine, EngineTools } from '../engine.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'
import { StoreEngine } from '../store-engine.js'
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
  return new StoreEngine({
    ...tools,
    name: 'cached_db',
    capabilities: { shared, staleFor: maxAge },
    store: new CachedStore({ store, max: cacheMaxSessions, maxAge, clock: tools.clock }),
    keyPrefix,
    timeLimit: options.engineTimeout,
  })
}

export interface CachedStoreOptions {
  readonly store: SessionStore
  /** Entries held at the most; the one unused for longest is evicted. */
  readonly max: number
  /** How long an entry may be answered without asking the store: milliseconds. */
  readonly maxAge: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

interface Cached {
  readonly entry: StoredEntry
  /** When the store had it: milliseconds since 1970. */
  readonly since: number
}

/** The writes to one key that are under way. */
interface Writes {
  count: number
  /** Whether two of them were under way at the same moment, so that nobody knows which one the store did last. */
  overlap: boolean
}

/**
 * A store with this process's memory in front of it. A read may be as old as `maxAge`. Every write goes to the store
 * with its condition, and the cache keeps only what the store has accepted, so an old entry in memory can neither
 * overwrite a newer one nor bring back one that is gone. When the store refuses a write, the cache forgets the key, and
 * the next read asks the store. So it does where writes of one key overlap: the answer to a write can come after that to a
 * later `remove`.
 */
class CachedStore implements SessionStore {
  readonly #store: SessionStore
  readonly #options: CachedStoreOptions
  readonly #entries: LRUCache<string, Cached>
  readonly #reading = new Map<string, Promise<StoredEntry | undefined>>()
  /** Reads that were under way when somebody wrote: what they find may be from before the write. */
  readonly #outdated = new WeakSet<Promise<unknown>>()
  readonly #writes = new Map<string, Writes>()

  /** The database's. */
  readonly listen: SessionStore['listen']
  /** The database's. */
  readonly keys?: NonNullable<SessionStore['keys']>

  constructor(options: CachedStoreOptions) {
    this.#store = options.store
    this.#options = options
    this.#entries = new LRUCache({ max: options.max })
    this.listen = options.store.listen
    const { keys } = options.store
    if (keys) this.keys = keys.bind(options.store)
  }

  read(key: string): Promise<StoredEntry | undefined> {
    const entry = this.readNow(key)
    if (entry !== undefined) return Promise.resolve(entry)
    return this.#reading.get(key) ?? this.#readThrough(key)
  }

  readNow(key: string): StoredEntry | undefined {
    const cached = this.#entries.get(key)
    const { clock, maxAge } = this.#options
    // A clock that was set back must not keep an entry for ever (S25).
    const isFresh = cached !== undefined && Math.abs(clock() - cached.since) < maxAge
    return isFresh ? cached.entry : undefined
  }

  readLatest(key: string): Promise<StoredEntry | undefined> {
    this.#forget(key)
    return this.read(key)
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#write([key], this.#store.insert(key, entry), () => this.#remember(key, entry))
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#write([key], this.#store.replace(key, entry, version, now), () => this.#remember(key, entry))
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#write([key], this.#store.extend(key, expires, now))
  }

  move(move: Move, version: Version, now: number): Promise<boolean> {
    return this.#write([move.from, move.to], this.#store.move(move, version, now), () => {
      this.#remember(move.to, move.entry)
      this.#remember(move.from, move.tombstone)
    })
  }

  remove(key: string): Promise<boolean> {
    return this.#write([key], this.#store.remove(key))
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#store.removeExpired(limit, now)
  }

  async close(): Promise<void> {
    this.#entries.clear()
    await this.#store.close()
  }

  /** One read for all who ask at the same moment. The cache keeps what it finds unless somebody wrote meanwhile. */
  #readThrough(key: string): Promise<StoredEntry | undefined> {
    const reading = this.#store.read(key).finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key)
    })
    this.#reading.set(key, reading)
    return reading.then((entry) => {
      if (entry !== undefined && !this.#outdated.has(reading)) this.#remember(key, entry)
      return entry
    })
  }

  /**
   * Forgets the keys before the store's answer and after it: the outcome of a write that fails stays unknown, and a
   * read at the same time may find what was there before.
   */
  async #write(keys: readonly string[], writing: Promise<boolean>, remember?: () => void): Promise<boolean> {
    for (const key of keys) this.#begin(key)
    let isAlone = true
    let written: boolean
    try {
      written = await writing
    } finally {
      for (const key of keys) isAlone = this.#end(key) && isAlone
    }
    if (written && isAlone) remember?.()
    return written
  }

  #begin(key: string): void {
    this.#forget(key)
    const writes = this.#writes.get(key)
    if (writes === undefined) this.#writes.set(key, { count: 1, overlap: false })
    else {
      writes.count++
      writes.overlap = true
    }
  }

  /** Answers whether no other write of the key was under way meanwhile. */
  #end(key: string): boolean {
    this.#forget(key)
    const writes = this.#writes.get(key)
    if (writes === undefined || --writes.count === 0) this.#writes.delete(key)
    return writes?.overlap === false
  }

  #forget(key: string): void {
    this.#entries.delete(key)
    const reading = this.#reading.get(key)
    if (reading !== undefined) this.#outdated.add(reading)
    this.#reading.delete(key)
  }

  #remember(key: string, entry: StoredEntry): void {
    this.#entries.set(key, { entry, since: this.#options.clock() })
  }
}
