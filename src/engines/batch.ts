import { tooSlow } from './time-limit.js'

/** Items in one go at the most. */
const MOST = 256

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export interface BatchOptions<Item, Result> {
  /** Does all items in one go; answers one result an item, in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>
  /** How long one go may take, in milliseconds. */
  readonly timeLimit: number
}

/**
 * Does in one go what several requests want at the same moment. The first item waits for the end of the event
 * loop's turn, so that the requests whose bytes arrived in the same turn can join; while one go is under way the
 * next one gathers. Each caller waits for its own item.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  #underWay: object | undefined

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (this.#underWay === undefined) this.#start()
    })
  }

  /** Resolves when nothing is under way and nobody waits. */
  async idle(): Promise<void> {
    while (this.#underWay !== undefined) await new Promise((resolve) => setImmediate(resolve))
  }

  #start(): void {
    const go = {}
    this.#underWay = go
    setImmediate(() => {
      void this.#run(go, this.#waiting.splice(0, MOST))
    })
  }

  async #run(go: object, batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const timer = setTimeout(() => this.#giveUp(batch), this.#options.timeLimit)
    try {
      const results = await this.#options.run(batch.map(({ item }) => item))
      settle(batch, results)
    } catch (error) {
      refuse(batch, error)
    }
    clearTimeout(timer)
    if (this.#underWay !== go) return // given up; another go may be under way already
    this.#underWay = undefined
    if (this.#waiting.length > 0) this.#start()
  }

  /**
   * Whoever waits behind a stuck go would wait for longer than the limit, so they are refused with it. The go itself
   * cannot be recalled; when it ends at last, nobody listens.
   */
  #giveUp(batch: readonly Waiting<Item, Result>[]): void {
    const error = tooSlow(this.#options.timeLimit)
    refuse(batch, error)
    refuse(this.#waiting.splice(0), error)
    this.#underWay = undefined
  }
}

function settle<Item, Result>(batch: readonly Waiting<Item, Result>[], results: readonly Result[]): void {
  if (results.length !== batch.length) throw new Error('a batch must answer one result an item')
  results.forEach((result, index) => {
    batch[index]?.resolve(result)
  })
}

function refuse<Item, Result>(waiting: readonly Waiting<Item, Result>[], error: unknown): void {
  for (const { reject } of waiting) reject(error)
}
