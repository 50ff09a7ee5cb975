/**
 * When requests are due that come at a fixed rate, whether or not those before them were answered: people do not wait
 * for each other. Latencies that count from these moments hide no time in which nothing could be sent.
 */
export class Schedule {
  readonly #begin: number
  readonly #interval: number
  #told = 0

  /** `rate`: requests a second, the first of them due at `begin`, in milliseconds. */
  constructor(rate: number, begin: number) {
    this.#begin = begin
    this.#interval = 1000 / rate
  }

  /** The moment at which the next request was due; `undefined` if it is not due by `now`. */
  take(now: number): number | undefined {
    const due = this.#begin + this.#told * this.#interval
    if (due > now) return undefined
    this.#told++
    return due
  }
}
