import { storedEntryOf } from '../../codecs/codec.js'
import { fromKeyvText, toKeyvText } from '../../codecs/json-codec.js'
import { KeyedMutex, type TimedWork, type TimeLimit, tooSlow, within } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import { ResumableScan } from '../resumable-scan.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'

/** What we use of a `Keyv`, whose types differ from one major version to the next. */
export interface AnyKeyv {
  readonly namespace?: string | undefined
  readonly store: unknown
  get(key: string): Promise<unknown>
  set(key: string, value: unknown, ttl?: number): Promise<boolean>
  delete(key: string): Promise<boolean>
  iterator?: Iterate | undefined
  disconnect(): Promise<void>
  on(event: string, listener: (error: unknown) => void): unknown
  emit(event: string, ...details: unknown[]): unknown
  /** Keyv 6: what a stored text means. */
  decode?(data: unknown): Promise<unknown>
  /** Keyv 5: the same. */
  deserializeData?(data: unknown): Promise<unknown>
  /** Keyv 5: makes `iterator` of the store's own. */
  generateIterator?(iterator: unknown): Iterate
}

type Iterate = (namespace?: string) => AsyncGenerator<unknown, void>

export interface KeyvStoreOptions {
  readonly keyv: AnyKeyv
  /** Every key begins with it and a colon. */
  readonly keyPrefix: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/**
 * Sessions in any Keyv store, by Keyv's own `get`, `set` and `delete`. Keyv has no conditional write, so each step
 * reads, checks and writes. Steps on one key run one after the other within this process; nothing keeps another process
 * from writing in between. The time limit of a step begins when it is asked for, so a store that hangs does not make the
 * last of many writers wait for all the others.
 */
export class KeyvStore implements SessionStore {
  readonly #options: KeyvStoreOptions
  readonly #keyv: AnyKeyv
  readonly #mutex = new KeyedMutex()
  readonly #scan = new ResumableScan(() => this.#ourKeys())
  /** Where the Keyv can list its keys. */
  readonly keys?: NonNullable<SessionStore['keys']>
  /** The error that the adapter reported last. */
  #reported: { readonly cause: unknown } | undefined

  constructor(options: KeyvStoreOptions) {
    const { keyv } = options
    this.#options = options
    this.#keyv = throwing(keyv)
    if (this.#keyv.iterator) this.keys = () => this.#pages()
    if (isEmitter(keyv.store)) {
      keyv.store.on('error', (cause) => {
        this.#reported = { cause }
      })
    }
  }

  async read(key: string): Promise<StoredEntry | undefined> {
    const value = await this.#inTime((timeLimit) => this.#get(key, timeLimit))
    return value === undefined ? undefined : storedEntryOf(toKeyvText({ value, expires: endOf(value) }))
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#exclusive(key, async (timeLimit) => {
      if ((await this.#get(key, timeLimit)) !== undefined) return false
      await this.#set(key, entry, timeLimit)
      return true
    })
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#exclusive(key, async (timeLimit) => {
      if (!isAlive(await this.#get(key, timeLimit), now, version)) return false
      await this.#set(key, entry, timeLimit)
      return true
    })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#exclusive(key, async (timeLimit) => {
      const value = await this.#get(key, timeLimit)
      if (!isObject(value) || !isAlive(value, now)) return false
      await this.#put(key, { ...value, expires }, expires, timeLimit)
      return true
    })
  }

  /** The new entry first. If the process ends in between, the session is there under both ids; it is not lost. */
  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    // Nobody waits for the old key while holding the new one, which nobody else knows yet.
    return this.#exclusive(from, (timeLimit) =>
      this.#mutex.runExclusive(to, async () => {
        const source = await this.#get(from, timeLimit)
        if (!isAlive(source, now, version) || (await this.#get(to, timeLimit)) !== undefined) return false
        await this.#set(to, entry, timeLimit)
        await this.#set(from, tombstone, timeLimit)
        return true
      }),
    )
  }

  remove(key: string): Promise<boolean> {
    return this.#exclusive(key, async (timeLimit) => {
      if (versionOf(await this.#get(key, timeLimit)) === undefined) return false
      await this.#ask(() => this.#keyv.delete(key), timeLimit)
      return true
    })
  }

  /** Looks at every record, since Keyv keeps no order by time. Does nothing where the store cannot list its keys. */
  removeExpired(limit: number, now: number): Promise<number> {
    return this.#scan.run(limit, now, (key) => this.#removeIfExpired(key, now))
  }

  async *#pages(): AsyncGenerator<readonly string[], void> {
    for await (const key of this.#ourKeys()) yield [key]
  }

  async close(): Promise<void> {
    await this.#options.keyv.disconnect()
  }

  async *#ourKeys(): AsyncGenerator<string, void> {
    const records = this.#keyv.iterator?.(this.#keyv.namespace)
    while (records !== undefined) {
      const next = await this.#inTime((timeLimit) => this.#ask(() => records.next(), timeLimit))
      if (next.done) return
      const [name, value] = Array.isArray(next.value) ? next.value : []
      if (typeof name === 'string' && isOurs(value)) yield this.#keyOf(name)
    }
  }

  /** The key of a name in the list: some versions and adapters leave the namespace before it, some remove it. */
  #keyOf(name: string): string {
    const prefix = `${this.#options.keyPrefix}:`
    const start = name.lastIndexOf(prefix)
    return start === -1 ? `${prefix}${name}` : name.slice(start)
  }

  #removeIfExpired(key: string, now: number): Promise<boolean> {
    return this.#exclusive(key, async (timeLimit) => {
      const value = await this.#get(key, timeLimit)
      return isOurs(value) && endOf(value) <= now && this.#ask(() => this.#keyv.delete(key), timeLimit)
    })
  }

  #exclusive(key: string, step: TimedWork<boolean>): Promise<boolean> {
    return this.#inTime((timeLimit) => this.#mutex.runExclusive(key, () => step(timeLimit)))
  }

  #inTime<Result>(work: TimedWork<Result>): Promise<Result> {
    return within(this.#options.timeLimit, work)
  }

  #get(key: string, timeLimit: TimeLimit): Promise<unknown> {
    return this.#ask(() => this.#keyv.get(key), timeLimit)
  }

  /** The value holds the expiry too, because Keyv computes its own from its own clock. */
  #set(key: string, { text, expires }: StoredEntry, timeLimit: TimeLimit): Promise<void> {
    return this.#put(key, { ...memberOf(fromKeyvText(text), 'value'), expires }, expires, timeLimit)
  }

  async #put(key: string, value: object, expires: number, timeLimit: TimeLimit): Promise<void> {
    // At least a millisecond: Keyv takes 0 for "never" (R11).
    const ttl = Math.max(1, expires - this.#options.clock())
    if (!(await this.#ask(() => this.#keyv.set(key, value, ttl), timeLimit))) {
      throw new EngineUnavailable('the Keyv store did not take a record')
    }
  }

  /**
   * Asks the Keyv, unless nobody waits for the step any more. An answer that says "nothing" does not count if the adapter
   * reported an error meanwhile: it may hide a failure.
   */
  async #ask<Result>(call: () => Promise<Result>, timeLimit: TimeLimit): Promise<Result> {
    if (timeLimit.isOver) throw tooSlow(this.#options.timeLimit)
    const before = this.#reported
    try {
      const result = await timeLimit.race(call())
      const isNothing = result === undefined || result === false
      if (isNothing && this.#reported !== before) throw this.#reported?.cause
      return result
    } catch (cause) {
      if (cause instanceof EngineUnavailable) throw cause
      throw unusable(cause)
    }
  }
}

/** The value of a record that cannot be read: the key is taken, and no codec accepts the value. */
const UNREADABLE = { value: null }

/**
 * The same Keyv, except that it throws the errors of its store. Keyv 5 has `throwOnErrors` for that. Keyv 6 emits an error
 * and answers "nothing", unless nobody listens. A record that cannot be read is not the store's error; Keyv 5 calls
 * `deserializeData` for it, Keyv 6 `decode`. All this is set on an object of our own, so that the application's Keyv
 * stays as it is.
 */
function throwing(keyv: AnyKeyv): AnyKeyv {
  const emit = (event: string, ...details: unknown[]): unknown => {
    if (event === 'error') throw details[0]
    return keyv.emit(event, ...details)
  }
  const reader = (name: 'decode' | 'deserializeData') => async (data: unknown) => {
    if (data === undefined || data === null) return undefined
    try {
      return (await keyv[name]?.call(ours, data)) ?? UNREADABLE
    } catch {
      return UNREADABLE
    }
  }
  const ours: AnyKeyv = Object.create(keyv, {
    throwOnErrors: { value: true },
    emit: { value: emit },
    decode: { value: reader('decode') },
    deserializeData: { value: reader('deserializeData') },
  })
  // Keyv 5 binds its iterator to itself, where one record that cannot be read ends it.
  if (keyv.iterator && ours.generateIterator) ours.iterator = ours.generateIterator(entriesOf(keyv.store))
  return ours
}

/** What Keyv 5 makes its iterator of. */
function entriesOf(store: unknown): unknown {
  if (store instanceof Map || !isObject(store)) return store
  return typeof store.iterator === 'function' ? store.iterator.bind(store) : store
}

interface Emitter {
  on(event: 'error', listener: (cause: unknown) => void): unknown
}

function isEmitter(store: unknown): store is Emitter {
  return isObject(store) && typeof store.on === 'function'
}

function unusable(cause: unknown): EngineUnavailable {
  return new EngineUnavailable('the Keyv store cannot be used', { cause })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function memberOf(value: unknown, name: string): object {
  const member = isObject(value) ? value[name] : undefined
  return isObject(member) ? member : {}
}

function versionOf(value: unknown): unknown {
  return isObject(value) ? value.version : undefined
}

/** When a value expires; a value without an expiry never does. */
function endOf(value: unknown): number {
  return isObject(value) && typeof value.expires === 'number' ? value.expires : Number.POSITIVE_INFINITY
}

function isAlive(value: unknown, now: number, version?: Version): boolean {
  const has = versionOf(value)
  return has !== undefined && (version === undefined || has === version) && endOf(value) > now
}

/** Whether this is a record of ours: the application may keep values in the same Keyv, which expire as it likes. */
function isOurs(value: unknown): boolean {
  if (!isObject(value) || typeof value.expires !== 'number') return false
  if (value.superseded === true) return true
  const isRecord = typeof value.createdAt === 'number' && isObject(value.data)
  return typeof value.version === 'number' && (isRecord || typeof value.sealed === 'string')
}
