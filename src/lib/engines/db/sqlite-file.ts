import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '../../logger.js'
import { type TimeLimit, tooSlow } from '../concurrency.js'
import { hasCode } from '../file-system.js'
import { codeOf, driverOf, recordRefused, unavailable } from './driver.js'

/** Where the statements go. */
export interface SqliteConnections {
  /** A connection of its own, so that no reader waits behind a locked writer. */
  readonly reader: SqliteConnection
  readonly writer: SqliteConnection
}

export interface SqliteDatabase {
  /** The connections to use now. */
  connections(): Promise<SqliteConnections>
  close(): Promise<void>
}

/** How often we check that the file is still the one that was opened: milliseconds. */
const CHECK_EVERY = 1000

export interface SqliteFileOptions {
  readonly path: string
  /** The database as errors call it. */
  readonly name: string
  readonly connect: () => Promise<ClosableConnections>
  readonly logger: Logger
}

export interface ClosableConnections extends SqliteConnections {
  close(): Promise<void>
}

interface Opened {
  /** Which file it was: its device and inode. */
  readonly file: string
  readonly connections: Promise<ClosableConnections>
}

/**
 * Connections to the file that is at a path now. When a file is removed or replaced, SQLite goes on with the file that it
 * has opened, and what is written there is lost with the next restart, without an error. So we check once a second:
 * another file is opened, and without a file the database is unavailable. We create no new file then, because a
 * missing file may also mean that its disk is not mounted.
 */
export class SqliteFile implements SqliteDatabase {
  readonly #options: SqliteFileOptions
  #opened: Opened
  /** The new file could not be opened; perhaps it was still being copied. */
  #isBroken = false
  #checkedAt = performance.now()
  #checking: Promise<void> | undefined

  private constructor(options: SqliteFileOptions, opened: Opened) {
    this.#options = options
    this.#opened = opened
  }

  /** @throws EngineUnavailable if there is no file, or it cannot be used. */
  static async open(options: SqliteFileOptions): Promise<SqliteFile> {
    const file = await fileAt(options)
    const connections = options.connect()
    await connections
    return new SqliteFile(options, { file, connections })
  }

  async connections(): Promise<SqliteConnections> {
    if (performance.now() - this.#checkedAt >= CHECK_EVERY) {
      this.#checking ??= this.#check().finally(() => {
        this.#checking = undefined
      })
      await this.#checking
    }
    return this.#opened.connections
  }

  async close(): Promise<void> {
    const connections = await this.#opened.connections.catch(() => undefined)
    await connections?.close()
  }

  /** While there is no file, every call checks, so that the first one after its return works. */
  async #check(): Promise<void> {
    const { connect, logger, name } = this.#options
    const { file, connections } = this.#opened
    const now = await fileAt(this.#options)
    this.#checkedAt = performance.now()
    if (now === file && !this.#isBroken) return
    if (now !== file) logger.warn({}, `another file stands in the place of ${name}; going on with that one`)
    this.#isBroken = false
    this.#opened = { file: now, connections: connect() }
    this.#opened.connections.catch(() => {
      this.#isBroken = true
    })
    // Closing the connections to the old file does not touch the file that is at the path now.
    connections.then((before) => before.close()).catch(() => {})
  }
}

async function fileAt({ path, name }: SqliteFileOptions): Promise<string> {
  try {
    // An inode of 64 bits does not fit into a JavaScript number.
    const { dev, ino } = await stat(path, { bigint: true })
    return `${dev}:${ino}`
  } catch (cause) {
    const gone = new Error('its file is gone; put it back, or restart to begin with an empty one', { cause })
    throw unavailable(name, hasCode(cause, 'ENOENT') ? gone : cause)
  }
}

type Done = (error: Error | null) => void

/** What we use of the driver (`sqlite3`). */
interface Driver {
  readonly Database: new (path: string, done: Done) => Database
}

interface Database {
  configure(option: 'busyTimeout', milliseconds: number): void
  prepare(sql: string, done: Done): Statement
  close(done: Done): void
}

interface Statement {
  all(parameters: readonly unknown[], done: (error: Error | null, rows: unknown[]) => void): void
  reset(done: () => void): void
  finalize(done: () => void): void
}

export interface SqliteConnectionOptions {
  readonly path: string
  /** The database as errors call it. */
  readonly name: string
  /** How long one call may take, in milliseconds. */
  readonly timeLimit: number
}

/** A text is longer than SQLite's limit, a billion bytes. */
const TOO_BIG = 'SQLITE_TOOBIG'

/** Another process, or another connection, has the lock. */
const BUSY = 'SQLITE_BUSY'
/** Milliseconds between two attempts to get a lock, as SQLite itself waits; the last one for all that come. */
const BUSY_WAITS = [1, 2, 5, 10, 15, 20, 25, 25, 25, 50, 50, 100]

/**
 * A connection that prepares each statement once. The adapter's connection prepares a statement for every call, which
 * costs more than to run it for one session, and half as much as to run it for a dozen.
 */
export class SqliteConnection {
  readonly #name: string
  readonly #database: Database
  /** Milliseconds. */
  readonly #timeLimit: number
  /** By their text; the number of texts is that of `sqliteStatements`. */
  readonly #statements = new Map<string, Promise<Statement>>()

  private constructor({ name, timeLimit }: SqliteConnectionOptions, database: Database) {
    this.#name = name
    this.#database = database
    this.#timeLimit = timeLimit
  }

  /** @throws EngineUnavailable if the file cannot be opened. */
  static async open(options: SqliteConnectionOptions): Promise<SqliteConnection> {
    const { path, name } = options
    const { Database } = driverOf('@keyv/sqlite', 'sqlite3') as Driver
    const database = await new Promise<Database>((resolve, reject) => {
      const opened = new Database(path, (error) => (error === null ? resolve(opened) : reject(error)))
    }).catch((cause: unknown) => {
      throw unavailable(name, cause)
    })
    // The driver's default is to wait for a second.
    database.configure('busyTimeout', 0)
    return new SqliteConnection(options, database)
  }

  /**
   * Runs one statement and answers its rows. Where another process has the lock it tries again until the time is up. (If
   * SQLite waited, it would occupy one of this process's few threads; with all of them waiting nobody could read. And a
   * statement could get its lock, and write, when its caller has been refused.)
   *
   * @throws EngineUnavailable, @throws RecordRefused, and nothing else.
   */
  async query<Row>(sql: string, parameters: readonly unknown[] = [], timeLimit?: TimeLimit): Promise<Row[]> {
    const since = performance.now()
    for (let attempt = 0; ; attempt++) {
      try {
        const statement = await (this.#statements.get(sql) ?? this.#prepare(sql))
        if (timeLimit?.isOver) throw tooSlow(this.#timeLimit)
        return (await run(statement, parameters)) as Row[]
      } catch (cause) {
        const code = codeOf(cause)
        const wait = BUSY_WAITS[Math.min(attempt, BUSY_WAITS.length - 1)] ?? 0
        const left = timeLimit?.left ?? since + this.#timeLimit - performance.now()
        if (code !== BUSY || left <= wait)
          throw code === TOO_BIG ? recordRefused(this.#name, cause) : unavailable(this.#name, cause)
        await delay(wait)
      }
    }
  }

  /** SQLite closes no database that has statements. */
  async close(): Promise<void> {
    for (const statement of await Promise.allSettled(this.#statements.values())) {
      if (statement.status === 'fulfilled')
        await new Promise<void>((resolve) => statement.value.finalize(resolve))
    }
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error === null ? resolve() : reject(error)))
    })
  }

  #prepare(sql: string): Promise<Statement> {
    const preparing = new Promise<Statement>((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error) =>
        error === null ? resolve(statement) : reject(error),
      )
    })
    this.#statements.set(sql, preparing)
    // Another process's lock can make even this fail; the next call tries again.
    preparing.catch(() => this.#statements.delete(sql))
    return preparing
  }
}

/**
 * Resets a statement that has failed. Without the reset SQLite considers a statement that did not get its lock as still
 * running, and until it ends commits nothing that others write on the connection, although it answers that it did.
 */
async function run(statement: Statement, parameters: readonly unknown[]): Promise<unknown[]> {
  try {
    return await new Promise((resolve, reject) => {
      statement.all(parameters, (error, rows) => (error === null ? resolve(rows) : reject(error)))
    })
  } catch (error) {
    await new Promise<void>((resolve) => statement.reset(resolve))
    throw error
  }
}
