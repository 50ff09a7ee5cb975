import { hash } from 'node:crypto'
import { backoff, CLOCK_SKEW, MAX_ATTEMPTS } from './concurrency.js'
import type { SessionIndex } from './engine.js'
import { EngineUnavailable } from './errors.js'

/** No session in a cookie lives for longer than browsers keep a cookie: 400 days, in milliseconds (S21). */
export const LONGEST_LIFE = 34_560_000_000

/**
 * For each user the moment before which cookies are dead, in a store's index. A cookie holds the moment that was in
 * force when it was made, and is dead if another one is now; so nothing depends on how the clocks of two processes
 * compare, nor on which of two things in one millisecond was first: whoever makes a cookie reads the moment before,
 * and a revocation that comes between the two kills the cookie that is being made.
 */
export class NotBefore {
  readonly #index: SessionIndex
  readonly #clock: () => number

  constructor(index: SessionIndex, clock: () => number) {
    this.#index = index
    this.#clock = clock
  }

  /** Milliseconds since 1970; 0 if the user's sessions were never revoked. */
  async of(userId: string): Promise<number> {
    const held = await this.#index.read(nameOf(userId))
    return held === undefined ? 0 : momentIn(held.list.notBefore)
  }

  /** Moves it to now, and in any case on. Answers what it was and what it is. */
  async raise(userId: string): Promise<{ readonly was: number; readonly is: number }> {
    const name = nameOf(userId)
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      await backoff(attempt)
      const held = await this.#index.read(name)
      const was = held === undefined ? 0 : momentIn(held.list.notBefore)
      const now = this.#clock()
      const is = Math.max(now, was + 1)
      // When the list ends no cookie is left that it could speak of.
      const expires = now + LONGEST_LIFE + CLOCK_SKEW
      if (await this.#index.write(name, { notBefore: is }, expires, held?.version)) return { was, is }
    }
    throw new EngineUnavailable('others changed the revocations of this user every time')
  }
}

/** What cannot be read is not "not revoked". */
function momentIn(value: unknown): number {
  if (typeof value === 'number') return value
  throw new EngineUnavailable('the revocations of a user cannot be read')
}

function nameOf(userId: string): string {
  return `revoked-${hash('sha256', userId, 'hex')}`
}
