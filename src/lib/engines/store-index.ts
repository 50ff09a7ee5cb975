import type { JsonObject, SessionRecord } from '../codecs/record.js'
import { type IndexList, type Loaded, type SessionIndex, SUPERSEDED } from './engine.js'
import type { Entries } from './entries.js'
import type { SessionStore, Version } from './session-store.js'

export interface StoreIndexParts {
  readonly store: SessionStore
  readonly entries: Entries
  readonly keyOf: (id: string) => string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly keyPrefix: string
}

/** The index of a store. A list is a record under a key that no id leads to. */
export class StoreIndex implements SessionIndex {
  readonly #parts: StoreIndexParts

  constructor(parts: StoreIndexParts) {
    this.#parts = parts
  }

  keyOf(id: string): string {
    return this.#parts.keyOf(id)
  }

  async load(key: string): Promise<Loaded> {
    const entry = await this.#parts.entries.readLatest(key)
    if (entry.kind === 'missing') return entry
    if (entry.kind === 'superseded') return SUPERSEDED
    return { kind: 'found', record: entry.record, version: entry.version }
  }

  async evict(key: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { store, entries } = this.#parts
    if (await store.remove(key)) return 'deleted'
    if (await store.insert(key, entries.tombstone(key))) return 'missing'
    // Between the two a session arrived, or there is a tombstone already.
    return (await store.remove(key)) ? 'deleted' : 'superseded'
  }

  async read(name: string): Promise<IndexList | undefined> {
    const entry = await this.#parts.entries.readLatest(this.#listKey(name))
    if (entry.kind !== 'session') return undefined
    return { list: entry.record.data, expires: entry.record.expires, version: entry.version }
  }

  async write(
    name: string,
    list: JsonObject,
    expires: number,
    version: Version | undefined,
  ): Promise<boolean> {
    const { store, entries, clock } = this.#parts
    const key = this.#listKey(name)
    const now = clock()
    const record: SessionRecord = { data: list, createdAt: now, expires }
    if (version !== undefined) return store.replace(key, entries.list(key, record, version), version, now)
    return (await store.insert(key, entries.list(key, record))) || this.#replaceDead(key, record)
  }

  /**
   * Replaces a list that has expired, or that was written with another codec, since an insert finds its key taken. Two
   * processes can find it at the same moment; the version lets one of them win. `now` is 0, so that the expired list
   * meets the store's condition "alive".
   */
  async #replaceDead(key: string, record: SessionRecord): Promise<boolean> {
    const { store, entries } = this.#parts
    const stored = await entries.storedLatest(key)
    if (stored?.version === undefined || entries.decode(key, stored).kind === 'session') return false
    return store.replace(key, entries.list(key, record, stored.version), stored.version, 0)
  }

  #listKey(name: string): string {
    return `${this.#parts.keyPrefix}:${name}`
  }
}
