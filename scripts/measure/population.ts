import type { Answer } from './connection.js'
import { faultIn, Visitor } from './visitor.js'

/** What is asked of every contender. `mixed`: nine reads and a write. */
export const kinds = ['untouched', 'read', 'write', 'mixed', 'create'] as const
export type Kind = (typeof kinds)[number]
/** `visits`: as `mixed`, by people who also log out, or stay away, and are replaced by others. */
export type Traffic = Kind | 'visits'

/** Of so many requests one writes; and of so many visits one is the last. */
const ONE_WRITES = 10
const ONE_LEAVES = 50

interface Guest {
  readonly visitor: Visitor
  /** When its session was last written, which began its life anew: milliseconds. */
  written: number
  /** Whether it comes again. Default: it does. */
  readonly once?: true
}

/** The next request. `logged-out`: with the cookie of a session that has just been logged out. */
export interface Visit {
  readonly path: Exclude<Kind, 'mixed'> | 'log-out' | 'logged-out'
  readonly guest: Guest
}

/** What came of a request. `failed`: no answer, or a status of 500 and above. `wrong`: an answer that is not true. */
export type Verdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'failed' | 'wrong'; readonly example: string }

const RIGHT: Verdict = { kind: 'right' }

export interface PopulationOptions {
  /** Sessions in use at a time. */
  readonly sessions: number
  /** Milliseconds that a session lives after it was written. Default: longer than the measurement. */
  readonly life?: number
  /** Whether the server has sessions, so that there is something to check. Default: it has. */
  readonly hasSessions?: boolean
  readonly random?: () => number
}

/**
 * Decides who asks for what next, and checks what they are answered. Nobody has two requests under way, so each knows
 * what the answer has to be.
 */
export class Population {
  readonly #sessions: number
  readonly #life: number
  readonly #hasSessions: boolean
  readonly #random: () => number
  readonly #idle: Guest[] = []
  readonly #loggedOut: Guest[] = []
  #size = 0
  #visits = 0
  #writes = 0

  constructor(options: PopulationOptions) {
    const { sessions, life = Number.POSITIVE_INFINITY, hasSessions = true, random = Math.random } = options
    this.#sessions = sessions
    this.#life = life
    this.#hasSessions = hasSessions
    this.#random = random
  }

  /** Those who have no request under way. */
  get idle(): readonly Visitor[] {
    return this.#idle.map(({ visitor }) => visitor)
  }

  /** Takes over sessions that are in the store already, each written once. */
  adopt(cookie: string, ids: readonly string[], now: number): void {
    const guests = ids.map((id) => ({ visitor: new Visitor([[cookie, id]], 1), written: now }))
    this.#idle.push(...guests)
    this.#size += guests.length
  }

  /** `now` in milliseconds, of any clock. */
  next(traffic: Traffic, now: number): Visit {
    if (traffic === 'create') return { path: 'create', guest: { ...newGuest(now), once: true } }
    const loggedOut = this.#loggedOut.pop()
    if (loggedOut !== undefined) return { path: 'logged-out', guest: loggedOut }
    if (this.#size < this.#sessions) return this.#newcomer(now)
    if (traffic === 'visits') return this.#nextVisit(now)
    const guest = this.#takeAny()
    if (guest === undefined) return this.#newcomer(now)
    return { path: traffic === 'mixed' ? this.#mixed() : traffic, guest }
  }

  /** Checks an answer. Whoever got no right one does not come again: what they should see is uncertain. */
  settle({ path, guest }: Visit, answer: Answer | undefined, now: number): Verdict {
    const stays = path !== 'logged-out' && guest.once === undefined
    if (stays) this.#size--
    if (answer === undefined) return { kind: 'failed', example: `${path}: no answer` }
    const { status, body } = answer
    if (status >= 500) return { kind: 'failed', example: `${path}: ${status} ${body}` }
    const fault = this.#faultIn(path, guest, answer)
    if (fault !== undefined) return { kind: 'wrong', example: fault }
    if (path === 'log-out') this.#loggedOut.push(guest)
    else if (stays) {
      if (path === 'write' || path === 'create') guest.written = now
      this.#size++
      this.#idle.push(guest)
    }
    return RIGHT
  }

  #faultIn(path: Visit['path'], { visitor }: Guest, answer: Answer): string | undefined {
    const { status, body } = answer
    if (!this.#hasSessions) return status === 200 ? undefined : `${path}: ${status} ${body}`
    if (path !== 'log-out' && path !== 'logged-out') return faultIn(answer, path, visitor)
    // The visitor's cookies stay those from before: a session that was logged out must not come back.
    const expected = path === 'log-out' ? 'out' : 'none'
    return status === 200 && body === expected ? undefined : `${path}: ${status} ${body}, not ${expected}`
  }

  #nextVisit(now: number): Visit {
    for (let guest = this.#takeAny(); guest !== undefined; guest = this.#takeAny()) {
      const age = (now - guest.written) / this.#life
      const leaves = ++this.#visits % ONE_LEAVES === 0
      const staysAway = leaves && this.#visits % (2 * ONE_LEAVES) === 0
      // Shortly before a session expires, either answer would be right.
      if (age <= 2 / 3 && !staysAway) {
        if (leaves) return { path: 'log-out', guest }
        return { path: age > 1 / 3 ? 'write' : this.#mixed(), guest }
      }
      this.#size--
    }
    return this.#newcomer(now)
  }

  #mixed(): 'read' | 'write' {
    return ++this.#writes % ONE_WRITES === 0 ? 'write' : 'read'
  }

  #newcomer(now: number): Visit {
    this.#size++
    return { path: 'create', guest: newGuest(now) }
  }

  #takeAny(): Guest | undefined {
    const last = this.#idle.pop()
    const place = Math.floor(this.#random() * (this.#idle.length + 1))
    const taken = this.#idle[place]
    if (last === undefined || taken === undefined) return last
    this.#idle[place] = last
    return taken
  }
}

function newGuest(now: number): Guest {
  return { visitor: new Visitor(), written: now }
}

/** The request as it is sent. */
export function requestOf({ path, guest }: Visit): string {
  return guest.visitor.request(path === 'logged-out' ? 'read' : path)
}
