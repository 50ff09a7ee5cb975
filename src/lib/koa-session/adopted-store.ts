import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context } from 'koa'
import { isObject } from '../codecs/record.js'
import { KeyedMutex, within } from '../engines/concurrency.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Move, SessionStore, StoredEntry, Version } from '../engines/session-store.js'

/** A store as koa-session takes it. Each method may be asynchronous. */
export interface KoaStore {
  /** The value that was set for the key; nothing if there is none. */
  get(key: string, maxAge: number, options: KoaStoreOptions): unknown
  /** Keeps an object of JSON values for `maxAge` milliseconds. */
  set(key: string, value: object, maxAge: number, options: KoaStoreOptions & { changed: boolean }): unknown
  /** Removes the value of the key. */
  destroy(key: string, options: KoaStoreOptions): unknown
}

/** What a store is told beside keys and values. */
export interface KoaStoreOptions {
  /** The request for which the store is called. */
  readonly ctx: Context | undefined
  readonly rolling: boolean
}

/** A class of stores, of which koa-session makes one for each request. */
export type KoaContextStore = new (ctx: Context) => KoaStore

export interface AdoptedStoreOptions {
  readonly store: KoaStore | undefined
  readonly ContextStore: KoaContextStore | undefined
  readonly rolling: boolean
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
}

/** The store keeps an entry this much longer, so that its clock cannot end what ours says is alive: milliseconds. */
const SLACK = 10_000

/**
 * A store that has `get`, `set` and `destroy` only. What is a condition and a write in one step is two here, so each step
 * holds a lock on its keys. The lock is of this process: two processes can overwrite each other's changes.
 */
export class AdoptedStore implements SessionStore {
  readonly #options: AdoptedStoreOptions
  readonly #mutex = new KeyedMutex()
  readonly #request = new AsyncLocalStorage<Context>()
  readonly #stores = new WeakMap<Context, KoaStore>()

  constructor(options: AdoptedStoreOptions) {
    this.#options = options
  }

  /** Runs what a request does, so that the store can be told for which request it is called. */
  runFor<Result>(ctx: Context, run: () => Result): Result {
    return this.#request.run(ctx, run)
  }

  read(key: string): Promise<StoredEntry | undefined> {
    return this.#timed(() => this.#read(key))
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#locked([key], async () => {
      if ((await this.#read(key)) !== undefined) return false
      await this.#write(key, entry)
      return true
    })
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#locked([key], async () => {
      if (!isAlive(await this.#read(key), now, version)) return false
      await this.#write(key, entry)
      return true
    })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#locked([key], async () => {
      const entry = await this.#read(key)
      if (entry === undefined || !isAlive(entry, now)) return false
      await this.#write(key, { ...entry, expires })
      return true
    })
  }

  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    return this.#locked([from, to], async () => {
      if (!isAlive(await this.#read(from), now, version)) return false
      if ((await this.#read(to)) !== undefined) return false
      await this.#write(to, entry)
      try {
        await this.#write(from, tombstone)
      } catch (error) {
        // Both or neither.
        await this.#store().destroy(to, this.#about())
        throw error
      }
      return true
    })
  }

  remove(key: string): Promise<boolean> {
    return this.#locked([key], async () => {
      const entry = await this.#read(key)
      if (entry?.version === undefined) return false
      await this.#store().destroy(key, this.#about())
      return true
    })
  }

  /** Such a store cannot say what it holds; it forgets by itself what has expired. */
  async removeExpired(): Promise<number> {
    return 0
  }

  async close(): Promise<void> {}

  async #read(key: string): Promise<StoredEntry | undefined> {
    const value = await this.#store().get(key, SLACK, this.#about())
    return isEntry(value) ? value : undefined
  }

  async #write(key: string, { text, expires, version }: StoredEntry): Promise<void> {
    const life = Math.max(1, expires - this.#options.clock()) + SLACK
    await this.#store().set(key, { text, expires, version }, life, { ...this.#about(), changed: true })
  }

  #about(): KoaStoreOptions {
    return { ctx: this.#request.getStore(), rolling: this.#options.rolling }
  }

  #store(): KoaStore {
    const { store, ContextStore } = this.#options
    const ctx = this.#request.getStore()
    if (ContextStore === undefined || ctx === undefined) {
      if (store === undefined) throw new TypeError('a ContextStore has no session outside a request')
      return store
    }
    const made = this.#stores.get(ctx) ?? new ContextStore(ctx)
    this.#stores.set(ctx, made)
    return made
  }

  #locked(keys: readonly string[], step: () => Promise<boolean>): Promise<boolean> {
    // In one order, so that two steps cannot wait for each other.
    const locked = [...keys]
      .sort()
      .reduceRight<() => Promise<boolean>>((inner, key) => () => this.#mutex.runExclusive(key, inner), step)
    return this.#timed(locked)
  }

  async #timed<Result>(step: () => Promise<Result>): Promise<Result> {
    try {
      return await within(this.#options.timeLimit, step())
    } catch (cause) {
      if (cause instanceof EngineUnavailable) throw cause
      throw new EngineUnavailable('the session store does not answer', { cause })
    }
  }
}

function isAlive(entry: StoredEntry | undefined, now: number, version = entry?.version): boolean {
  return entry?.version !== undefined && entry.version === version && entry.expires > now
}

function isEntry(value: unknown): value is StoredEntry {
  return isObject(value) && typeof value.text === 'string' && typeof value.expires === 'number'
}
