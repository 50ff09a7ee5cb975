import { setImmediate as turn } from 'node:timers/promises'
import type { Engine } from '../engines/engine.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Logger } from '../logger.js'

/** How many expired records one call removes: the first call, at the least, at the most. */
const FIRST = 100
const FEWEST = 10
const MOST = 500

/** How long one call may keep the store from requests: milliseconds. Quicker ones grow, slower ones shrink. */
const LONGEST = 10

/** The share of the interval by which a sweep may come earlier or later, so that processes do not sweep at the same moment. */
const JITTER = 0.1

/** Hears how many records went so far; the sweep ends early where it answers `false`. */
export type OnBatch = (cleared: number) => unknown

/**
 * Removes what has expired, in batches, and answers how many records went. A batch is as large
 * as the store is quick, and between two of them requests have their turn. `timer` answers milliseconds.
 */
export async function clearExpired(
  engine: Engine,
  onBatch: OnBatch = () => {},
  timer: () => number = () => performance.now(),
): Promise<number> {
  let cleared = 0
  for (let limit = FIRST; ; await turn()) {
    const since = timer()
    const batch = await engine.clearExpired(limit)
    const took = timer() - since
    cleared += batch
    // An engine of one's own may answer nothing.
    if (onBatch(cleared) === false || !(batch >= limit)) return cleared
    if (took > LONGEST) limit = Math.max(FEWEST, Math.floor(limit / 2))
    else if (took < LONGEST / 2) limit = Math.min(MOST, limit * 2)
  }
}

/**
 * Clears the engine every so often, as long as the process lives. Of several processes at one store only one does: who
 * holds the lease.
 */
export class Sweeper {
  readonly #engine: Engine
  readonly #logger: Logger
  readonly #interval: number
  #timer: NodeJS.Timeout | undefined
  #sweeping: Promise<void> = Promise.resolve()

  /** `interval` in milliseconds; 0 for never. */
  constructor(engine: Engine, interval: number, logger: Logger) {
    this.#engine = engine
    this.#interval = interval
    this.#logger = logger
    this.#wait()
  }

  /** No sweep begins from now on; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    await this.#sweeping
  }

  #wait(): void {
    if (this.#interval === 0) return
    const delay = this.#interval * (1 - JITTER + 2 * JITTER * Math.random())
    const timer = setTimeout(() => {
      this.#sweeping = this.#sweep().finally(() => {
        if (this.#timer === timer) this.#wait()
      })
    }, delay)
    // A process that has nothing else to do may end.
    timer.unref()
    this.#timer = timer
  }

  async #sweep(): Promise<void> {
    try {
      // The lease ends before the next sweep is due, also if its holder is gone by then.
      const ours = (await this.#engine.lease?.('sweep', this.#interval * (1 - 2 * JITTER))) ?? true
      if (ours) await clearExpired(this.#engine)
    } catch (error) {
      // Nobody waits for this, so what is thrown would end the process. The next sweep tries again.
      const level = error instanceof EngineUnavailable ? 'warn' : 'error'
      this.#logger[level]({ err: error }, 'expired sessions could not be cleared')
    }
  }
}
