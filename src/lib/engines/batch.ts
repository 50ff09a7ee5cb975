import { tooSlow } from './concurrency.js'

/** Items in one run at the most. */
const MAX_ITEMS = 256

/** After this share of the time limit a run that is not over no longer keeps the next one waiting. */
const PATIENCE = 0.25

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export interface BatchOptions<Item, Result> {
  /** Does all items at once; answers one result for each item, in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
  /** How long one run may take, in milliseconds. */
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
    const { run, timeLimit, concurrent } = this.#options
    const patience = timeLimit * PATIENCE
    const left = timeLimit - (performance.now() - this.#since)
    let timer = concurrent
      ? setTimeout(() => {
          // It may be stuck on a dead connection: the next run takes another one.
          this.#letNext(current)
          timer = setTimeout(() => this.#giveUp(current, items), left - patience)
        }, patience)
      : setTimeout(() => this.#giveUp(current, [...items, ...this.#waiting.splice(0)]), timeLimit)
    try {
      const results = await run(items.map(({ item }) => item))
      if (results.length !== items.length) throw new Error('a batch must answer one result for each item')
      for (const [index, { resolve }] of items.entries()) resolve(results[index] as Result)
    } catch (error) {
      for (const { reject } of items) reject(error)
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

  /**
   * Items that wait behind a run which none can overtake would wait for longer than the limit, and are refused with it.
   * The run itself cannot be stopped; nobody listens to it after that.
   */
  #giveUp(current: object, refused: readonly Waiting<Item, Result>[]): void {
    const error = tooSlow(this.#options.timeLimit)
    for (const { reject } of refused) reject(error)
    this.#running.delete(current)
    this.#letNext(current)
  }
}
