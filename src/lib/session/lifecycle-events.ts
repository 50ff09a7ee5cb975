import { LRUCache } from 'lru-cache'
import type { Fingerprint } from '../codecs/keys.js'
import type { Missing } from '../engines/engine.js'
import type { EndedBy, Events, ExpiryReason, RevokedBy } from './events.js'
import { type ExpiryRules, expiryReason } from './expiry.js'

/** Ends that are remembered at the most, and for how long: milliseconds. */
const REMEMBERED = 1000
const REMEMBERED_FOR = 60_000

interface End {
  readonly by: EndedBy
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface LifecycleEventsParts {
  readonly events: Events
  readonly fingerprint: Fingerprint
  readonly rules: ExpiryRules
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/**
 * Emits an event for each thing that happens to a session. While somebody listens it also remembers which sessions ended
 * a moment ago in this process, so that a cookie used after its log-out is told from a guess. Without listeners it
 * does nothing.
 */
export class LifecycleEvents {
  readonly #parts: LifecycleEventsParts
  /** By fingerprint: no id stays in memory for this. */
  readonly #ends = new LRUCache<string, End>({ max: REMEMBERED })

  constructor(parts: LifecycleEventsParts) {
    this.#parts = parts
  }

  malformed(): void {
    this.#parts.events.emit('malformed-id', () => ({}))
  }

  /** An id came that leads to no session. */
  missing(id: string, { why, life }: Missing): void {
    const { events } = this.#parts
    if (why === 'undecodable') {
      events.emit('undecodable', () => this.#of(id))
      return
    }
    const ended = this.#endOf(id) ?? (why === 'superseded' ? 'renewed' : undefined)
    if (ended !== undefined) this.#usedAfter(id, ended)
    else if (why === 'expired') this.expired(id, life && expiryReason(life, this.#parts.rules))
    else events.emit('unknown-id', () => this.#of(id))
  }

  /** An id came that was rotated away a moment ago. */
  superseded(id: string): void {
    if (this.#parts.events.anyFor('use-after-end')) this.#usedAfter(id, this.#endOf(id) ?? 'renewed')
  }

  /** A session in a cookie came. Such an id leads to its session also after it has ended, where it cannot be revoked (S33). */
  usedInCookie(id: string): void {
    const ended = this.#endOf(id)
    if (ended !== undefined) this.#usedAfter(id, ended)
  }

  created(id: string): void {
    this.#parts.events.emit('created', () => this.#of(id))
  }

  renewed(from: string, to: string): void {
    const { events, fingerprint } = this.#parts
    events.emit('renewed', () => ({ session: fingerprint(to), previous: fingerprint(from) }))
    this.#remember(from, 'renewed')
  }

  loggedIn(id: string, userId: string): void {
    this.#parts.events.emit('login', () => ({ ...this.#of(id), user: this.#userOf(userId) }))
  }

  loggedOut(id: string): void {
    this.#parts.events.emit('logout', () => this.#of(id))
    this.#remember(id, 'logout')
  }

  expired(id: string, reason: ExpiryReason | undefined): void {
    this.#parts.events.emit('expired', () => ({ ...this.#of(id), ...(reason && { reason }) }))
    this.#remember(id, 'expired')
  }

  /** `count`: how many of the user's sessions ended; `undefined` where nobody can count them. */
  revoked(userId: string, by: RevokedBy, count: number | undefined): void {
    if (count === 0) return
    const counted = count === undefined ? {} : { count }
    this.#parts.events.emit('revoked', () => ({ user: this.#userOf(userId), by, ...counted }))
  }

  /** `id`: where the session was when the request loaded it. */
  interrupted(id: string | undefined): void {
    this.#parts.events.emit('interrupted', () => (id === undefined ? {} : this.#of(id)))
  }

  #usedAfter(id: string, ended: EndedBy): void {
    this.#parts.events.emit('use-after-end', () => ({ ...this.#of(id), ended }))
  }

  #of(id: string): { readonly session: string } {
    return { session: this.#parts.fingerprint(id) }
  }

  #userOf(userId: string): string {
    return this.#parts.fingerprint(`user ${userId}`)
  }

  /** What is remembered tells a use after the end from its neighbours: from a guess, and from the first to come late. */
  get #isHeard(): boolean {
    return this.#parts.events.anyFor('use-after-end', 'unknown-id', 'expired')
  }

  #remember(id: string, by: EndedBy): void {
    const { fingerprint, clock } = this.#parts
    if (this.#isHeard) this.#ends.set(fingerprint(id), { by, at: clock() })
  }

  #endOf(id: string): EndedBy | undefined {
    if (this.#ends.size === 0 || !this.#isHeard) return undefined
    const end = this.#ends.peek(this.#parts.fingerprint(id))
    const { clock } = this.#parts
    // A clock that was set back must not keep one for ever (S25).
    return end && Math.abs(clock() - end.at) < REMEMBERED_FOR ? end.by : undefined
  }
}
