import type { Engine } from '../engines/contract.js'
import type { Fingerprint } from '../fingerprint.js'
import type { Logger } from '../logger.js'
import type { Turns } from '../turns.js'
import type { ExpiryRules } from './expiry.js'
import type { Residents } from './people/residents.js'
import type { NestedChanges } from './watch.js'
import type { Witness } from './witness.js'

/** What all sessions of one application share. */
export interface SessionContext {
  readonly engine: Engine
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly rules: ExpiryRules
  readonly renewal: RenewalRules
  /** How much of the idle timeout a touch has to gain to be worth a write: a share, 0 to 1. */
  readonly touchAfter: number
  readonly saveEveryRequest: boolean
  readonly nestedChanges: NestedChanges
  readonly turns: Turns
  readonly witness: Witness
  readonly fingerprint: Fingerprint
  readonly logger: Logger
  /** Where the engine has a roster. */
  readonly residents: Residents | undefined
}

/** When ids are renewed that nobody asked to renew (S24). */
export interface RenewalRules {
  /** Seconds from when the id was given; `undefined`: never. */
  readonly renewAfter: number | undefined
  /** How long the old id still works, in seconds. */
  readonly renewGrace: number
}
