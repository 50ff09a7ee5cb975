import { tooSlow } from './concurrency.js'

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
  /** Whether a go can run beside another that takes long. Where all go through one connection it could only wait. */
  readonly beside: boolean
}

/** A go that takes longer than this share of the limit holds up nobody any more who can go beside it. */
const PATIENCE = 0.25

/**
 * Does in one go what several requests want at the same moment. The first item waits for the end of the event
 * loop's turn, so that the requests whose bytes arrived in the same turn can join; while one go is under way the
 * next one gathers. Each caller waits for its own item.
 */
export class Batch<Item, Result> {
  readonly #options: BatchOptions<Item, Result>
  #waiting: Waiting<Item, Result>[] = []
  /** When the first of those who wait came. */
  #since = 0
  /** The go for whose end the next one waits. */
  #ahead: object | undefined
  readonly #underWay = new Set<object>()

  constructor(options: BatchOptions<Item, Result>) {
    this.#options = options
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.length === 0) this.#since = performance.now()
      this.#waiting.push({ item, resolve, reject })
      if (this.#ahead === undefined) this.#start()
    })
  }

  /** Resolves when nothing is under way and nobody waits. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await new Promise((resolve) => setImmediate(resolve))
  }

  #start(): void {
    const go = {}
    this.#ahead = go
    this.#underWay.add(go)
    setImmediate(() => {
      void this.#run(go, this.#waiting.splice(0, MOST))
    })
  }

  async #run(go: object, batch: readonly Waiting<Item, Result>[]): Promise<void> {
    const { run, timeLimit, beside } = this.#options
    const backoff = timeLimit * PATIENCE
    const left = timeLimit - (performance.now() - this.#since)
    let timer = beside
      ? setTimeout(() => {
          // It may be stuck on a connection that leads nowhere any more: whoever comes now takes another.
          this.#letNext(go)
          timer = setTimeout(() => this.#giveUp(go, batch), left - backoff)
        }, backoff)
      : setTimeout(() => this.#giveUp(go, [...batch, ...this.#waiting.splice(0)]), timeLimit)
    try {
      settle(batch, await run(batch.map(({ item }) => item)))
    } catch (error) {
      refuse(batch, error)
    }
    clearTimeout(timer)
    this.#underWay.delete(go)
    this.#letNext(go)
  }

  #letNext(go: object): void {
    if (this.#ahead !== go) return
    this.#ahead = undefined
    if (this.#waiting.length > 0) this.#start()
  }

  /**
   * Whoever waits behind a go that none can pass would wait for longer than the limit, and is refused with it. The go
   * itself cannot be recalled; when it ends at last, nobody listens.
   */
  #giveUp(go: object, refused: readonly Waiting<Item, Result>[]): void {
    refuse(refused, tooSlow(this.#options.timeLimit))
    this.#underWay.delete(go)
    this.#letNext(go)
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
