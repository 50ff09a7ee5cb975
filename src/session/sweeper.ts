import type { Engine } from '../engines/contract.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Logger } from '../logger.js'

/** Expired records that one call removes, so that no statement holds the store for long. */
const BATCH = 500

/** How much earlier or later than the interval a sweep may come: processes that started together drift apart. */
const JITTER = 0.1

/** Removes what has expired, in batches, and answers how many records went. `onBatch` hears how many went so far. */
export async function clearExpired(
  engine: Engine,
  onBatch: (cleared: number) => void = () => {},
): Promise<number> {
  let cleared = 0
  for (let batch = BATCH; batch === BATCH; onBatch(cleared)) {
    batch = await engine.clearExpired(BATCH)
    cleared += batch
  }
  return cleared
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
      if (!(error instanceof EngineUnavailable)) throw error
      this.#logger.warn({ err: error }, 'expired sessions could not be cleared')
    }
  }
}
