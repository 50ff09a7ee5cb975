import type { Usage } from '../../bench/server.js'
import type { Tally } from '../load/tally.js'

/** What was seen at one moment of a soak, and since the one before. */
export interface Sample extends Tally, Usage {
  /** Seconds since the first request. */
  readonly at: number
  /** Bytes in the heap and beside it after a collection; not each time, since that takes tens of milliseconds. */
  readonly held: number | undefined
  /** Bytes of the store. */
  readonly stored: number
}
