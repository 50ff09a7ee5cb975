import type { SessionRecord } from '../codecs/record.js'

/** What stands under an id, or at a place. */
export type Loaded =
  | {
      readonly kind: 'found'
      readonly record: SessionRecord
      readonly version: number
      /** The id was renewed a moment ago and works for a little longer; the cookie with the new one is another answer's. */
      readonly renewed?: true
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'superseded' }
