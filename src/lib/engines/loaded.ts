import type { SessionRecord } from '../codecs/record.js'

/** What stands under an id, or at a place. */
export type Loaded =
  | {
      readonly kind: 'found'
      readonly record: SessionRecord
      readonly version: number
      /** The id was renewed a moment ago and works for a little longer; the cookie with the new one is another answer's. */
      readonly renewed?: true
      /** The id is still good, but not for long: a touch with the same end is to make another (S54). */
      readonly outdated?: true
    }
  | Missing
  | { readonly kind: 'superseded' }

export interface Missing {
  readonly kind: 'missing'
  /** What stands there all the same, if the engine has seen it. `superseded`: a mark whose minute is over. */
  readonly why?: 'expired' | 'undecodable' | 'superseded'
  /** Of what has expired: all but its data. */
  readonly life?: Omit<SessionRecord, 'data'>
}

export const MISSING = { kind: 'missing' } as const satisfies Loaded
export const SUPERSEDED = { kind: 'superseded' } as const satisfies Loaded
