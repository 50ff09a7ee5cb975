import type { Codec, Entry, Next } from '../codecs/codec.js'
import type { SessionRecord } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import { expired } from './expired.js'
import { MISSING, type Missing } from './loaded.js'
import type { SessionStore, StoredEntry } from './session-store.js'

/** How long an id that was rotated away reads as `superseded`, in milliseconds. */
const SUPERSEDED_FOR = 60_000

const LAPSED = { kind: 'missing', why: 'superseded' } as const
const UNDECODABLE = { kind: 'missing', why: 'undecodable' } as const

export interface EntriesParts {
  /** The engine's name, for the log. */
  readonly name: string
  readonly store: SessionStore
  readonly codec: Codec
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** A store's texts as what they mean: sessions and marks that have not expired. */
export class Entries {
  readonly #parts: EntriesParts

  constructor(parts: EntriesParts) {
    this.#parts = parts
  }

  /** What `text`, which stands at `key`, means now. */
  at(key: string, text: string | undefined): Entry | Missing {
    return this.#alive(this.#decoded(key, text))
  }

  /** What stands at `key` and has not expired, never behind what other processes wrote. */
  async readNow(key: string): Promise<Entry | Missing> {
    return this.at(key, await this.textNow(key))
  }

  /** The text at `key`, whatever it means, never behind what other processes wrote. */
  textNow(key: string): Promise<string | undefined> {
    const { store } = this.#parts
    return store.readNow ? store.readNow(key) : store.read(key)
  }

  /** For `key` and no other place. */
  session(key: string, record: SessionRecord, version: number): StoredEntry {
    const text = this.#parts.codec.encode({ kind: 'session', record, version }, key)
    return { text, expires: record.expires, version }
  }

  /** What is left for a minute at `key`, where a session was, or will not be; `next`: where it went. */
  mark(key: string, next?: Next): StoredEntry {
    const expires = this.#parts.clock() + SUPERSEDED_FOR
    const text = this.#parts.codec.encode({ kind: 'superseded', expires, ...(next && { next }) }, key)
    return { text, expires, version: undefined }
  }

  #alive(entry: Entry | Missing): Entry | Missing {
    const { clock } = this.#parts
    if (entry.kind === 'session') return entry.record.expires > clock() ? entry : expired(entry.record)
    if (entry.kind === 'superseded') return entry.expires > clock() ? entry : LAPSED
    return entry
  }

  #decoded(key: string, text: string | undefined): Entry | Missing {
    if (text === undefined) return MISSING
    const { codec, logger, name } = this.#parts
    const entry = codec.decode(text, key)
    if (entry !== undefined) return entry
    // Which one it is the event of that name says, by a keyed hash (S12).
    logger.warn({ engine: name }, 'a stored session cannot be read; it counts as missing')
    return UNDECODABLE
  }
}
