import { metadataOf } from '../codecs/codec.js'
import type { JsonObject, SessionRecord } from '../codecs/record.js'
import type { Entries } from './entries.js'
import { type Loaded, SUPERSEDED } from './loaded.js'
import type { IndexList, SessionIndex } from './session-index.js'
import type { SessionStore } from './session-store.js'

export interface StoreIndexParts {
  readonly store: SessionStore
  readonly entries: Entries
  readonly keyOf: (id: string) => string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly keyPrefix: string
}

/** The index of a store with keys: a place is a key, and a list is a record under a key that no id leads to. */
export class StoreIndex implements SessionIndex {
  readonly #parts: StoreIndexParts

  constructor(parts: StoreIndexParts) {
    this.#parts = parts
  }

  keyOf(id: string): string {
    return this.#parts.keyOf(id)
  }

  async load(place: string): Promise<Loaded> {
    const entry = await this.#parts.entries.readNow(place)
    if (entry.kind === 'missing') return entry
    if (entry.kind === 'superseded') return SUPERSEDED
    return { kind: 'found', record: entry.record, version: entry.version }
  }

  async evict(place: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { store, entries } = this.#parts
    if (await store.remove(place)) return 'deleted'
    if (await store.insert(place, entries.mark(place))) return 'missing'
    // Between the two somebody moved in, or there is a mark already.
    return (await store.remove(place)) ? 'deleted' : 'superseded'
  }

  async read(name: string): Promise<IndexList | undefined> {
    const entry = await this.#parts.entries.readNow(this.#listKey(name))
    if (entry.kind !== 'session') return undefined
    return { list: entry.record.data, expires: entry.record.expires, version: entry.version }
  }

  async write(
    name: string,
    list: JsonObject,
    expires: number,
    version: number | undefined,
  ): Promise<boolean> {
    const { store, entries, clock } = this.#parts
    const key = this.#listKey(name)
    const now = clock()
    const record: SessionRecord = { data: list, createdAt: now, expires }
    if (version !== undefined)
      return store.replace(key, entries.session(key, record, version + 1), version, now)
    return (await store.insert(key, entries.session(key, record, 1))) || this.#replaceLost(key, record)
  }

  /**
   * What is over, or was written under another codec, stands in the way of an insert. Of several who find it one wins: for
   * the condition's "alive" no time counts but that it is lost.
   */
  async #replaceLost(key: string, record: SessionRecord): Promise<boolean> {
    const { store, entries } = this.#parts
    const text = await entries.textNow(key)
    const ends = text === undefined ? undefined : metadataOf(text)
    if (ends?.kind !== 'session' || (await entries.readNow(key)).kind === 'session') return false
    return store.replace(key, entries.session(key, record, ends.version + 1), ends.version, 0)
  }

  #listKey(name: string): string {
    return `${this.#parts.keyPrefix}:${name}`
  }
}
