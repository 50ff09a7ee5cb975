/** Batches whose times are no further apart belong to one sweep: milliseconds. */
const ONE_SWEEP = 5000

/**
 * The sweep of a store without an index of expiries. A sweep comes in batches, and all of them are one scan: each batch
 * goes on behind the item where the last one stopped, and the sweep ends when every item was looked at. A batch that
 * comes much later begins a scan of its own.
 */
export class ResumableScan<Item> {
  readonly #items: () => AsyncGenerator<Item, void>
  #current: AsyncGenerator<Item, void> | undefined
  #latest = 0

  /** `items` begins anew each time it is called. */
  constructor(items: () => AsyncGenerator<Item, void>) {
    this.#items = items
  }

  /** Calls `remove` until it has answered `limit` times that it removed something; answers how often it did. */
  async run(limit: number, now: number, remove: (item: Item) => Promise<boolean> | boolean): Promise<number> {
    if (this.#current === undefined || Math.abs(now - this.#latest) > ONE_SWEEP) this.#current = this.#items()
    const scan = this.#current
    let removed = 0
    try {
      while (removed < limit) {
        const next = await scan.next()
        if (next.done) {
          this.#end(scan)
          break
        }
        if (await remove(next.value)) removed += 1
      }
    } catch (error) {
      this.#end(scan)
      throw error
    }
    this.#latest = now
    return removed
  }

  #end(scan: AsyncGenerator<Item, void>): void {
    if (this.#current === scan) this.#current = undefined
  }
}
