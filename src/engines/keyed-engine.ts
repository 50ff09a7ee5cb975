import type { Codec, Entry } from '../codecs/codec.js'
import type { SessionRecord } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import type { Capabilities, Engine, Loaded, Stored, Touched, Updated } from './contract.js'
import { EngineUnavailable } from './errors.js'
import { type IdScheme, isId, plainIds, storeKeyOf } from './ids.js'
import type { KeyedStore, StoredText } from './keyed-store.js'
import { SureWrites } from './sure-writes.js'

/** How long an id that was rotated away reads as `superseded`, in milliseconds. */
const SUPERSEDED_FOR = 60_000

/** A fair id collides once in 2^165; a generator that collides this often is broken. */
const ID_ATTEMPTS = 8

const MISSING = { kind: 'missing' } as const
const SUPERSEDED = { kind: 'superseded' } as const
const CONFLICT = { kind: 'conflict' } as const

/** What an engine is handed rather than takes: time, randomness, where to log. */
export interface EngineTools {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly generateId: () => string
  readonly logger: Logger
}

export interface KeyedEngineParts extends EngineTools {
  readonly name: string
  readonly capabilities: Capabilities
  readonly store: KeyedStore
  readonly codec: Codec
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
export class KeyedEngine implements Engine {
  readonly name: string
  readonly capabilities: Capabilities
  readonly isId = isId
  readonly #parts: KeyedEngineParts
  readonly #ids: IdScheme
  readonly #sure: SureWrites

  constructor(parts: KeyedEngineParts) {
    this.name = parts.name
    this.capabilities = parts.capabilities
    this.#parts = parts
    this.#ids = parts.ids ?? plainIds
    this.#sure = new SureWrites(parts.store, parts.codec, parts.timeLimit)
  }

  async load(id: string): Promise<Loaded> {
    const entry = await this.#read(id)
    if (entry === undefined) return MISSING
    if (entry.kind === 'superseded') return SUPERSEDED
    return { kind: 'found', record: entry.record, version: entry.version }
  }

  async create(record: SessionRecord): Promise<string> {
    const entry = this.#stored(record, 1)
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const id = this.#parts.generateId()
      if (await this.#sure.insert(this.#key(id), entry)) return id
    }
    throw noFreeId()
  }

  async update(id: string, record: SessionRecord, version: number): Promise<Updated> {
    const { store, clock } = this.#parts
    const next = version + 1
    if (await store.replace(this.#key(id), this.#stored(record, next), version, clock())) {
      return { kind: 'updated', id, version: next }
    }
    return (await this.#isAlive(id)) ? CONFLICT : MISSING
  }

  async touch(id: string, expires: number): Promise<Touched> {
    const { store, clock } = this.#parts
    return (await store.extend(this.#key(id), expires, clock())) ? { kind: 'touched', id } : MISSING
  }

  async rotate(id: string, record: SessionRecord, version: number): Promise<Updated> {
    const { clock, generateId } = this.#parts
    const next = version + 1
    const entry = this.#stored(record, next)
    for (let attempt = 0; attempt < ID_ATTEMPTS; attempt++) {
      const newId = this.#ids.next(id, generateId())
      const now = clock()
      const move = {
        from: this.#key(id),
        to: this.#key(newId),
        entry,
        mark: this.#mark(now + SUPERSEDED_FOR),
      }
      if (await this.#sure.move(move, version, now)) return { kind: 'updated', id: newId, version: next }

      const there = await this.#read(id)
      if (there?.kind !== 'session') return MISSING
      if (there.version !== version) return CONFLICT
      // Alive and unchanged: it was the new id that was taken (S07).
    }
    throw noFreeId()
  }

  async delete(id: string): Promise<'deleted' | 'missing' | 'superseded'> {
    if (await this.#parts.store.remove(this.#key(id))) return 'deleted'
    return (await this.#read(id))?.kind === 'superseded' ? 'superseded' : 'missing'
  }

  clearExpired(limit: number): Promise<number> {
    return this.#parts.store.removeExpired(limit, this.#parts.clock())
  }

  /** A lease is a record like any other, under a key that no id can lead to. */
  async lease(name: string, milliseconds: number): Promise<boolean> {
    const { store, codec, clock, keyPrefix } = this.#parts
    const key = `${keyPrefix}:lease-${name}`
    const now = clock()
    const record = { data: {}, createdAt: now, expires: now + milliseconds }
    const text = await store.read(key)
    const held = text === undefined ? undefined : codec.decode(text)
    if (held?.kind !== 'session') return store.insert(key, this.#stored(record, 1))
    if (held.record.expires > now) return false
    // Of several who find it lapsed one wins. For the condition's "alive" no time counts but that it lapsed.
    return store.replace(key, this.#stored(record, held.version + 1), held.version, 0)
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

  /** What stands under `id` and has not expired. */
  async #read(id: string): Promise<Entry | undefined> {
    const { store, codec, clock, logger } = this.#parts
    if (!isId(id)) return undefined
    const key = this.#key(id)
    const text = await store.read(key)
    if (text === undefined) return undefined
    const entry = codec.decode(text)
    if (entry === undefined) {
      logger.warn(
        { engine: this.name, key: key.slice(0, -52) },
        'a stored session cannot be read; it counts as missing',
      )
      return undefined
    }
    const expires = entry.kind === 'session' ? entry.record.expires : entry.expires
    return expires > clock() ? entry : undefined
  }

  async #isAlive(id: string): Promise<boolean> {
    return (await this.#read(id))?.kind === 'session'
  }

  #key(id: string): string {
    return storeKeyOf(this.#parts.keyPrefix, id, this.#ids)
  }

  #stored(record: SessionRecord, version: number): StoredText {
    const text = this.#parts.codec.encode({ kind: 'session', record, version })
    return { text, expires: record.expires, version }
  }

  #mark(expires: number): StoredText {
    return { text: this.#parts.codec.encode({ kind: 'superseded', expires }), expires, version: undefined }
  }
}

function noFreeId(): EngineUnavailable {
  return new EngineUnavailable(
    `every one of ${ID_ATTEMPTS} new session ids was taken: the id generator is broken`,
  )
}
