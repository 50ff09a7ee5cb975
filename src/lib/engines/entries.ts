import type { Codec, Entry, Next, Tombstone } from '../codecs/codec.js'
import { metadataOf } from '../codecs/codec.js'
import { copyOf } from '../codecs/json-copy.js'
import type { SessionRecord } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import { MISSING, type Missing } from './engine.js'
import { Recent } from './recent.js'
import { readLatest, type SessionStore, type StoredEntry, type Version } from './session-store.js'

/** How long an id that was rotated away, or a cookie that was revoked, reads as `superseded`, in milliseconds. */
export const SUPERSEDED_FOR = 60_000
/** How long the old id of a renewed session can be followed at the least: a day, in milliseconds. */
const RENEWED_FOR = 86_400_000

/** Of how many keys, at the least, what stood there is remembered as it was decoded. */
const REMEMBERED = 1000
/** The longest text that is, in characters. */
const LONGEST_REMEMBERED = 2000

export const LAPSED = { kind: 'missing', why: 'superseded' } as const
const UNREADABLE = 'a stored session cannot be read; it counts as missing'
const NO_VERSION = 'the store answered a session without its version; it counts as missing'
const UNDECODABLE = { kind: 'missing', why: 'undecodable' } as const

/** A session that is alive. */
export interface LiveEntry {
  readonly kind: 'session'
  readonly record: SessionRecord
  readonly version: Version
}

/** A session as it is stored. */
export interface StoredSession extends StoredEntry {
  readonly version: Version
}

interface Remembered {
  readonly text: string
  /** `undefined` where the text was read once, by somebody who may change what it says. */
  readonly entry: Entry | undefined
}

export interface EntriesParts {
  /** The engine's name, for the log. */
  readonly name: string
  readonly store: SessionStore
  readonly codec: Codec
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** Who reads an entry, and what for. */
export interface Reading {
  /** Whether nothing of the entry will be changed or handed out: then it may be the one that is remembered. Default: false. */
  readonly isReadOnly?: boolean
  /** Whether it is a line in the log that an entry cannot be read. Default: true. */
  readonly isLogged?: boolean
}

/** A store's entries as what they mean: sessions and tombstones that have not expired. */
export class Entries {
  readonly #parts: EntriesParts
  readonly #remembered = new Recent<Remembered>(REMEMBERED)

  constructor(parts: EntriesParts) {
    this.#parts = parts
  }

  /** What `stored`, which stands at `key`, means now. */
  decode(
    key: string,
    stored: StoredEntry | undefined,
    { isReadOnly = false, isLogged = true }: Reading = {},
  ): LiveEntry | Tombstone | Missing {
    if (stored === undefined) return MISSING
    const { clock } = this.#parts
    const entry = this.#entryIn(stored.text, key, isReadOnly)
    if (entry === undefined) return isLogged ? this.#undecodable() : UNDECODABLE
    if (entry.kind === 'superseded') return stored.expires > clock() ? entry : LAPSED
    // A touch moves the end beside the text; the end within the text may be older.
    const isMoved = entry.record.expires !== stored.expires
    const record = isMoved ? { ...entry.record, expires: stored.expires } : entry.record
    if (record.expires <= clock()) return expired(record)
    // Such a session could be read and never be written. A plain Keyv client may have put it there.
    if (stored.version === undefined) return this.#undecodable(NO_VERSION)
    return { kind: 'session', record, version: stored.version }
  }

  /** What stands at `key`, never behind what other processes wrote. */
  async readLatest(key: string): Promise<LiveEntry | Tombstone | Missing> {
    return this.decode(key, await this.storedLatest(key))
  }

  /** The same, whatever it means. */
  storedLatest(key: string): Promise<StoredEntry | undefined> {
    return readLatest(this.#parts.store, key)
  }

  /** `record` as it is to stand at `key`, and nowhere else; `before`: the version that it takes the place of. */
  session(key: string, record: SessionRecord, before: Version = 0): StoredSession {
    const count = (typeof before === 'number' ? before : countIn(before)) + 1
    const text = this.#parts.codec.encode({ kind: 'session', record, version: count }, key)
    const version = this.#parts.store.versions === 'text' ? text : count
    const { expires, user } = record
    return user === undefined ? { text, expires, version } : { text, expires, version, isProtected: true }
  }

  /** A list of an index as it is to stand at `key`. */
  list(key: string, record: SessionRecord, before?: Version): StoredSession {
    return { ...this.session(key, record, before), isProtected: true }
  }

  /**
   * What is left at `key`, where a session was, or will not be: for a minute, or for as long as somebody may come with the
   * old id of a session that was renewed. `next`: where that went, `expires`: when it ends.
   */
  tombstone(key: string, next?: Next, expires = 0): StoredEntry {
    const lifetime = next === undefined ? SUPERSEDED_FOR : RENEWED_FOR
    const end = Math.max(this.#parts.clock() + lifetime, expires)
    const text = this.#parts.codec.encode({ kind: 'superseded', expires: end, ...(next && { next }) }, key)
    return { text, expires: end, version: undefined }
  }

  /**
   * What the text at `key` says. Decoding costs more than the rest of a read, so what a text says is remembered. Whoever does
   * not promise to leave it as it is is given a copy, which is worth its price from the second reading on.
   */
  #entryIn(text: string, key: string, isReadOnly: boolean): Entry | undefined {
    const before = this.#remembered.get(key)
    const isKnown = before?.text === text
    if (isKnown && before.entry !== undefined) return isReadOnly ? before.entry : copyOf(before.entry)
    const entry = this.#parts.codec.decode(text, key)
    if (entry?.kind !== 'session' || entry.outdated || text.length > LONGEST_REMEMBERED) return entry
    if (isReadOnly) this.#remembered.set(key, { text, entry })
    else this.#remembered.set(key, { text, entry: isKnown ? copyOf(entry) : undefined })
    return entry
  }

  #undecodable(message = UNREADABLE): Missing {
    const { logger, name } = this.#parts
    // The event `undecodable` says which session it is, by a keyed hash (S12).
    logger.warn({ engine: name }, message)
    return UNDECODABLE
  }
}

/** What `load` answers where a record stands that has expired. */
export function expired({ data: _, ...life }: SessionRecord): Missing {
  return { kind: 'missing', why: 'expired', life }
}

/** Where the text is the version, its count stands in it. */
function countIn(text: string): number {
  const metadata = metadataOf(text)
  return metadata?.kind === 'session' ? metadata.version : 0
}
