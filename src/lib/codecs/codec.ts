import type { SessionRecord } from './record.js'

/** What is stored under one key: a session, or the tombstone that a rotation leaves under the old id. */
export type Entry = SessionEntry | Tombstone

/** A session as it is stored. */
export interface SessionEntry {
  readonly kind: 'session'
  readonly record: SessionRecord
  readonly version: number
  /**
   * The codec would write it in another way now: it is not sealed, or with a key that is to be retired. Only of what was
   * decoded. Nobody keeps it decoded, since it may be refused the next time.
   */
  readonly outdated?: true
}

/** What stands under the old id of a session that has moved or ended. */
export interface Tombstone {
  readonly kind: 'superseded'
  /** Until when the tombstone counts: milliseconds since 1970. */
  readonly expires: number
  readonly next?: Next
}

/** Where a session that was renewed has moved to. */
export interface Next {
  /** The store's key, which is no use as an id. */
  readonly key: string
  /** When it moved: milliseconds since 1970. Whether the old id still leads there, the session's `renewal` says. */
  readonly at: number
}

/**
 * How an entry becomes a text at rest. Every codec writes a text that `metadataOf` and `withExpiry` understand, so that a
 * store can compare versions and move the end without decoding.
 */
export interface Codec {
  /** `key`: where the text will be stored, with the prefix of all keys. */
  encode(entry: Entry, key: string): string
  /**
   * `undefined` if this codec did not write the text for this key: it is truncated, foreign, damaged, or was moved from
   * another key. Never throws.
   */
  decode(text: string, key: string): Entry | undefined
}

/**
 * What a store has to know of an entry's text. It stands at the two ends:
 *
 *     {"value":{"version":1,…},"expires":1700000060000}
 *     {"value":{"superseded":true},"expires":1700000060000}
 *
 * Nothing between can look like either end: JSON puts a backslash before a quote inside a string.
 */
export type EntryMetadata =
  | { readonly kind: 'session'; readonly version: number; readonly expires: number }
  | { readonly kind: 'superseded'; readonly expires: number }

const SESSION = /^\{"value":\{"version":(\d{1,15}),/
const TOMBSTONE = /^\{"value":\{"superseded":true[,}]/
/** Milliseconds, in every form in which JSON writes a number. */
const END = /(?<="expires":)(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)\}$/
/** Characters that hold the longest end. The regular expression looks at no more of the text. */
const TAIL = 64

/** `undefined` for a text without these two ends. Says nothing about what is between them. */
export function metadataOf(text: string): EntryMetadata | undefined {
  const end = END.exec(text.slice(-TAIL))?.[1]
  if (end === undefined) return undefined
  const expires = Number(end)
  const version = SESSION.exec(text)?.[1]
  if (version !== undefined) return { kind: 'session', version: Number(version), expires }
  return TOMBSTONE.test(text) ? { kind: 'superseded', expires } : undefined
}

/** The same text with another end: milliseconds since 1970. Only for a text that `metadataOf` understands. */
export function withExpiry(text: string, expires: number): string {
  return text.slice(0, -TAIL) + text.slice(-TAIL).replace(END, `${expires}}`)
}

/** A text with its two facts beside it, as a `SessionStore` answers it. A text that is no entry has neither. */
export function storedEntryOf(text: string): {
  readonly text: string
  readonly expires: number
  readonly version: number | undefined
} {
  const metadata = metadataOf(text)
  if (metadata === undefined) return { text, expires: 0, version: undefined }
  return {
    text,
    expires: metadata.expires,
    version: metadata.kind === 'session' ? metadata.version : undefined,
  }
}
