/**
 * What a store behind a `StoreEngine` does: a handful of atomic steps on keys and texts. It knows nothing of ids,
 * and of the texts only what `codecs/codec.ts` promises about them.
 *
 * A conditional step answers only whether it was done. Why it was not (gone, changed, taken) the engine finds out by
 * reading, so that no store has to get that right again.
 *
 * An entry is *alive* if it is a session and its `expires` is later than `now`. Every failure of the store itself is
 * thrown as `EngineUnavailable`.
 */
export interface SessionStore {
  read(key: string): Promise<string | undefined>

  /** The same, past whatever stands between this process and the store. Only where that differs from `read`. */
  readNow?(key: string): Promise<string | undefined>

  /** Stores `entry` unless something stands at `key`, alive or not. */
  insert(key: string, entry: StoredEntry): Promise<boolean>

  /** Replaces what stands at `key` if it is alive and has `version`. */
  replace(key: string, entry: StoredEntry, version: number, now: number): Promise<boolean>

  /** Gives what stands at `key` another end, if it is alive. */
  extend(key: string, expires: number, now: number): Promise<boolean>

  /**
   * If what stands at `from` is alive and has `version`, and nothing stands at `to`: puts `entry` at `to` and `mark`
   * at `from`. Both or neither.
   */
  move(move: Move, version: number, now: number): Promise<boolean>

  /** Removes the session at `key`, expired or not. A mark stays. */
  remove(key: string): Promise<boolean>

  /** Removes at most `limit` entries, marks too, whose `expires` is not later than `now`. */
  removeExpired(limit: number, now: number): Promise<number>

  close(): Promise<void>
}

/** An entry as the codec wrote it, with the two facts that stores put conditions on. */
export interface StoredEntry {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** `undefined` for a mark, which no writer's version matches. */
  readonly version: number | undefined
}

export interface Move {
  readonly from: string
  readonly to: string
  readonly entry: StoredEntry
  readonly mark: StoredEntry
}
