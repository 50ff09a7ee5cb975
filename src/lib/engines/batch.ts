import { type TimeLimit, within } from './concurrency.js'

/** Items in one run at the most. */
const MAX_ITEMS = 256

/** The share of the time limit for which the next run waits for the one before; an item has at least as long. */
const WAIT_SHARE = 0.25

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export interface BatchOptions<Item, Result> {
  /**
   * Does all items at once; answers one result for each item, in their order, or the error of that item. When the time
   * limit is over, its callers have been refused.
   */
  readonly run: (items: readonly Item[], timeLimit: TimeLimit) => Promise<readonly (Result | Error)[]>
  /** How long an item may take, in milliseconds. */
  readonly timeLimit: number
  /** Whether a run can overtake one that takes long. Where all share one connection it could only wait. */
  readonly concurrent: boolean
}

/**
 * Does at once what several requests want at the same moment. The first item waits until the event loop has handled
 * what arrived in the same turn, so that those requests can join; while a run is under way the next one collects its
 * items. Each caller gets the result of its own item.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  /** When the first of the waiting items came. */
  #since = 0
  /** The run whose end the next one waits for. */
  #current: object | undefined
  readonly #running = new Set<object>()

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#since = performance.now()
      this.#waiting.push({ item, resolve, reject })
      if (this.#current === undefined) this.#start()
    })
  }

  /** Resolves when no run is under way and no item waits. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  #start(): void {
    const current = {}
    this.#current = current
    this.#running.add(current)
    setImmediate(() => {
      void this.#run(current, this.#waiting.splice(0, MAX_ITEMS))
    })
  }

  async #run(current: object, items: readonly Waiting<Item, Result>[]): Promise<void> {
    const { run, timeLimit: limit, concurrent } = this.#options
    const longestWait = limit * WAIT_SHARE
    // At least a quarter: perhaps it was the event loop that was blocked, and not the store.
    const left = Math.max(longestWait, limit - (performance.now() - this.#since))
    // The run may wait on a dead connection: the next one takes another connection.
    const timer = concurrent ? setTimeout(() => this.#letNext(current), longestWait) : undefined
    let refused = items
    const refuseWaiting = (): void => {
      // Items that wait behind a run which none can overtake would wait for longer than the limit.
      if (!concurrent) refused = [...items, ...this.#waiting.splice(0)]
    }
    try {
      const wanted = items.map(({ item }) => item)
      const results = await within(left, (timeLimit) => run(wanted, timeLimit), refuseWaiting, limit)
      if (results.length !== items.length) throw new Error('a batch must answer one result for each item')
      for (const [index, { resolve, reject }] of items.entries()) {
        const result = results[index]
        if (result instanceof Error) reject(result)
        else resolve(result as Result)
      }
    } catch (error) {
      for (const { reject } of refused) reject(error)
    }
    clearTimeout(timer)
    this.#running.delete(current)
    this.#letNext(current)
  }

  #letNext(current: object): void {
    if (this.#current !== current) return
    this.#current = undefined
    if (this.#waiting.length > 0) this.#start()
  }
}
