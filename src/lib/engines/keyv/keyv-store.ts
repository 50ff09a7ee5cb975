import type { Keyv } from 'keyv'
import { storedEntryOf } from '../../codecs/codec.js'
import { fromKeyvText, toKeyvText } from '../../codecs/json-codec.js'
import { KeyedMutex, within } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'

export interface KeyvStoreOptions {
  readonly keyv: Keyv
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/**
 * Sessions in any Keyv store, by Keyv's own `get`, `set` and `delete`. Keyv has no conditional write, so each step
 * reads, checks and writes; steps on one key go one after the other within this process, and nothing holds off another
 * process.
 */
export class KeyvStore implements SessionStore {
  readonly #options: KeyvStoreOptions
  readonly #turns = new KeyedMutex()

  constructor(options: KeyvStoreOptions) {
    this.#options = options
  }

  async read(key: string): Promise<StoredEntry | undefined> {
    const value = await this.#get(key)
    return value === undefined ? undefined : storedEntryOf(toKeyvText({ value, expires: endOf(value) }))
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#turns.runExclusive(key, async () => {
      if ((await this.#get(key)) !== undefined) return false
      await this.#set(key, entry)
      return true
    })
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#turns.runExclusive(key, async () => {
      if (!isAlive(await this.#get(key), now, version)) return false
      await this.#set(key, entry)
      return true
    })
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#turns.runExclusive(key, async () => {
      const value = await this.#get(key)
      if (!isObject(value) || !isAlive(value, now)) return false
      await this.#put(key, { ...value, expires }, expires)
      return true
    })
  }

  /** The new entry first: should the process end in between, the session is there under both ids rather than lost. */
  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    const step = async (): Promise<boolean> => {
      if (!isAlive(await this.#get(from), now, version) || (await this.#get(to)) !== undefined) return false
      await this.#set(to, entry)
      await this.#set(from, tombstone)
      return true
    }
    // Nobody waits for the old key while holding the new one, which nobody else knows yet.
    return this.#turns.runExclusive(from, () => this.#turns.runExclusive(to, step))
  }

  remove(key: string): Promise<boolean> {
    return this.#turns.runExclusive(key, async () => {
      if (versionOf(await this.#get(key)) === undefined) return false
      await this.#ask(this.#options.keyv.delete(key))
      return true
    })
  }

  /** Looks at every record, since Keyv keeps no order by time; nothing where the store cannot list its keys. */
  async removeExpired(limit: number, now: number): Promise<number> {
    const { keyv } = this.#options
    const ended: string[] = []
    try {
      for await (const [name, value] of keyv.iterator?.(keyv.namespace) ?? []) {
        if (ended.length === limit) break
        if (endOf(value) <= now) ended.push(`${keyv.namespace}:${name}`)
      }
    } catch (cause) {
      throw unusable(cause)
    }
    const removed = await Promise.all(ended.map((key) => this.#removeIfOver(key, now)))
    return removed.filter(Boolean).length
  }

  async close(): Promise<void> {
    await this.#options.keyv.disconnect()
  }

  #removeIfOver(key: string, now: number): Promise<boolean> {
    return this.#turns.runExclusive(key, async () => {
      if (endOf(await this.#get(key)) > now) return false
      return this.#ask(this.#options.keyv.delete(key))
    })
  }

  #get(key: string): Promise<unknown> {
    return this.#ask(this.#options.keyv.get(key))
  }

  /** The end stands in the value too, because Keyv reckons with a clock of its own. */
  #set(key: string, { text, expires }: StoredEntry): Promise<void> {
    return this.#put(key, { ...memberOf(fromKeyvText(text), 'value'), expires }, expires)
  }

  async #put(key: string, value: object, expires: number): Promise<void> {
    // At least a millisecond: Keyv takes 0 for "never" (R11).
    const ttl = Math.max(1, expires - this.#options.clock())
    if (!(await this.#ask(this.#options.keyv.set(key, value, ttl)))) {
      throw new EngineUnavailable('the Keyv store did not take a record')
    }
  }

  async #ask<Result>(answer: Promise<Result>): Promise<Result> {
    try {
      return await within(this.#options.timeLimit, answer)
    } catch (cause) {
      if (cause instanceof EngineUnavailable) throw cause
      throw unusable(cause)
    }
  }
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

/** What is no entry of ours never ends. */
function endOf(value: unknown): number {
  return isObject(value) && typeof value.expires === 'number' ? value.expires : Number.POSITIVE_INFINITY
}

function isAlive(value: unknown, now: number, version?: Version): boolean {
  const has = versionOf(value)
  return has !== undefined && (version === undefined || has === version) && endOf(value) > now
}
