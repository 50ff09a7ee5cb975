import type { Next, Tombstone } from '../codecs/codec.js'
import { jsonCodec } from '../codecs/json-codec.js'
import type { SessionRecord } from '../codecs/record.js'
import { CLOCK_SKEW } from './concurrency.js'
import { ConfirmedWrites } from './confirmed-writes.js'
import {
  type Capabilities,
  CONFLICT,
  type Created,
  type Engine,
  type EngineFactory,
  type EngineTools,
  type Loaded,
  MISSING,
  type Missing,
  type Rotated,
  type Rotation,
  type SessionIndex,
  type Stored,
  SUPERSEDED,
  type Touched,
  type Updated,
} from './engine.js'
import { Entries, LAPSED, type LiveEntry, SUPERSEDED_FOR } from './entries.js'
import { assertStoreOptions } from './given-engine.js'
import { type IdScheme, isId, plainIds } from './ids.js'
import { ownText } from './own-text.js'
import { Recent } from './recent.js'
import type { SessionStore, StoredEntry, Version } from './session-store.js'
import { StoreIndex } from './store-index.js'

const TAKEN = { kind: 'taken' } as const

/** How many renewals in a row are followed, if the answers to all of them got lost. */
const MOST_STEPS = 10

/** Of how many ids the key is remembered: of a request that is under way, between its read and its write. */
const REMEMBERED_KEYS = 64

/** What `storeEngine` takes. */
export interface StoreEngineOptions {
  /** The engine's name in messages and events. */
  readonly name: string
  readonly store: SessionStore
  /** What the store can do. Default: no other process sees its sessions, and reads are never behind. */
  readonly capabilities?: Partial<Omit<Capabilities, 'revocable'>>
  /** Stands before every key, with a colon: Keyv's namespace. Default: `keyv`. */
  readonly keyPrefix?: string
  /**
   * How long one write may take, in milliseconds. With it, a write whose answer got lost is asked about once in what is
   * left of that time. Default: the store's answers cannot get lost.
   */
  readonly timeLimit?: number
}

/**
 * An engine on a store of your own:
 *
 *     await openSessions({ engine: storeEngine({ name: 'my-store', store: new MyStore() }) })
 *
 * It adds ids and their hashes, versions, expiry, rotation with tombstones and grace, sealing, leases, and users' lists
 * with revocation. The store is closed with the engine.
 *
 * @throws EngineMisconfigured at once, if the name or a method of the store is missing; the message says which.
 */
export function storeEngine(options: StoreEngineOptions): EngineFactory {
  assertStoreOptions(options)
  return (tools) => new StoreEngine({ ...options, ...tools })
}

export interface StoreEngineParts extends StoreEngineOptions, EngineTools {
  /** Where two keys can be reached in one step only if they are related. Default: anywhere. */
  readonly ids?: IdScheme
}

type Found = {
  readonly kind: 'there'
  readonly key: string
  readonly entry: LiveEntry | Tombstone
  /** How many renewals away from the id's own key that is. */
  readonly steps: number
}

/** What all server-side engines share; what differs is the store. */
export class StoreEngine implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly isId = isId
  readonly index: SessionIndex
  readonly #parts: StoreEngineParts
  readonly #store: SessionStore
  readonly #clock: () => number
  readonly #keyPrefix: string
  readonly #ids: IdScheme
  readonly #keys = new Recent<string>(REMEMBERED_KEYS)
  readonly #entries: Entries
  readonly #confirmed: ConfirmedWrites
  /** Leases are always plain JSON, so processes with different CODECs honour each other's. */
  readonly #leases: SessionIndex
  #closing: Promise<void> | undefined

  constructor(parts: StoreEngineParts) {
    const { name, store, clock, keyPrefix = 'keyv', codec = jsonCodec } = parts
    this.#parts = parts
    this.name = name
    this.capabilities = { shared: false, ...parts.capabilities, revocable: true }
    this.#store = store
    this.#clock = clock
    this.#keyPrefix = keyPrefix
    this.#ids = parts.ids ?? plainIds
    this.#entries = new Entries({ ...parts, codec })
    this.#confirmed = new ConfirmedWrites(store, codec, parts.timeLimit)
    const keyOf = (id: string): string => this.#keyOf(id)
    this.index = new StoreIndex({ ...parts, keyPrefix, entries: this.#entries, keyOf })
    const plain = new Entries({ ...parts, codec: jsonCodec })
    this.#leases = new StoreIndex({ ...parts, keyPrefix, entries: plain, keyOf })
  }

  /** What the engine was made of, if it is one on a store: for the conformance suite, and for sessions that move. */
  static partsOf(engine: Engine): StoreEngineParts | undefined {
    return #parts in engine ? engine.#parts : undefined
  }

  load(id: string, isReadOnly = false): Promise<Loaded> {
    if (!isId(id)) return Promise.resolve(MISSING)
    const key = this.#keyOf(id)
    const stored = this.#store.readNow?.(key)
    if (stored === undefined) return this.#loadFrom(key, this.#store.read(key), isReadOnly)
    const entry = this.#entries.decode(key, stored, { isReadOnly })
    return entry.kind === 'superseded' ? this.#loadBehind(key, entry) : Promise.resolve(loadedAs(entry))
  }

  async #loadFrom(
    key: string,
    reading: Promise<StoredEntry | undefined>,
    isReadOnly: boolean,
  ): Promise<Loaded> {
    const entry = this.#entries.decode(key, await reading, { isReadOnly })
    return entry.kind === 'superseded' ? this.#loadBehind(key, entry) : loadedAs(entry)
  }

  async #loadBehind(key: string, entry: Tombstone): Promise<Loaded> {
    const there = await this.#follow(key, entry)
    if (there.kind === 'missing') return there
    if (there.entry.kind !== 'session') return SUPERSEDED
    const { record, version } = there.entry
    return { kind: 'found', record, version, renewed: there.steps }
  }

  async create(id: string, record: SessionRecord): Promise<Created> {
    const key = this.#keyOf(id)
    const entry = this.#entries.session(key, record)
    return (await this.#confirmed.insert(key, entry))
      ? { kind: 'created', id, version: entry.version }
      : TAKEN
  }

  async update(id: string, record: SessionRecord, version: Version): Promise<Updated> {
    const key = this.#keyOf(id)
    const entry = this.#entries.session(key, record, version)
    if (await this.#store.replace(key, entry, version, this.#clock()))
      return { kind: 'updated', id, version: entry.version }
    const there = await this.#findLatest(id)
    if (there.kind === 'missing' || there.entry.kind !== 'session') return MISSING
    if (there.steps === 0 || there.entry.version !== version) return CONFLICT
    const moved = this.#entries.session(there.key, record, version)
    if (!(await this.#store.replace(there.key, moved, version, this.#clock()))) return CONFLICT
    return { kind: 'updated', id, version: moved.version }
  }

  async touch(id: string, expires: number): Promise<Touched> {
    if (await this.#store.extend(this.#keyOf(id), expires, this.#clock())) return { kind: 'touched', id }
    const there = await this.#findLatest(id)
    if (there.kind === 'missing' || there.steps === 0) return MISSING
    return (await this.#store.extend(there.key, expires, this.#clock())) ? { kind: 'touched', id } : MISSING
  }

  async rotate({ id, to: newId, record, version, isRenewal }: Rotation): Promise<Rotated> {
    const to = this.#keyOf(newId)
    const entry = this.#entries.session(to, record, version)
    let from = this.#keyOf(id)
    for (;;) {
      const now = this.#clock()
      const next = isRenewal ? { key: to, at: now } : undefined
      const tombstone = this.#entries.tombstone(from, next, isRenewal ? record.expires : now)
      if (await this.#confirmed.move({ from, to, entry, tombstone }, version, now))
        return { kind: 'updated', id: newId, version: entry.version }
      const there = await this.#findLatest(id)
      if (there.kind === 'missing' || there.entry.kind !== 'session') return MISSING
      if (there.entry.version !== version) return CONFLICT
      // The session is alive and unchanged. At the same key the new id was taken (S07); at another it was renewed meanwhile.
      if (there.key === from) return TAKEN
      from = there.key
    }
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    const there = await this.#find(id)
    if (there.kind === 'missing') {
      // An expired record is removed too. The answer stays `missing`: the browser may have a newer session already.
      await this.#store.remove(this.#keyOf(id))
      return 'missing'
    }
    if (there.entry.kind === 'session' && (await this.#store.remove(there.key))) return 'deleted'
    const since = await this.#findLatest(id)
    return since.kind === 'there' && since.entry.kind === 'superseded' ? 'superseded' : 'missing'
  }

  clearExpired(limit: number): Promise<number> {
    return this.#store.removeExpired(limit, this.#clock())
  }

  successorOf(id: string, drawn: string): string {
    return this.#ids.next(id, drawn)
  }

  async lease(name: string, milliseconds: number): Promise<boolean> {
    const list = `lease-${name}`
    const now = this.#clock()
    const held = await this.#leases.read(list)
    // One that ends later than any from now on would is from a clock that was ahead (S25).
    if (held !== undefined && held.expires <= now + milliseconds + CLOCK_SKEW) return false
    return this.#leases.write(list, {}, now + milliseconds, held?.version)
  }

  async inspect(id: string): Promise<Stored | undefined> {
    if (!isId(id)) return undefined
    const key = this.#keyOf(id)
    const stored = await this.#store.read(key)
    return stored && { key, text: stored.text }
  }

  close(): Promise<void> {
    this.#closing ??= this.#store.close()
    return this.#closing
  }

  /** What stands under `id`; for an old id that was renewed, the session that it leads to (S24). */
  async #find(id: string): Promise<Found | Missing> {
    if (!isId(id)) return MISSING
    const key = this.#keyOf(id)
    return this.#found(key, this.#entries.decode(key, await this.#store.read(key)))
  }

  /** The same after a step that was refused: what refused it may be newer than what `read` answers. */
  async #findLatest(id: string): Promise<Found | Missing> {
    if (!isId(id)) return MISSING
    const key = this.#keyOf(id)
    return this.#found(key, await this.#entries.readLatest(key))
  }

  async #found(key: string, entry: LiveEntry | Tombstone | Missing): Promise<Found | Missing> {
    if (entry.kind === 'missing') return entry
    if (entry.kind === 'superseded') return this.#follow(key, entry)
    return { kind: 'there', key, entry, steps: 0 }
  }

  /** The session that was renewed away from `key` and left `tombstone` there, if the old id still leads to it. */
  async #follow(key: string, tombstone: Tombstone): Promise<Found | Missing> {
    const { next } = tombstone
    const dead: Found = { kind: 'there', key, entry: tombstone, steps: 0 }
    if (next === undefined) return dead
    const now = this.#clock()
    let deadSince = next.at
    let at: Next | undefined = next
    for (let steps = 1; at !== undefined && steps <= MOST_STEPS; steps++) {
      const entry: LiveEntry | Tombstone | Missing = this.#entries.decode(
        at.key,
        await this.#store.read(at.key),
      )
      if (entry.kind === 'missing') break
      if (entry.kind === 'session') {
        const { renewal } = entry.record
        const isOfThis = renewal !== undefined && next.at >= renewal.since
        if (isOfThis && (renewal.until === undefined || now < renewal.until))
          return { kind: 'there', key: at.key, entry, steps }
        deadSince = Math.max(deadSince, (isOfThis && renewal.until) || 0)
        break
      }
      at = entry.next
    }
    // For a minute the id is superseded, for requests that were under way. After that it leads nowhere.
    return now - deadSince < SUPERSEDED_FOR ? dead : LAPSED
  }

  #keyOf(id: string): string {
    const known = this.#keys.get(id)
    if (known !== undefined) return known
    const key = `${this.#keyPrefix}:${this.#ids.keyOf(id)}`
    this.#keys.set(ownText(id), key)
    return key
  }
}

function loadedAs(entry: LiveEntry | Missing): Loaded {
  if (entry.kind === 'missing') return entry
  return { kind: 'found', record: entry.record, version: entry.version }
}
