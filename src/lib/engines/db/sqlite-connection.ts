import { unusable } from './database-error.js'
import { driverOf } from './driver.js'
import type { Row } from './sqlite-dialect.js'

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
  all(parameters: readonly unknown[], done: (error: Error | null, rows: Row[]) => void): void
  reset(done: () => void): void
  finalize(done: () => void): void
}

export interface SqliteConnectionOptions {
  readonly path: string
  /** The database as errors call it. */
  readonly name: string
  /** How long SQLite waits for another process's lock, in milliseconds. */
  readonly busyTimeout: number
}

/**
 * A connection whose statements are prepared once. The adapter's prepares each anew, which costs more than to run it for
 * one session, and half as much for a dozen.
 */
export class SqliteConnection {
  readonly #name: string
  readonly #database: Database
  /** By their text; there are as many as `sqlite-statements.ts` has. */
  readonly #statements = new Map<string, Promise<Statement>>()

  private constructor(name: string, database: Database) {
    this.#name = name
    this.#database = database
  }

  /** @throws EngineUnavailable if the file cannot be opened. */
  static async open({ path, name, busyTimeout }: SqliteConnectionOptions): Promise<SqliteConnection> {
    const { Database } = driverOf('@keyv/sqlite', 'sqlite3') as Driver
    const database = await new Promise<Database>((resolve, reject) => {
      const opened = new Database(path, (error) => (error === null ? resolve(opened) : reject(error)))
    }).catch((cause: unknown) => {
      throw unusable(name, cause)
    })
    database.configure('busyTimeout', busyTimeout)
    return new SqliteConnection(name, database)
  }

  /** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
  async query(sql: string, ...parameters: unknown[]): Promise<Row[]> {
    try {
      return await run(await this.#prepared(sql), parameters)
    } catch (cause) {
      throw unusable(this.#name, cause)
    }
  }

  /** A database with statements that are not put away cannot be closed. */
  async close(): Promise<void> {
    const statements = await Promise.allSettled(this.#statements.values())
    for (const statement of statements) {
      if (statement.status === 'fulfilled') await finalize(statement.value)
    }
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => (error === null ? resolve() : reject(error)))
    })
  }

  #prepared(sql: string): Promise<Statement> {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const preparing = new Promise<Statement>((resolve, reject) => {
      const statement = this.#database.prepare(sql, (error) =>
        error === null ? resolve(statement) : reject(error),
      )
    })
    this.#statements.set(sql, preparing)
    // Under another process's lock not even that can be done; the next call tries again.
    preparing.catch(() => this.#statements.delete(sql))
    return preparing
  }
}

/**
 * What has failed is reset: SQLite would go on with a statement that did not get its lock, and until then commit nothing
 * that others write on the connection, although it answers that it did.
 */
async function run(statement: Statement, parameters: readonly unknown[]): Promise<Row[]> {
  try {
    return await new Promise((resolve, reject) => {
      statement.all(parameters, (error, rows) => (error === null ? resolve(rows) : reject(error)))
    })
  } catch (error) {
    await new Promise<void>((resolve) => statement.reset(resolve))
    throw error
  }
}

function finalize(statement: Statement): Promise<void> {
  return new Promise((resolve) => statement.finalize(resolve))
}
