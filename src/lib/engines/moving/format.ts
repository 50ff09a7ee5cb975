import type { Codec, Entry } from '../../codecs/codec.js'
import { jsonCodec } from '../../codecs/json-codec.js'
import type { JsonObject, JsonValue } from '../../codecs/record.js'
import { isLeaseKey, isSessionKey } from '../ids.js'
import type { StoredEntry } from '../session-store.js'

/** How one store writes what it keeps. */
export interface Format {
  /** Stands before every key, with a colon. */
  readonly keyPrefix: string
  readonly codec: Codec
}

/** Turns keys and entries of one store into those of another. */
export class Translation {
  readonly #from: Format
  readonly #to: Format
  readonly #isSame: boolean

  constructor(from: Format, to: Format) {
    this.#from = from
    this.#to = to
    this.#isSame = from.keyPrefix === to.keyPrefix && from.codec === to.codec
  }

  key(key: string): string {
    const prefix = `${this.#from.keyPrefix}:`
    return key.startsWith(prefix) ? `${this.#to.keyPrefix}:${key.slice(prefix.length)}` : key
  }

  /**
   * The entry at `key` as the other store is to have it at its own key: with the same version and the same end. `undefined`
   * where the text cannot be read, so that nobody's text is sealed as if it were ours.
   */
  entry(key: string, stored: StoredEntry): StoredEntry | undefined {
    if (this.#isSame) return stored
    const { expires, version, isProtected } = stored
    const entry = this.#decode(key, stored.text)
    if (entry === undefined || (entry.kind === 'session') !== (version !== undefined)) return undefined
    const codec = isLeaseKey(key, this.#from.keyPrefix) ? jsonCodec : this.#to.codec
    const text = codec.encode(this.#translated(key, entry, expires), this.key(key))
    return { text, expires, version, ...(isProtected && { isProtected }) }
  }

  /** When the session at `key` began, or the list was written: milliseconds since 1970; `undefined` if it cannot be read. */
  madeAt(key: string, text: string): number | undefined {
    const entry = this.#decode(key, text)
    return entry?.kind === 'session' ? entry.record.createdAt : undefined
  }

  /** Whether a store that forgets must not forget the entry at `key` (`StoredEntry.isProtected`). */
  isProtected(key: string, text: string): boolean {
    if (this.isNamed(key)) return true
    const entry = this.#decode(key, text)
    return entry?.kind === 'session' && entry.record.user !== undefined
  }

  /** Whether anybody can compute the key: it is a user's list, a list of revocations or a lease, and no session's. */
  isNamed(key: string): boolean {
    return !isSessionKey(key, this.#from.keyPrefix)
  }

  #decode(key: string, text: string): Entry | undefined {
    const { codec, keyPrefix } = this.#from
    return (isLeaseKey(key, keyPrefix) ? jsonCodec : codec).decode(text, key)
  }

  #nameIn(key: string): string {
    return key.slice(this.#from.keyPrefix.length + 1)
  }

  #translated(key: string, entry: Entry, expires: number): Entry {
    if (entry.kind === 'superseded') {
      const { next } = entry
      return { kind: 'superseded', expires, ...(next && { next: { ...next, key: this.key(next.key) } }) }
    }
    const { record, version } = entry
    const isList = this.#nameIn(key).startsWith('user-')
    const data = isList ? (this.#withKeys(record.data) as JsonObject) : record.data
    return { kind: 'session', record: { ...record, data, expires }, version }
  }

  /** A user's list names the keys of the user's sessions. */
  #withKeys(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.key(value)
    if (Array.isArray(value)) return value.map((item) => this.#withKeys(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, this.#withKeys(item)]))
  }
}
