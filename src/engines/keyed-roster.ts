import type { JsonObject, SessionRecord } from '../codecs/record.js'
import type { Loaded } from './contract.js'
import type { Entries } from './entries.js'
import type { KeyedStore } from './keyed-store.js'
import type { Roster, RosterList } from './roster.js'

export interface KeyedRosterParts {
  readonly store: KeyedStore
  readonly entries: Entries
  readonly keyOf: (id: string) => string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly keyPrefix: string
}

/** The roster of a store with keys: a place is a key, and a list is a record under a key that no id leads to. */
export class KeyedRoster implements Roster {
  readonly #parts: KeyedRosterParts

  constructor(parts: KeyedRosterParts) {
    this.#parts = parts
  }

  placeOf(id: string): string {
    return this.#parts.keyOf(id)
  }

  async load(place: string): Promise<Loaded> {
    const entry = await this.#parts.entries.readNow(place)
    if (entry.kind === 'missing') return entry
    if (entry.kind === 'superseded') return { kind: 'superseded' }
    return { kind: 'found', record: entry.record, version: entry.version }
  }

  async vacate(place: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { store, entries } = this.#parts
    if (await store.remove(place)) return 'deleted'
    if (await store.insert(place, entries.mark())) return 'missing'
    // Between the two somebody moved in, or there is a mark already.
    return (await store.remove(place)) ? 'deleted' : 'superseded'
  }

  async read(name: string): Promise<RosterList | undefined> {
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
    if (version !== undefined) return store.replace(key, entries.session(record, version + 1), version, now)
    // One that is over and still there is in the way of an insert only.
    return (await store.insert(key, entries.session(record, 1))) || this.#replaceLapsed(key, record)
  }

  /** Of several who find it lapsed one wins: for the condition's "alive" no time counts but that it lapsed. */
  async #replaceLapsed(key: string, record: SessionRecord): Promise<boolean> {
    const { store, entries, clock } = this.#parts
    const lapsed = await entries.readLapsed(key)
    if (lapsed.kind !== 'session' || lapsed.record.expires > clock()) return false
    return store.replace(key, entries.session(record, lapsed.version + 1), lapsed.version, 0)
  }

  #listKey(name: string): string {
    return `${this.#parts.keyPrefix}:${name}`
  }
}
