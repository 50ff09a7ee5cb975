import type { Answer } from '../../bench/load/connection.js'
import { faultIn } from '../../bench/load/fault.js'
import { Visitor } from '../../bench/load/visitor.js'

/** Of so many requests one writes; and of so many visits one is the last, by a log-out or without a word. */
const ONE_WRITES = 10
const ONE_LEAVES = 50

interface Guest {
  readonly visitor: Visitor
  /** When its session was last written, and its life began anew: milliseconds. */
  written: number
}

/** One request that somebody is to make. `gone`: with the cookie of a session that was logged out. */
export interface Errand {
  readonly path: 'read' | 'write' | 'create' | 'log-out' | 'gone'
  readonly guest: Guest
}

/**
 * `failed`: no answer, or the server said that it could not (500 and above). `wrong`: it said what is not true.
 */
export type Verdict =
  | { readonly kind: 'right' }
  | { readonly kind: 'failed' | 'wrong'; readonly example: string }

const RIGHT: Verdict = { kind: 'right' }

/**
 * People who come, read and write, and leave: some log out, some are not seen again, and their sessions are left to the
 * sweep. Nobody makes two requests at a time, so each knows what the answer has to be.
 */
export class Population {
  readonly #most: number
  readonly #life: number
  readonly #random: () => number
  readonly #idle: Guest[] = []
  readonly #next: Errand[] = []
  #size = 0
  #visits = 0
  #turn = 0

  /** `most` people at a time. `life`: milliseconds that a session lives after it was written. */
  constructor(most: number, life: number, random: () => number = Math.random) {
    this.#most = most
    this.#life = life
    this.#random = random
  }

  /** Whoever has no request under way. */
  get idle(): readonly Visitor[] {
    return this.#idle.map(({ visitor }) => visitor)
  }

  /** `now` in milliseconds. */
  next(now: number): Errand {
    const waiting = this.#next.pop()
    if (waiting !== undefined) return waiting
    if (this.#size < this.#most) return this.#newcomer(now)
    for (let guest = this.#takeAny(); guest !== undefined; guest = this.#takeAny()) {
      const age = (now - guest.written) / this.#life
      const leaves = ++this.#visits % ONE_LEAVES === 0
      // Nearer to its end nobody could say which answer is right.
      if (age > 2 / 3 || (leaves && this.#visits % (2 * ONE_LEAVES) === 0)) {
        this.#size--
        continue
      }
      if (leaves) return { path: 'log-out', guest }
      return { path: age > 1 / 3 || ++this.#turn % ONE_WRITES === 0 ? 'write' : 'read', guest }
    }
    return this.#newcomer(now)
  }

  /** What came of an errand. Whoever got no right answer is not asked again: what they should see is open. */
  settle({ path, guest }: Errand, answer: Answer | undefined, now: number): Verdict {
    if (path !== 'gone') this.#size--
    if (answer === undefined) return { kind: 'failed', example: `${path}: no answer` }
    const { status, body } = answer
    if (status >= 500) return { kind: 'failed', example: `${path}: ${status} ${body}` }
    const fault =
      path === 'log-out' || path === 'gone'
        ? this.#leave(path, guest, answer)
        : faultIn(answer, path, guest.visitor)
    if (fault !== undefined) return { kind: 'wrong', example: fault }
    if (path === 'log-out' || path === 'gone') return RIGHT
    if (path !== 'read') guest.written = now
    this.#size++
    this.#idle.push(guest)
    return RIGHT
  }

  #leave(path: 'log-out' | 'gone', guest: Guest, { status, body }: Answer): string | undefined {
    const expected = path === 'log-out' ? 'out' : 'none'
    if (status !== 200 || body !== expected) return `${path}: ${status} ${body}, not ${expected}`
    // Its cookies are those from before: logged out stays logged out.
    if (path === 'log-out') this.#next.push({ path: 'gone', guest })
    return undefined
  }

  #newcomer(now: number): Errand {
    this.#size++
    return { path: 'create', guest: { visitor: new Visitor(), written: now } }
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

/** What the server is asked for. */
export function requestOf({ path, guest }: Errand): string {
  return guest.visitor.request(path === 'gone' ? 'read' : path)
}
