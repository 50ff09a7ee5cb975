/**
 * Where sessions are kept: the one interface to implement for a store of your own. `storeEngine({ name, store })` makes
 * an engine of it and adds everything else: ids and their hashes, expiry, rotation, grace, sealing, users' lists.
 *
 * A store holds entries under keys. It knows nothing of ids, users or JSON: a key is a text that `storeEngine` makes, an
 * entry is a text with two facts beside it. Hand back what you were given.
 *
 * Each method is one atomic step. Two requests, of two processes perhaps, can call `replace` with the same version at the
 * same moment; only one may win. A conditional step answers whether it was done. Why it was not (gone, changed, taken)
 * `storeEngine` finds out with `read`.
 *
 * An entry is *alive* if it is a session and its `expires` is later than `now`. An entry without a version is a
 * *tombstone*, which marks a key whose session has moved or was ended; it is never alive.
 *
 * Times are milliseconds since 1970 and come from the caller: a store never asks its own clock whether an entry is alive.
 * It may remove what has expired by itself.
 *
 * @throws EngineUnavailable from every method, if the store is down, refuses, or does not answer in time. Nothing else
 * tells an outage from a session that does not exist.
 */
export interface SessionStore {
  /** The entry at `key`, expired or not; `undefined` if there is none. */
  read(key: string): Promise<StoredEntry | undefined>

  /** The same, past any cache between this process and the store. Leave it out where `read` is never behind. */
  readLatest?(key: string): Promise<StoredEntry | undefined>

  /** Stores `entry` unless there is any other at `key`, be it expired or a tombstone. */
  insert(key: string, entry: StoredEntry): Promise<boolean>

  /** Replaces the entry at `key` if it is alive and has `version`. */
  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean>

  /** Gives the entry at `key` another `expires` if it is alive. Its text and version stay. */
  extend(key: string, expires: number, now: number): Promise<boolean>

  /**
   * Moves a session. If the entry at `from` is alive and has `version`, and there is none at `to`: puts `entry` at `to`
   * and `tombstone` at `from`. Both or neither.
   */
  move(move: Move, version: Version, now: number): Promise<boolean>

  /** Removes the session at `key`, expired or not. A tombstone stays. */
  remove(key: string): Promise<boolean>

  /** Removes at most `limit` entries, tombstones too, whose `expires` is not later than `now`; answers how many. */
  removeExpired(limit: number, now: number): Promise<number>

  /** Finishes what is under way and releases files, sockets and timers. A second call does nothing. */
  close(): Promise<void>

  /**
   * What the store compares to tell whether an entry has changed. `counter` (default): the version that came with the
   * entry. `text`: the whole text; then `read` answers the text as the version, and needs no column for it.
   */
  readonly versions?: 'counter' | 'text'
}

/** Told apart with `===` only. */
export type Version = number | string

/** What stands under one key. */
export interface StoredEntry {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** `undefined` for a tombstone. */
  readonly version: Version | undefined
  /**
   * Security depends on it: a user's list, a revocation, the session of somebody logged in. A store that forgets entries
   * when it is full must not forget this one for the sake of those without the mark. No store needs to hand it back.
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
