import { LRUCache } from 'lru-cache'
import type { Move, SessionStore, StoredEntry } from '../session-store.js'

export interface CachedStoreOptions {
  readonly store: SessionStore
  /** Entries held at the most; the one unused for longest gives way. */
  readonly max: number
  /** How long an entry may be answered without asking the store: milliseconds. */
  readonly maxAge: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

interface Cached {
  readonly text: string
  readonly since: number
}

/**
 * A store with this process's memory in front of it. Reads may be as old as `maxAge`; writes never are: each goes to
 * the store with its condition, and only what the store has taken is remembered. So an old entry in memory can neither
 * overwrite a newer one nor revive one that is gone. What the store refuses is forgotten here, and the next read asks.
 */
export class CachedStore implements SessionStore {
  readonly #store: SessionStore
  readonly #options: CachedStoreOptions
  readonly #entries: LRUCache<string, Cached>
  readonly #reading = new Map<string, Promise<string | undefined>>()
  /** Reads that were under way when somebody wrote: what they find may be from before. */
  readonly #outdated = new WeakSet<Promise<unknown>>()

  constructor(options: CachedStoreOptions) {
    this.#store = options.store
    this.#options = options
    this.#entries = new LRUCache({ max: options.max })
  }

  read(key: string): Promise<string | undefined> {
    const cached = this.#entries.get(key)
    const { clock, maxAge } = this.#options
    // A clock that was set back must not keep an entry for ever (S25).
    if (cached !== undefined && Math.abs(clock() - cached.since) < maxAge) return Promise.resolve(cached.text)
    return this.#reading.get(key) ?? this.#readThrough(key)
  }

  readNow(key: string): Promise<string | undefined> {
    this.#forget([key])
    return this.read(key)
  }

  async insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#write([key], this.#store.insert(key, entry), () => this.#remember(key, entry.text))
  }

  async replace(key: string, entry: StoredEntry, version: number, now: number): Promise<boolean> {
    return this.#write([key], this.#store.replace(key, entry, version, now), () =>
      this.#remember(key, entry.text),
    )
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#write([key], this.#store.extend(key, expires, now), () => {})
  }

  async move(move: Move, version: number, now: number): Promise<boolean> {
    return this.#write([move.from, move.to], this.#store.move(move, version, now), () => {
      this.#remember(move.to, move.entry.text)
      this.#remember(move.from, move.mark.text)
    })
  }

  async remove(key: string): Promise<boolean> {
    return this.#write([key], this.#store.remove(key), () => {})
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#store.removeExpired(limit, now)
  }

  async close(): Promise<void> {
    this.#entries.clear()
    await this.#store.close()
  }

  /** One read for all who ask at the same moment. What it finds is remembered unless somebody wrote meanwhile. */
  #readThrough(key: string): Promise<string | undefined> {
    const reading = this.#store.read(key).finally(() => {
      if (this.#reading.get(key) === reading) this.#reading.delete(key)
    })
    this.#reading.set(key, reading)
    return reading.then((text) => {
      if (text !== undefined && !this.#outdated.has(reading)) this.#remember(key, text)
      return text
    })
  }

  /**
   * Forgets the keys before the store's answer and after it, for the outcome of a write that fails stays unknown, and
   * what a read alongside it finds may be from before.
   */
  async #write(keys: readonly string[], writing: Promise<boolean>, done: () => void): Promise<boolean> {
    this.#forget(keys)
    try {
      const written = await writing
      this.#forget(keys)
      if (written) done()
      return written
    } catch (error) {
      this.#forget(keys)
      throw error
    }
  }

  #forget(keys: readonly string[]): void {
    for (const key of keys) {
      this.#entries.delete(key)
      const reading = this.#reading.get(key)
      if (reading !== undefined) this.#outdated.add(reading)
      this.#reading.delete(key)
    }
  }

  #remember(key: string, text: string): void {
    this.#entries.set(key, { text, since: this.#options.clock() })
  }
}
