import type { Codec, Entry } from '../codecs/codec.js'
import { jsonCodec } from '../codecs/json-codec.js'
import type { SessionRecord } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import { ConfirmedWrites } from './confirmed-writes.js'
import type {
  Announce,
  Capabilities,
  Engine,
  Loaded,
  Missing,
  Rotation,
  Stored,
  Touched,
  Updated,
} from './engine.js'
import { Entries } from './entries.js'
import { EngineUnavailable } from './errors.js'
import { type IdScheme, isId, plainIds, storeKeyOf } from './ids.js'
import { MISSING, SUPERSEDED } from './loaded.js'
import type { SessionIndex } from './session-index.js'
import type { SessionStore, StoredEntry } from './session-store.js'
import { StoreIndex } from './store-index.js'

/** A fair id collides once in 2^165; a generator that collides this often is broken. */
const ID_ATTEMPTS = 8

const CONFLICT = { kind: 'conflict' } as const

/** How many renewals in a row are followed: each takes longer than its grace. */
const STEPS = 2

interface Found {
  readonly kind: 'there'
  readonly key: string
  readonly entry: Entry
  /** Whether that is at another key than the id's own. */
  readonly hasMoved: boolean
}

type Mark = Extract<Entry, { kind: 'superseded' }>

/** What an engine is handed rather than takes: time, randomness, where to log. */
export interface EngineTools {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly generateId: () => string
  readonly logger: Logger
  /** How records become texts at rest. Default: as JSON that anybody can read. */
  readonly codec?: Codec
}

export interface StoreEngineParts extends EngineTools {
  readonly name: string
  readonly capabilities: Capabilities
  readonly store: SessionStore
  /** Stands before every key, with a colon: Keyv's namespace. */
  readonly keyPrefix: string
  /** Where two keys can be reached in one step only if they are related. Default: anywhere. */
  readonly ids?: IdScheme
  /** How long one write may take, in milliseconds. Default: the store's answers cannot get lost. */
  readonly timeLimit?: number
}

/**
 * What all server-side engines share: ids and their hashes, expiry, versions, marks, and telling conflict from
 * missing. What differs is the store.
 */
export class StoreEngine implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly isId = isId
  readonly #parts: StoreEngineParts
  readonly #ids: IdScheme
  readonly #sure: ConfirmedWrites
  readonly #entries: Entries
  readonly index: SessionIndex
  /** These hold nothing, and are never sealed: whoever seals and whoever does not respect each other's. */
  readonly #leases: SessionIndex

  constructor(parts: StoreEngineParts) {
    this.name = parts.name
    this.capabilities = parts.capabilities
    this.#parts = parts
    this.#ids = parts.ids ?? plainIds
    const codec = parts.codec ?? jsonCodec
    this.#sure = new ConfirmedWrites(parts.store, codec, parts.timeLimit)
    this.#entries = new Entries({ ...parts, codec })
    const keyOf = (id: string): string => this.#key(id)
    this.index = new StoreIndex({ ...parts, entries: this.#entries, keyOf })
    this.#leases = new StoreIndex({ ...parts, entries: new Entries({ ...parts, codec: jsonCodec }), keyOf })
  }

  async load(id: string): Promise<Loaded> {
    if (!isId(id)) return MISSING
    const key = this.#key(id)
    const entry = this.#entries.at(key, await this.#parts.store.read(key))
    if (entry.kind === 'session') return { kind: 'found', record: entry.record, version: entry.version }
    if (entry.kind === 'missing') return entry
    const there = entry.next && (await this.#follow(key, entry))
    if (there?.entry.kind !== 'session') return SUPERSEDED
    return { kind: 'found', record: there.entry.record, version: there.entry.version, renewed: true }
  }

  async create(record: SessionRecord, announce?: Announce): Promise<string> {
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = this.#parts.generateId()
      const key = this.#key(id)
      await announce?.(key)
      if (await this.#sure.insert(key, this.#entries.session(key, record, 1))) return id
    }
    throw noFreeId()
  }

  async update(id: string, record: SessionRecord, version: number): Promise<Updated> {
    const { store, clock } = this.#parts
    const key = this.#key(id)
    const next = version + 1
    const entryAt = (place: string): StoredEntry => this.#entries.session(place, record, next)
    if (await store.replace(key, entryAt(key), version, clock()))
      return { kind: 'updated', id, version: next }
    const there = await this.#find(id)
    if (there.kind === 'missing' || there.entry.kind !== 'session') return MISSING
    const isOurs = there.hasMoved && there.entry.version === version
    if (!isOurs || !(await store.replace(there.key, entryAt(there.key), version, clock()))) return CONFLICT
    return { kind: 'updated', id, version: next }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const { store, clock } = this.#parts
    const key = this.#key(id)
    if (await store.extend(key, expires, clock())) return { kind: 'touched', id }
    const there = await this.#find(id)
    if (there.kind === 'missing' || !there.hasMoved) return MISSING
    return (await store.extend(there.key, expires, clock())) ? { kind: 'touched', id } : MISSING
  }

  async rotate(
    id: string,
    record: SessionRecord,
    version: number,
    { grace, announce }: Rotation = {},
  ): Promise<Updated> {
    const { clock, generateId } = this.#parts
    const next = version + 1
    let from = this.#key(id)
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const newId = this.#ids.next(id, generateId())
      const to = this.#key(newId)
      await announce?.(to)
      const now = clock()
      const entry = this.#entries.session(to, record, next)
      const mark = this.#entries.mark(from, grace === undefined ? undefined : { key: to, until: now + grace })
      if (await this.#sure.move({ from, to, entry, mark }, version, now))
        return { kind: 'updated', id: newId, version: next }

      const there = await this.#find(id)
      if (there.kind === 'missing' || there.entry.kind !== 'session') return MISSING
      if (there.entry.version !== version) return CONFLICT
      // Alive and unchanged: either it was renewed, or it was the new id that was taken (S07).
      from = there.key
    }
    throw noFreeId()
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const { store } = this.#parts
    const there = await this.#find(id)
    if (there.kind === 'missing') {
      // What has expired goes too; but then the browser may have a newer session already.
      await store.remove(this.#key(id))
      return 'missing'
    }
    if (there.entry.kind === 'session' && (await store.remove(there.key))) return 'deleted'
    const since = await this.#find(id)
    return since.kind === 'there' && since.entry.kind === 'superseded' ? 'superseded' : 'missing'
  }

  clearExpired(limit: number): Promise<number> {
    return this.#parts.store.removeExpired(limit, this.#parts.clock())
  }

  async lease(name: string, milliseconds: number): Promise<boolean> {
    const list = `lease-${name}`
    const held = await this.#leases.read(list)
    return held === undefined && this.#leases.write(list, {}, this.#parts.clock() + milliseconds, undefined)
  }

  async inspect(id: string): Promise<Stored | undefined> {
    if (!isId(id)) return undefined
    const key = this.#key(id)
    const text = await this.#parts.store.read(key)
    return text === undefined ? undefined : { key, text }
  }

  close(): Promise<void> {
    return this.#parts.store.close()
  }

  /** What stands under `id`, or where its renewed session has moved to (S24). */
  async #find(id: string): Promise<Found | Missing> {
    if (!isId(id)) return MISSING
    const key = this.#key(id)
    const entry = this.#entries.at(key, await this.#parts.store.read(key))
    if (entry.kind === 'missing') return entry
    if (entry.kind === 'superseded' && entry.next) return this.#follow(key, entry)
    return { kind: 'there', key, entry, hasMoved: false }
  }

  async #follow(key: string, mark: Mark): Promise<Found> {
    let at = mark
    for (let step = 0; step < STEPS; step++) {
      const { next } = at
      if (next === undefined || next.until <= this.#parts.clock()) break
      const entry = this.#entries.at(next.key, await this.#parts.store.read(next.key))
      if (entry.kind === 'missing') break
      if (entry.kind === 'session') return { kind: 'there', key: next.key, entry, hasMoved: true }
      at = entry
    }
    return { kind: 'there', key, entry: mark, hasMoved: false }
  }

  #key(id: string): string {
    return storeKeyOf(this.#parts.keyPrefix, id, this.#ids)
  }
}

function noFreeId(): EngineUnavailable {
  return new EngineUnavailable(
    `every one of ${ID_ATTEMPTS} new session ids was taken: the id generator is broken`,
  )
}
