import { type TimeLimit, tooSlow } from '../concurrency.js'
import { driverOf, unavailable } from './driver.js'
import {
  type SqliteConnection,
  type SqliteConnectionOptions,
  type SqliteDriver,
  untilUnlocked,
} from './sqlite-connection.js'

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

/**
 * The driver of @keyv/sqlite, `sqlite3`, which works on the threads of libuv.
 *
 * @throws EngineMisconfigured if it is not installed or cannot be loaded.
 */
export function sqlite3Driver(): SqliteDriver {
  const { Database } = driverOf('@keyv/sqlite', 'sqlite3') as Driver
  return {
    isSynchronous: false,
    async open(options) {
      const { path, name } = options
      const database = await new Promise<Database>((resolve, reject) => {
        const opened = new Database(path, (error) => (error === null ? resolve(opened) : reject(error)))
      }).catch((cause: unknown) => {
        throw unavailable(name, cause)
      })
      // The driver's default is to wait for a second.
      database.configure('busyTimeout', 0)
      return new Sqlite3Connection(options, database)
    },
  }
}

/**
 * A connection that prepares each statement once. The adapter's connection prepares a statement for every call, which
 * costs more than to run it for one session, and half as much as to run it for a dozen.
 */
class Sqlite3Connection implements SqliteConnection {
  readonly #options: SqliteConnectionOptions
  readonly #database: Database
  /** By their text; the number of texts is that of `sqliteStatements`. */
  readonly #statements = new Map<string, Promise<Statement>>()

  constructor(options: SqliteConnectionOptions, database: Database) {
    this.#options = options
    this.#database = database
  }

  query<Row>(sql: string, parameters: readonly unknown[] = [], timeLimit?: TimeLimit): Promise<Row[]> {
    return untilUnlocked(this.#options, timeLimit, async () => {
      const statement = await (this.#statements.get(sql) ?? this.#prepare(sql))
      if (timeLimit?.isOver) throw tooSlow(this.#options.timeLimit)
      return run(statement, parameters)
    })
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
