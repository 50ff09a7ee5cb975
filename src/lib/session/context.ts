import type { DjangoAuth } from '../codecs/django/auth.js'
import type { Fingerprint } from '../codecs/keys.js'
import type { KeyedMutex } from '../engines/concurrency.js'
import type { Engine } from '../engines/engine.js'
import type { Logger } from '../logger.js'
import type { UserSessionIndex } from '../users/user-session-index.js'
import type { NestedChanges } from './change-tracker.js'
import type { ExpiryRules } from './expiry.js'
import type { LifecycleEvents } from './lifecycle-events.js'
import type { OldSessions } from './old-sessions.js'

/** What all sessions of one application share. */
export interface SessionContext {
  readonly engine: Engine
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly generateId: () => string
  readonly rules: ExpiryRules
  readonly renewal: RenewalRules
  /** How much of the idle timeout a touch has to gain to be worth a write: a share, 0 to 1. */
  readonly touchAfter: number
  readonly saveEveryRequest: boolean
  /** Whether a session that is only read may need a write: to live longer, or for a new id. */
  readonly needsUpkeep: boolean
  readonly nestedChanges: NestedChanges
  readonly mutex: KeyedMutex
  readonly lifecycle: LifecycleEvents
  readonly fingerprint: Fingerprint
  readonly logger: Logger
  /** Where sessions of other libraries live on, which requests without a session of ours may bring. */
  readonly readThrough: readonly OldSessions[]
  /** How long their stores may take to answer: milliseconds. */
  readonly storeTimeout: number
  /** Where there is a secret key, which may be Django's. */
  readonly djangoAuth: DjangoAuth | undefined
  /** Where the engine has an index. */
  readonly userIndex: UserSessionIndex | undefined
}

/** When ids are renewed that nobody asked to renew (S24). */
export interface RenewalRules {
  /** Seconds from when the id was given; `undefined`: never. */
  readonly renewAfter: number | undefined
  /** How long the old id still works, in seconds. */
  readonly renewGrace: number
}
