import { isDeepStrictEqual } from 'node:util'
import type { Codec } from '../codecs/codec.js'
import { within } from './concurrency.js'
import { EngineUnavailable } from './errors.js'
import type { Move, SessionStore, StoredEntry, Version } from './session-store.js'

/**
 * The writes to a key that nobody else knows yet. When the answer to one gets lost, the store is asked once whether it
 * was done, in what is left of its time; what stands there then can only be our own (R15). Nothing is written a second
 * time (R16).
 *
 * An update is not asked about: what stands under its key may be another request's work that looks the same, and
 * taking that for our own would lose an update. Its outcome stays open, as the answer says.
 */
export class ConfirmedWrites {
  readonly #store: SessionStore
  readonly #codec: Codec
  readonly #timeLimit: number

  /** `timeLimit`: milliseconds; 0 where no answer can get lost. */
  constructor(store: SessionStore, codec: Codec, timeLimit = 0) {
    this.#store = store
    this.#codec = codec
    this.#timeLimit = timeLimit
  }

  /** As the store's own. Recognised, it spares a visitor who has just logged in to do so again. */
  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.#confirmed(
      () => this.#store.insert(key, entry),
      () => this.#holds(key, entry),
    )
  }

  /**
   * As the store's own. A move whose answer got lost would be a log-out: what the browser has leads to a tombstone, and
   * the session stands under an id that nobody was told. The question also settles it: where nothing stands at the new
   * key a tombstone is put, so that a move that is still on its way finds the key taken, and leaves the session where it
   * was (S09).
   */
  move(move: Move, version: Version, now: number): Promise<boolean> {
    return this.#confirmed(
      () => this.#store.move(move, version, now),
      async () => !(await this.#store.insert(move.to, move.tombstone)) && this.#holds(move.to, move.entry),
    )
  }

  /** Were the generator of ids broken, it could be another's session. A store may write the same in other words. */
  async #holds(key: string, entry: StoredEntry): Promise<boolean> {
    const found = await this.#store.read(key)
    if (found === undefined) return false
    const [there, ours] = [found, entry].map(({ text }) => this.#codec.decode(text, key))
    return isDeepStrictEqual(there, ours)
  }

  async #confirmed(write: () => Promise<boolean>, isDone: () => Promise<boolean>): Promise<boolean> {
    const begun = performance.now()
    try {
      return await write()
    } catch (error) {
      const left = this.#timeLimit - (performance.now() - begun)
      if (!(error instanceof EngineUnavailable) || left <= 0) throw error
      if (await within(left, isDone()).catch(() => false)) return true
      throw error
    }
  }
}
