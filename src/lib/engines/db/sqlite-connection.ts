import { setTimeout as delay } from 'node:timers/promises'
import { type TimeLimit, tooSlow } from '../concurrency.js'
import { codeOf, recordRefused, unavailable } from './driver.js'

/** A connection to a SQLite database, by whatever driver. It prepares each statement once. */
export interface SqliteConnection {
  /**
   * Runs one statement and answers its rows. Where somebody else has the lock it tries again until the time is up.
   *
   * @throws EngineUnavailable, @throws RecordRefused, and nothing else.
   */
  query<Row>(sql: string, parameters?: readonly unknown[], timeLimit?: TimeLimit): Promise<Row[]>
  /**
   * Runs a statement once for each item, all in one transaction; answers which items changed a row. Only of drivers that
   * work on the event loop: a transaction has the connection to itself then. Errors as of `query`, and then nothing was done.
   */
  runEach?(sql: string, items: readonly (readonly unknown[])[], timeLimit?: TimeLimit): Promise<boolean[]>
  close(): Promise<void>
}

export interface SqliteConnectionOptions {
  readonly path: string
  /** Whether it is in a file, rather than in memory. */
  readonly isFile: boolean
  /** The database as errors call it. */
  readonly name: string
  /** How long one call may take, in milliseconds. */
  readonly timeLimit: number
}

/** How a driver opens a database. */
export interface SqliteDriver {
  /** @throws EngineUnavailable if the file cannot be opened. */
  open(options: SqliteConnectionOptions): Promise<SqliteConnection>
  /**
   * Whether `query` has the rows before it returns. SQLite then works on the event loop, one statement after the other, so
   * a second connection would only keep a second cache of the same pages.
   */
  readonly isSynchronous: boolean
}

/** A text is longer than SQLite's limit, a billion bytes. */
const TOO_BIG = 'SQLITE_TOOBIG'

/** Another process, or another connection, has the lock. */
const BUSY = 'SQLITE_BUSY'
/** Milliseconds between two attempts to get a lock, as SQLite itself waits; the last one for all that come. */
const BUSY_WAITS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100]

/**
 * Makes attempts until none fails for a lock, or the time is up. (If SQLite waited, it would occupy one of this process's
 * few threads, or the event loop; with all of them waiting nobody could read. And a statement could get its lock, and
 * write, when its caller has been refused.)
 *
 * @throws EngineUnavailable, @throws RecordRefused, and nothing else.
 */
export async function untilUnlocked<Row>(
  { name, timeLimit: most }: SqliteConnectionOptions,
  timeLimit: TimeLimit | undefined,
  run: () => Promise<unknown[]> | unknown[],
): Promise<Row[]> {
  const since = performance.now()
  for (let attempt = 0; ; attempt++) {
    try {
      if (timeLimit?.isOver) throw tooSlow(most)
      return (await run()) as Row[]
    } catch (cause) {
      const code = codeOf(cause)
      const wait = BUSY_WAITS[Math.min(attempt, BUSY_WAITS.length - 1)] ?? 0
      const left = timeLimit?.left ?? since + most - performance.now()
      if (code !== BUSY || left <= wait)
        throw code === TOO_BIG ? recordRefused(name, cause) : unavailable(name, cause)
      await delay(wait)
    }
  }
}
