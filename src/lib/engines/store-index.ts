import { metadataOf } from '../codecs/codec.js'
import type { JsonObject, SessionRecord } from '../codecs/record.js'
import { mapInChunks } from './concurrency.js'
import {
  type Followed,
  type IndexList,
  type Loaded,
  type ScannedSession,
  type SessionIndex,
  SUPERSEDED,
} from './engine.js'
import type { Entries } from './entries.js'
import { isSessionKey } from './ids.js'
import type { SessionStore, StoredEntry, Version } from './session-store.js'

export interface StoreIndexParts {
  readonly store: SessionStore
  readonly entries: Entries
  readonly keyOf: (id: string) => string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly keyPrefix: string
}

/** A list whose text was damaged is kept at another key; whose text there was damaged too, at a third, and so on. */
const MOST_MOVES = 4

interface ListPlace {
  readonly key: string
  readonly stored: StoredEntry | undefined
  /** Nothing stands there yet, and a text that cannot be read stands at the list's own key. */
  readonly isBehindDamage: boolean
}

function isNoEntry({ text, version }: StoredEntry): boolean {
  return version === undefined && metadataOf(text) === undefined
}

/** A chain of renewals that is longer than this leads nowhere. */
const MOST_STEPS = 100

/** The index of a store. A list is a record under a key that no id leads to. */
export class StoreIndex implements SessionIndex {
  readonly #parts: StoreIndexParts
  /** By name: the key of each list that is kept elsewhere, as `#find` has found it. */
  readonly #elsewhere = new Map<string, string>()

  readonly listen: SessionIndex['listen']
  readonly scan: SessionIndex['scan']

  constructor(parts: StoreIndexParts) {
    this.#parts = parts
    const { store } = parts
    if (store.listen) this.listen = (listener, failed) => store.listen?.(listener, failed) ?? (async () => {})
    if (store.keys) this.scan = () => this.#scan()
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

  async follow(key: string): Promise<Followed> {
    const { entries } = this.#parts
    let at = key
    for (let steps = 0; steps < MOST_STEPS; steps++) {
      const entry = await entries.readLatest(at)
      if (entry.kind === 'missing') return { key: at, loaded: entry }
      if (entry.kind === 'session')
        return { key: at, loaded: { kind: 'found', record: entry.record, version: entry.version } }
      if (entry.next === undefined) break
      at = entry.next.key
    }
    return { key: at, loaded: SUPERSEDED }
  }

  async evict(key: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { store, entries } = this.#parts
    if (await store.remove(key)) return 'deleted'
    if (await store.insert(key, entries.tombstone(key))) return 'missing'
    // Between the two a session arrived, or there is a tombstone already.
    return (await store.remove(key)) ? 'deleted' : 'superseded'
  }

  async read(name: string): Promise<IndexList | undefined> {
    const { entries } = this.#parts
    const { key, stored, isBehindDamage } = await this.#find(name)
    const entry = entries.decode(key, stored)
    if (entry.kind === 'session')
      return { list: entry.record.data, expires: entry.record.expires, version: entry.version }
    const isDamaged = isBehindDamage || (entry.kind === 'missing' && entry.why === 'undecodable')
    return isDamaged ? { list: {}, expires: 0, version: undefined, isDamaged } : undefined
  }

  async write(
    name: string,
    list: JsonObject,
    expires: number,
    version: Version | undefined,
  ): Promise<boolean> {
    const { store, entries, clock } = this.#parts
    const key = this.#elsewhere.get(name) ?? this.#listKey(name)
    const now = clock()
    const record: SessionRecord = { data: list, createdAt: now, expires }
    if (version !== undefined) return store.replace(key, entries.list(key, record, version), version, now)
    return (await store.insert(key, entries.list(key, record))) || this.#replaceDead(key, record)
  }

  async *#scan(): AsyncGenerator<readonly ScannedSession[], void> {
    const { store, keyPrefix } = this.#parts
    for await (const page of store.keys?.() ?? []) {
      const keys = page.filter((key) => isSessionKey(key, keyPrefix))
      yield (await mapInChunks(keys, (key) => this.#look(key))).flat()
    }
  }

  async #look(key: string): Promise<readonly ScannedSession[]> {
    const { entries, clock } = this.#parts
    const stored = await entries.storedLatest(key)
    if (stored?.version === undefined || stored.expires <= clock()) return []
    // A process that lacks the key would log a line for each session.
    const entry = entries.decode(key, stored, { isLogged: false })
    if (entry.kind === 'session') return [{ key, record: entry.record }]
    return entry.kind === 'missing' && entry.why === 'undecodable' ? [{ key, record: undefined }] : []
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

  /**
   * Where the list is kept. A text that is no entry at all is neither alive nor a session, so no step of a store replaces
   * it. The list is kept at another key then, which every process finds in the same way.
   */
  async #find(name: string): Promise<ListPlace> {
    const { entries } = this.#parts
    let key = this.#listKey(name)
    let stored = await entries.storedLatest(key)
    let moves = 0
    for (; stored !== undefined && isNoEntry(stored) && moves < MOST_MOVES; moves++) {
      key = `${this.#listKey(name)}-${moves + 2}`
      stored = await entries.storedLatest(key)
    }
    if (moves > 0) this.#elsewhere.set(name, key)
    else if (this.#elsewhere.size > 0) this.#elsewhere.delete(name)
    return { key, stored, isBehindDamage: moves > 0 && stored === undefined }
  }

  #listKey(name: string): string {
    return `${this.#parts.keyPrefix}:${name}`
  }
}
