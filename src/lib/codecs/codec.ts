import type { SessionRecord } from './record.js'

/** What stands under one key of a store: a session, or the mark that a rotation leaves at the old id. */
export type Entry =
  | { readonly kind: 'session'; readonly record: SessionRecord; readonly version: number }
  | { readonly kind: 'superseded'; readonly expires: number; readonly next?: Next }

/** Where a session that was only renewed has moved to, for the requests that were under way. */
export interface Next {
  /** The store's key, which leads nobody in. */
  readonly key: string
  /** Until when: milliseconds since 1970. */
  readonly until: number
}

/**
 * How an entry becomes a string at rest. Whatever the codec, `codecs/ends.ts` says how its texts begin and end: stores
 * put conditions on that, and give a text another end, without decoding it.
 */
export interface Codec {
  /** `key`: where the text will stand, Keyv's namespace and all. */
  encode(entry: Entry, key: string): string
  /**
   * `undefined` if the text is not one of this codec's for this key: truncated, foreign, damaged, moved. Never throws.
   */
  decode(text: string, key: string): Entry | undefined
}
