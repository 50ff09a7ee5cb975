import { createHistogram } from 'node:perf_hooks'
import type { Verdict } from './population.js'

/** What came of the requests of a while. */
export interface Tally {
  readonly requests: number
  readonly seconds: number
  /** Requests that were due while every line was busy, and were not made. */
  readonly shed: number
  readonly failed: number
  readonly wrong: number
  /** The first that failed or was wrong. */
  readonly example: string | undefined
  /** Microseconds: p50, p99, p99.9, and the longest. */
  readonly latency: readonly [number, number, number, number]
}

/** Adds up what happens, until it is asked and begins anew. */
export class Counter {
  readonly #latency = createHistogram()
  #since = performance.now()
  #requests = 0
  #shed = 0
  #failed = 0
  #wrong = 0
  #example: string | undefined

  /** An answer, or none, to a request that was due at `due`. */
  count(verdict: Verdict, due: number): void {
    this.#requests++
    this.#latency.record(Math.max(1, Math.round((performance.now() - due) * 1e6)))
    if (verdict.kind === 'right') return
    if (verdict.kind === 'failed') this.#failed++
    else this.#wrong++
    this.#example ??= verdict.example
  }

  shed(): void {
    this.#shed++
  }

  take(): Tally {
    const now = performance.now()
    const at = (percentile: number): number =>
      this.#latency.count === 0 ? 0 : this.#latency.percentile(percentile) / 1000
    const tally: Tally = {
      requests: this.#requests,
      seconds: (now - this.#since) / 1000,
      shed: this.#shed,
      failed: this.#failed,
      wrong: this.#wrong,
      example: this.#example,
      latency: [at(50), at(99), at(99.9), at(100)],
    }
    this.#latency.reset()
    this.#since = now
    this.#requests = this.#shed = this.#failed = this.#wrong = 0
    this.#example = undefined
    return tally
  }
}
