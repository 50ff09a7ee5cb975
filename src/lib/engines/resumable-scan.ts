/** Batches whose times are no further apart belong to one sweep: milliseconds. */
const ONE_SWEEP = 5000

/**
 * How a store without an index of expiries is swept: a sweep of many batches is one walk. Each batch goes on behind
 * the item where the last one stopped, and when every item has had its turn the sweep is over. A batch that comes later
 * begins a walk of its own.
 */
export class ResumableScan<Item> {
  readonly #items: () => AsyncGenerator<Item, void>
  #underWay: AsyncGenerator<Item, void> | undefined
  #latest = 0

  /** `items` begins anew each time it is called. */
  constructor(items: () => AsyncGenerator<Item, void>) {
    this.#items = items
  }

  /** Calls `remove` until it has answered `limit` times that it removed something; answers how often it did. */
  async run(limit: number, now: number, remove: (item: Item) => Promise<boolean> | boolean): Promise<number> {
    if (this.#underWay === undefined || Math.abs(now - this.#latest) > ONE_SWEEP)
      this.#underWay = this.#items()
    const walk = this.#underWay
    let removed = 0
    try {
      while (removed < limit) {
        const next = await walk.next()
        if (next.done) {
          this.#end(walk)
          break
        }
        if (await remove(next.value)) removed += 1
      }
    } catch (error) {
      this.#end(walk)
      throw error
    }
    this.#latest = now
    return removed
  }

  #end(walk: AsyncGenerator<Item, void>): void {
    if (this.#underWay === walk) this.#underWay = undefined
  }
}
