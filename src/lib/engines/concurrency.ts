import { setTimeout as delay } from 'node:timers/promises'
import { EngineUnavailable } from './errors.js'

/** By how much the clocks of two processes may differ, in milliseconds. */
export const CLOCK_SKEW = 60_000

/** How often a conditional write that lost against another one is tried again. */
const MAX_ATTEMPTS = 50
/** From this attempt on there is a wait before each, so that the other writers can finish. */
const FIRST_WAIT = 3
/** Milliseconds. */
const LONGEST_WAIT = 20

/** The attempts of a conditional write, each of which others can overtake. When they are over, others were faster every time. */
export async function* attempts(): AsyncGenerator<number, void> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    if (attempt >= FIRST_WAIT) await delay(Math.random() * Math.min(LONGEST_WAIT, attempt))
    yield attempt
  }
}

/**
 * Runs tasks with the same key one after the other within this process. Requests of one process that change the same
 * session at the same moment then do not race each other again and again.
 */
export class KeyedMutex {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Runs `task` when every earlier task with this key has ended. */
  async runExclusive<Result>(key: string, task: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(key) ?? Promise.resolve()
    const mine = before.then(task, task)
    this.#last.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}

/** Calls of a store that one piece of work has under way at the same moment, at the most. */
const MOST_AT_ONCE = 100

/**
 * What `work` answers for each item, in their order. A user can have thousands of sessions. Asked for all at once, a store
 * would keep every other request waiting, and the last answers would be later than the time limit.
 */
export async function mapInChunks<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += MOST_AT_ONCE)
    results.push(...(await Promise.all(items.slice(start, start + MOST_AT_ONCE).map(work))))
  return results
}

/** The number of parts that a time limit is counted in. */
const PARTS = 4

/**
 * Ends after `limit` milliseconds, unless it is stopped. A block of the event loop counts as no more than a quarter of the
 * limit: work that consists of several steps could not go on meanwhile, although the store was well. What arrived during
 * the last part is read before the limit ends.
 */
export class TimeLimit {
  readonly #part: number
  readonly #timer: NodeJS.Timeout
  /** What an error says that the limit is: of a part of the work, the limit of all of it. */
  readonly #limitInMessage: number
  readonly #onOver: () => void
  /** Refuses the parts that are under way. */
  readonly #racing = new Set<() => void>()
  #left = PARTS
  #counted = performance.now()
  /** Whether nobody waits any more: the time is up, or it was stopped. Nothing must be begun then. */
  isOver = false

  /** Calls `onOver` when the time is up. */
  constructor(limit: number, onOver: () => void, limitInMessage = limit) {
    this.#limitInMessage = limitInMessage
    this.#part = limit / PARTS
    this.#onOver = onOver
    this.#timer = setTimeout(() => this.#count(), this.#part)
  }

  /** Milliseconds; more than 0 unless the time is up. */
  get left(): number {
    if (this.isOver) return 0
    const counting = Math.min(this.#part, performance.now() - this.#counted)
    return Math.max(1, this.#left * this.#part - counting)
  }

  /**
   * What a part of the work answers.
   *
   * @throws EngineUnavailable if the time is up before, or nobody waits for it any more.
   */
  race<Result>(part: Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      const refuse = (): void => reject(tooSlow(this.#limitInMessage))
      if (this.isOver) refuse()
      this.#racing.add(refuse)
      part.then(resolve, reject).then(() => this.#racing.delete(refuse))
    })
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.isOver = true
    for (const refuse of this.#racing) refuse()
  }

  #count(): void {
    this.#left -= 1
    this.#counted = performance.now()
    // A process that was blocked runs its due timers first, and reads the answers that wait for it next.
    if (this.#left > 0) this.#timer.refresh()
    else
      setImmediate(() => {
        if (this.isOver) return
        this.stop()
        this.#onOver()
      })
  }
}

/** Work that can ask how much time is left for it. */
export type TimedWork<Result> = (timeLimit: TimeLimit) => Promise<Result>

/**
 * What `work` answers, unless that takes longer than `limit` milliseconds (see `TimeLimit`). The work itself cannot be
 * stopped; nobody listens to it after that. Calls `onOver` when the time is up. `limitInMessage`: the limit that an error
 * names, where `limit` is what is left of it.
 *
 * @throws EngineUnavailable when the time is up.
 */
export function within<Result>(
  limit: number,
  work: Promise<Result> | TimedWork<Result>,
  onOver?: () => void,
  limitInMessage = limit,
): Promise<Result> {
  // By hand: `Promise.race` makes three times as many promises, for each call of each request.
  return new Promise((resolve, reject) => {
    const over = (): void => {
      onOver?.()
      reject(tooSlow(limitInMessage))
    }
    const timeLimit = new TimeLimit(limit, over, limitInMessage)
    const working = typeof work === 'function' ? work(timeLimit) : work
    working.then(
      (result) => {
        timeLimit.stop()
        resolve(result)
      },
      (error: unknown) => {
        timeLimit.stop()
        reject(error)
      },
    )
  })
}

export function tooSlow(limit: number): EngineUnavailable {
  return new EngineUnavailable(`the store did not answer within ${Math.round(limit)} ms`)
}
