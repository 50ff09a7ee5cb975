/** How often the event loop is asked, in milliseconds. */
const EVERY = 5

/**
 * How late the event loop comes to a timer, which is how long it was busy or blocked. Not perf_hooks' histogram: that
 * one reports its own resolution as delay, and what it rounds is as large as what is looked for.
 */
export class LoopProbe {
  readonly #late: number[] = []
  #expected = performance.now() + EVERY
  readonly #timer = setInterval(() => {
    const now = performance.now()
    this.#late.push(Math.max(0, now - this.#expected))
    this.#expected = now + EVERY
  }, EVERY)

  /** Milliseconds late, one number for each time it was asked. */
  stop(): readonly number[] {
    clearInterval(this.#timer)
    return this.#late
  }
}
