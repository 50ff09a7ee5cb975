/** A clock that stands until a test moves it. Sessions, their cookies and their expiry go by it. */
export class TestClock {
  #now: number

  /** `now`: milliseconds since 1970. */
  constructor(now: number) {
    this.#now = now
  }

  /** What the clock shows. */
  get now(): Date {
    return new Date(this.#now)
  }

  /** Moves the clock forward by so many seconds, or back by fewer than none. */
  advance(seconds: number): void {
    this.set(new Date(this.#now + seconds * 1000))
  }

  /** @throws RangeError for an invalid date. */
  set(moment: Date): void {
    const now = moment.getTime()
    if (!Number.isFinite(now)) throw new RangeError('the clock needs a valid date, or a number of seconds')
    this.#now = now
  }
}
