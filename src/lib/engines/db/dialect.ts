import type { Move } from '../session-store.js'

/**
 * What a database does for a `SqlStore`. Each method is atomic by itself and throws nothing but `EngineUnavailable`.
 *
 * A method that is handed several items gets every key once at the most, and the keys in order, so that two processes
 * which lock the same rows do so one behind the other. It answers the keys of the items that it carried out. What
 * *alive* means, and what the conditions are, `SessionStore` says.
 */
export interface SqlDialect {
  /** Whether statements run beside each other, on connections of their own. */
  readonly beside: boolean
  readMany(keys: readonly string[]): Promise<readonly SqlRow[]>
  insertMany(writes: readonly SqlWrite[]): Promise<Iterable<string>>
  replaceMany(writes: readonly SqlWrite[]): Promise<Iterable<string>>
  extendMany(extensions: readonly SqlExtension[]): Promise<Iterable<string>>
  move(move: Move, version: number, now: number): Promise<boolean>
  remove(key: string): Promise<boolean>
  /** Only keys that begin with `prefix`. */
  removeExpired(prefix: string, limit: number, now: number): Promise<number>
  close(): Promise<void>
}

/** What stands in the table. */
export interface SqlRow {
  readonly key: string
  readonly value: string
}

export interface SqlWrite {
  readonly key: string
  readonly text: string
  /** The version that the writer has read; 0 where there was none. */
  readonly version: number
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface SqlExtension {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly expires: number
  /** Milliseconds since 1970. */
  readonly now: number
}
