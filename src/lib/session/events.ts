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
  /**
   * A request came with a session that had expired, or gave its session an end that had passed. Sessions that expire with
   * no request after it cause no event.
   */
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
  /** A request came with the id of a session that had ended within the last minute. */
  readonly 'use-after-end': Happened<'use-after-end'> & OfSession & { readonly ended: EndedBy }
  /** A request came with a well-formed id that leads to no session. */
  readonly 'unknown-id': Happened<'unknown-id'> & OfSession
  /** A request came with a cookie that cannot be an id. */
  readonly 'malformed-id': Happened<'malformed-id'>
  /** What is stored under an id cannot be read. */
  readonly undecodable: Happened<'undecodable'> & OfSession
  /** This process has moved a session out of the store of `MOVE_FROM`. `from`: the name of the engine there. */
  readonly moved: Happened<'moved'> & { readonly from: string }
  /** The store has begun to fail. One event for each outage, however many requests fail. */
  readonly 'engine-down': Happened<'engine-down'> & { readonly message: string }
  /** What had failed works again. */
  readonly 'engine-up': Happened<'engine-up'> & {
    /** How long it was down: milliseconds. */
    readonly downFor: number
  }
}

/** The name of an event. */
export type SessionEventName = keyof SessionEvents
/** Any of the events. */
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
  moved: true,
  'engine-down': true,
  'engine-up': true,
} satisfies Record<SessionEventName, true>) as readonly SessionEventName[]

/** The shortest time between two reports of listeners that fail: milliseconds. */
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
    // A function of its own each time: the same listener added twice is two listeners, and each can be removed by itself.
    const own: SessionEventListener<Name> = (event) => listener(event)
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(own))
    return () => {
      listeners.delete(own)
    }
  }

  /** Whether anybody listens to one of these. Without a listener the details of an event are not computed. */
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

  /** A listener that fails must not fail the request, so its error is logged. */
  #report(event: SessionEventName, err: unknown): void {
    const { clock, logger } = this.#parts
    const now = clock()
    if (Math.abs(now - this.#reported) < REPORT_EVERY) return
    this.#reported = now
    logger.error({ err, event }, 'a listener of session events failed')
  }
}
