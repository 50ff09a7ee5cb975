import { driverOf, unavailable } from './driver.js'

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
  /** How long SQLite waits for another process's lock, in milliseconds. */
  readonly busyTimeout: number
}

/**
 * A connection that prepares each statement once. The adapter's connection prepares a statement for every call, which
 * costs more than to run it for one session, and half as much as to run it for a dozen.
 */
export class SqliteConnection {
  readonly #name: string
  readonly #database: Database
  /** By their text; the number of texts is that of `sqliteStatements`. */
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
      throw unavailable(name, cause)
    })
    database.configure('busyTimeout', busyTimeout)
    return new SqliteConnection(name, database)
  }

  /** Runs one statement and answers its rows. Throws nothing but `EngineUnavailable`. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      const statement = await (this.#statements.get(sql) ?? this.#prepare(sql))
      return (await run(statement, parameters)) as Row[]
    } catch (cause) {
      throw unavailable(this.#name, cause)
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
