import type { Logger } from '../logger.js'
import { EngineUnavailable } from './errors.js'
import type { KeyedStore, Move, StoredText } from './keyed-store.js'

type Kind = 'reads' | 'writes'

/**
 * A store whose outages are logged, with the cause: once each, however many requests it costs. An outage of the writes
 * ends with a write: a store that is full or read-only goes on answering reads, and those are no sign of its return.
 */
export class ReportedStore implements KeyedStore {
  readonly #store: KeyedStore
  readonly #message: string
  readonly #logger: Logger
  /** What has failed, and not worked since. */
  readonly #failing = new Set<Kind>()

  /** `message`: what the log says when an outage begins. */
  constructor(store: KeyedStore, message: string, logger: Logger) {
    this.#store = store
    this.#message = message
    this.#logger = logger
  }

  read(key: string): Promise<string | undefined> {
    return this.#watch('reads', this.#store.read(key))
  }

  insert(key: string, entry: StoredText): Promise<boolean> {
    return this.#watch('writes', this.#store.insert(key, entry))
  }

  replace(key: string, entry: StoredText, version: number, now: number): Promise<boolean> {
    return this.#watch('writes', this.#store.replace(key, entry, version, now))
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#watch('writes', this.#store.extend(key, expires, now))
  }

  move(move: Move, version: number, now: number): Promise<boolean> {
    return this.#watch('writes', this.#store.move(move, version, now))
  }

  remove(key: string): Promise<boolean> {
    return this.#watch('writes', this.#store.remove(key))
  }

  /** Whoever sweeps logs what went wrong itself. */
  removeExpired(limit: number, now: number): Promise<number> {
    return this.#store.removeExpired(limit, now)
  }

  close(): Promise<void> {
    return this.#store.close()
  }

  async #watch<Result>(kind: Kind, call: Promise<Result>): Promise<Result> {
    try {
      const result = await call
      this.#failing.delete(kind)
      return result
    } catch (err) {
      if (err instanceof EngineUnavailable) this.#report(kind, err)
      throw err
    }
  }

  #report(kind: Kind, err: EngineUnavailable): void {
    if (this.#failing.size === 0) this.#logger.error({ err }, this.#message)
    this.#failing.add(kind)
  }
}
