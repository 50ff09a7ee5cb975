import { createHistogram } from 'node:perf_hooks'
import type { Verdict } from './population.js'

/** What came of the requests of a while. */
export interface Tally {
  readonly requests: number
  readonly seconds: number
  /** Requests that were due while every connection was busy, and were not made. */
  readonly shed: number
  readonly failed: number
  readonly wrong: number
  /** The first that failed or was wrong. */
  readonly example: string | undefined
  /** Microseconds: p50, p99, p99.9, and the longest. */
  readonly latency: readonly [number, number, number, number]
  /** The share of the time that this process was busy. Near 1, the load and not the server was the limit. */
  readonly busy: number
}

const nothing = () => ({
  requests: 0,
  shed: 0,
  failed: 0,
  wrong: 0,
  example: undefined as string | undefined,
})

/** Adds up what happens until it is asked, and begins anew. */
export class Counter {
  readonly #latency = createHistogram()
  #since = performance.now()
  #cpu = process.cpuUsage()
  #counts = nothing()

  /** An answer, or none, to a request that was due at `due`. */
  count(verdict: Verdict, due: number): void {
    this.#counts.requests++
    this.#latency.record(Math.max(1, Math.round((performance.now() - due) * 1e6)))
    if (verdict.kind === 'right') return
    this.#counts[verdict.kind]++
    this.#counts.example ??= verdict.example
  }

  shed(): void {
    this.#counts.shed++
  }

  take(): Tally {
    const seconds = (performance.now() - this.#since) / 1000
    const { user, system } = process.cpuUsage(this.#cpu)
    const at = (percentile: number): number =>
      this.#latency.count === 0 ? 0 : this.#latency.percentile(percentile) / 1000
    const latency = [at(50), at(99), at(99.9), at(100)] as const
    const tally = { ...this.#counts, seconds, latency, busy: (user + system) / 1e6 / seconds }
    this.#latency.reset()
    this.#since = performance.now()
    this.#cpu = process.cpuUsage()
    this.#counts = nothing()
    return tally
  }
}
