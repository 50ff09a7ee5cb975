import type { Engine } from '../engines/contract.js'
import type { Logger } from '../logger.js'
import type { Turns } from '../turns.js'
import type { ExpiryRules } from './expiry.js'
import type { NestedChanges } from './watch.js'

/** What all sessions of one application share. */
export interface SessionContext {
  readonly engine: Engine
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly rules: ExpiryRules
  readonly saveEveryRequest: boolean
  readonly nestedChanges: NestedChanges
  readonly turns: Turns
  readonly logger: Logger
}
