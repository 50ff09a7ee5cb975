import type { SessionRecord } from './record.js'

/** What stands under one key of a store: a session, or the mark that a rotation leaves at the old id. */
export type Entry =
  | { readonly kind: 'session'; readonly record: SessionRecord; readonly version: number }
  | { readonly kind: 'superseded'; readonly expires: number }

/** How an entry becomes a string at rest. */
export interface Codec {
  encode(entry: Entry): string
  /** `undefined` if the text is not one of this codec's: truncated, foreign, damaged. Never throws. */
  decode(text: string): Entry | undefined
}
