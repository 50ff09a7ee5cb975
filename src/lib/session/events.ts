import { types } from 'node:util'
import type { Logger } from '../logger.js'

/** What every event has. */
interface Happened<Name extends string> {
  readonly event: Name
  /** Milliseconds since 1970. */
  readonly time: number
  /** The engine's name. */
  readonly engine: string
}

/**
 * A session as events know it: ten characters, the same in all events of one id, from which the id cannot be found
 * (S12). The same in every process with the same `SECRET_KEY`; without one, this process's own.
 */
interface OfSession {
  readonly session: string
}

/** A user as events know one: as with sessions, ten characters of a keyed hash. */
interface OfUser {
  readonly user: string
}

/** Why a session was over: `COOKIE_AGE`, `setExpiry`, or a timeout of the settings'. */
export type ExpiryReason = 'age' | 'own' | 'idle' | 'absolute'

/** How a session ended, or an id ceased to lead to it. */
export type EndedBy = 'renewed' | 'logout' | 'expired'

/** Which of a user's sessions were ended from elsewhere; `limit`: the oldest, for there were too many. */
export type RevokedBy = 'one' | 'others' | 'all' | 'limit'

/** What can happen to sessions, by name. Nothing in an event is an id, and nothing is data (S70, S12). */
export interface SessionEvents {
  /** A new session was stored. */
  readonly created: Happened<'created'> & OfSession
  /** A session has a new id, and goes on under `session`; the events before it call it `previous`. */
  readonly renewed: Happened<'renewed'> & OfSession & { readonly previous: string }
  /** Somebody came with a session whose time was over, or set it a time that is. Sessions that nobody comes back to are not told of. */
  readonly expired: Happened<'expired'> & OfSession & { readonly reason?: ExpiryReason }
  /** `login()` has taken effect: a new log-in, or a new proof of the same. */
  readonly login: Happened<'login'> & OfSession & OfUser
  /** `flush()` has taken effect. */
  readonly logout: Happened<'logout'> & OfSession
  /** Somebody ended sessions of a user's from elsewhere, or there were too many of them. */
  readonly revoked: Happened<'revoked'> &
    OfUser & {
      readonly by: RevokedBy
      /** How many ended; unknown where the cookie is the session. */
      readonly count?: number
    }
  /** A request was refused what it wanted to save: its session had ended, or moved, while it ran. */
  readonly interrupted: Happened<'interrupted'> & Partial<OfSession>
  /** Somebody came with an id that was good until a moment ago. */
  readonly 'use-after-end': Happened<'use-after-end'> & OfSession & { readonly ended: EndedBy }
  /** Somebody came with an id that is written like one, and leads nowhere. */
  readonly 'unknown-id': Happened<'unknown-id'> & OfSession
  /** Somebody came with what cannot be an id. */
  readonly 'malformed-id': Happened<'malformed-id'>
  /** What is stored under an id cannot be read. */
  readonly undecodable: Happened<'undecodable'> & OfSession
  /** The store has begun to fail. Once an outage, however many requests it costs. */
  readonly 'engine-down': Happened<'engine-down'> & { readonly message: string }
  /** What had failed works again. */
  readonly 'engine-up': Happened<'engine-up'> & {
    /** How long it was down: milliseconds. */
    readonly downFor: number
  }
}

export type SessionEventName = keyof SessionEvents
export type SessionEvent = SessionEvents[SessionEventName]

/** What an event has besides what all have. */
export type EventDetails<Name extends SessionEventName> = Omit<SessionEvents[Name], keyof Happened<Name>>

/** Called while the request that caused the event waits; what it answers is not waited for. */
export type SessionEventListener<Name extends SessionEventName> = (event: SessionEvents[Name]) => unknown

/** Every name of an event, for listeners that want them all. */
export const sessionEventNames = Object.keys({
  created: true,
  renewed: true,
  expired: true,
  login: true,
  logout: true,
  revoked: true,
  interrupted: true,
  'use-after-end': true,
  'unknown-id': true,
  'malformed-id': true,
  undecodable: true,
  'engine-down': true,
  'engine-up': true,
} satisfies Record<SessionEventName, true>) as readonly SessionEventName[]

/** A listener that fails each time is reported so often at the most: milliseconds. */
const REPORT_EVERY = 60_000

export interface EventsParts {
  readonly engine: string
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/**
 * Tells listeners what happened. No `EventEmitter`: there a listener that throws would fail the request and keep the
 * event from the others, one that rejects would end the process, and anybody could emit.
 */
export class Events {
  readonly #parts: EventsParts
  readonly #listeners = new Map<SessionEventName, Set<SessionEventListener<never>>>()
  #reported = Number.NEGATIVE_INFINITY

  constructor(parts: EventsParts) {
    this.#parts = parts
  }

  /** Calls `listener` at each event of that name from now on, until the function that this answers is called. */
  on<Name extends SessionEventName>(name: Name, listener: SessionEventListener<Name>): () => void {
    if (!sessionEventNames.includes(name)) {
      throw new TypeError(`there is no event ${String(name)}; there are ${sessionEventNames.join(', ')}`)
    }
    // One of its own each time: the same function twice is two listeners, and each is taken away by itself.
    const own: SessionEventListener<Name> = (event) => listener(event)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(own))
    return () => {
      listeners.delete(own)
    }
  }

  /** Whether anybody listens to one of these: what nobody hears is not worked out. */
  anyFor(...names: readonly SessionEventName[]): boolean {
    return names.some((name) => (this.#listeners.get(name)?.size ?? 0) > 0)
  }

  /** `details` is asked only if somebody listens. */
  emit<Name extends SessionEventName>(name: Name, details: () => EventDetails<Name>): void {
    if (!this.anyFor(name)) return
    const { engine, clock } = this.#parts
    const event = Object.freeze({ event: name, time: clock(), engine, ...details() })
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        const answer = listener(event as never)
        if (types.isPromise(answer)) answer.catch((err: unknown) => this.#report(name, err))
      } catch (err) {
        this.#report(name, err)
      }
    }
  }

  /** A listener's failure is nobody's request's. */
  #report(event: SessionEventName, err: unknown): void {
    const { clock, logger } = this.#parts
    const now = clock()
    if (Math.abs(now - this.#reported) < REPORT_EVERY) return
    this.#reported = now
    logger.error({ err, event }, 'a listener of session events failed')
  }
}
