/**
 * Where sessions are kept. To keep them in a store of your own, write these eight methods and hand the store to
 * `storeEngine`, which adds everything else: ids and their hashes, expiry, rotation, sealing, users' lists.
 *
 * A store keeps one entry under each key. A key is a text; an entry is a text with two facts about it, `expires` and
 * `version`. Store all three as they come and answer them as they are. What the text says is not the store's concern.
 *
 * - An entry with a version is a *session*. An entry without one is a *tombstone*: it marks a key that a session has left
 *   or must not take.
 * - A session is *alive* while its `expires` is later than `now`. A tombstone is never alive.
 * - `expires` and `now` are milliseconds since 1970. Compare them with each other, never with a clock of the store. A
 *   store may remove at any time what has expired.
 * - Each method is one atomic step, for other processes too. Two requests can call `replace` with the same version at the
 *   same moment: one is answered `true`, the other `false`.
 * - A method with a condition answers `true` if it did its work. Otherwise it changes nothing and answers `false`; the
 *   caller finds out the reason with `read`.
 *
 * @throws EngineUnavailable from every method if the store is down or does not answer in time. "Nothing stands there"
 * would be wrong: it logs people out.
 * @throws RecordRefused if the store works and cannot take this one entry, because it is too large for example.
 */
export interface SessionStore {
  /** The entry at `key`, expired or not, as a copy; `undefined` if there is none. */
  read(key: string): Promise<StoredEntry | undefined>

  /**
   * The same, past any cache in front of the store. Only for a store whose `read` may be behind other processes. It is
   * asked after a condition was not met, so a later `read` of the key must answer nothing older.
   */
  readLatest?(key: string): Promise<StoredEntry | undefined>

  /**
   * What `read` would answer, at once, where it is at hand in this process's memory; `undefined` says nothing. Saves a read
   * its promises.
   */
  readNow?(key: string): StoredEntry | undefined

  /** Stores `entry` if nothing stands at `key`, not even a tombstone or what has expired. */
  insert(key: string, entry: StoredEntry): Promise<boolean>

  /** Puts `entry` in the place of the session at `key`, if that is alive and has `version`. */
  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean>

  /** Gives the session at `key` another `expires`, if it is alive. Text and version stay. */
  extend(key: string, expires: number, now: number): Promise<boolean>

  /**
   * Puts `entry` at `to` and `tombstone` at `from`, both or neither, if the session at `from` is alive and has `version`,
   * and nothing stands at `to`.
   */
  move(move: Move, version: Version, now: number): Promise<boolean>

  /** Removes the session at `key`, alive or expired. A tombstone stays. */
  remove(key: string): Promise<boolean>

  /** Removes entries whose `expires` is `now` or earlier, tombstones too, at most `limit`. Answers how many. */
  removeExpired(limit: number, now: number): Promise<number>

  /**
   * The keys of all sessions, a page at a time, in any order; keys of tombstones may be among them. A key comes once if its
   * session is there from the first page to the last. For a store that can list what it holds; without it,
   * `koa-tessera move` cannot find the sessions that nobody visits, and a revocation not those of a user whose list was damaged.
   */
  keys?(): AsyncIterable<readonly string[]>

  /** Finishes what is under way and releases files, sockets and timers. A second call does nothing. */
  close(): Promise<void>

  /**
   * Calls `listener` with the key of a session soon after `remove` or `move` has taken it from there, in whichever process;
   * `failed` if that cannot be told. Answers a function that stops it. For a store that can publish; a message may get
   * lost, and one too many does no harm. Without it, ends are noticed within a second by reading.
   */
  readonly listen?: Listen | undefined

  /**
   * What the store compares as the version. `counter` (default): the `version` that came with the entry. `text`: the
   * entry's text, for stores that compare a whole value anyway. `read` then answers the text as the version too, except
   * for a tombstone, which still has none.
   */
  readonly versions?: 'counter' | 'text'
}

/** As `SessionStore.listen`. */
export type Listen = (
  listener: (key: string) => void,
  failed: (error: unknown) => void,
) => () => Promise<void>

/** A store compares it with `===` and does nothing else with it. */
export type Version = number | string

/** What stands under one key. */
export interface StoredEntry {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** `undefined` for a tombstone. */
  readonly version: Version | undefined
  /**
   * Security depends on this entry: it is a user's list, a revocation, the claim on a session of another library, or the
   * session of somebody logged in. A store that forgets entries when it is full must not forget this one to make room for
   * entries without the mark. All other stores ignore it; `read` need not answer it.
   */
  readonly isProtected?: boolean
}

/** A session on its way to another key. */
export interface Move {
  readonly from: string
  readonly to: string
  readonly entry: StoredEntry
  readonly tombstone: StoredEntry
}

/** What stands at `key`, never behind what other processes wrote. */
export function readLatest(store: SessionStore, key: string): Promise<StoredEntry | undefined> {
  return store.readLatest ? store.readLatest(key) : store.read(key)
}
