import type { RedisClient, RedisNode } from './client.js'

/** Keys that Redis looks at in one step of a walk, about. */
const STEP = 1000
/** Steps of one sweep. */
const STEPS = 10

const START = '0'

/**
 * Removes what is over and still there. Redis removes texts at their end by itself, so this finds something only where
 * its clock and ours disagree; hence a walk that goes on where the last one stopped, a bounded way at a time.
 */
export class RedisSweep {
  readonly #pattern: string
  /** Where the next walk begins, by the server's place among the nodes. */
  readonly #cursors: string[] = []

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** Calls `remove` for keys under way until it has answered `limit` times that it removed something. */
  async run(client: RedisClient, limit: number, remove: (key: string) => Promise<boolean>): Promise<number> {
    let removed = 0
    for (const [place, node] of (await client.nodes()).entries()) {
      removed += await this.#walk(place, node, limit - removed, remove)
    }
    return removed
  }

  async #walk(
    place: number,
    node: RedisNode,
    limit: number,
    remove: (key: string) => Promise<boolean>,
  ): Promise<number> {
    let removed = 0
    let wholeRound = (this.#cursors[place] ?? START) === START
    for (let step = 0; step < STEPS; step++) {
      const page = await node.scan(this.#cursors[place] ?? START, {
        MATCH: this.#pattern,
        COUNT: STEP,
        TYPE: 'string',
      })
      for (let keys = page.keys; keys.length > 0; ) {
        // Limit reached: the next walk looks at this page again.
        if (removed === limit) return removed
        const some = keys.slice(0, limit - removed)
        keys = keys.slice(some.length)
        removed += (await Promise.all(some.map(remove))).filter(Boolean).length
      }
      this.#cursors[place] = page.cursor
      if (page.cursor !== START) continue
      if (wholeRound) break
      wholeRound = true
    }
    return removed
  }
}
