import type { Database } from 'sqlite3'

/** How long another process may keep the file to itself: milliseconds. */
const BUSY_TIMEOUT = 2000

/** What the database answers: a row's columns by name. */
export type Row = Readonly<Record<string, unknown>>

/** A SQLite database while it is open. */
export interface OpenDatabase {
  all(sql: string, ...parameters: readonly (string | number)[]): Promise<Row[]>
  /** Runs statements, separated by semicolons. */
  exec(sql: string): Promise<void>
}

/**
 * Opens the file, lets `work` use it, and closes it. `read` neither makes the file nor writes to it, so it does on a
 * disk that cannot be written to.
 *
 * @throws What SQLite says.
 */
export async function withDatabase<Result>(
  path: string,
  mode: 'read' | 'create',
  work: (database: OpenDatabase) => Promise<Result>,
): Promise<Result> {
  // Loaded when it is needed: a machine that the driver was not made for has a server all the same.
  const { default: sqlite } = await import('sqlite3')
  const flags = mode === 'read' ? sqlite.OPEN_READONLY : sqlite.OPEN_READWRITE | sqlite.OPEN_CREATE
  const database = await new Promise<Database>((resolve, reject) => {
    const opened = new sqlite.Database(path, flags, (error) => (error ? reject(error) : resolve(opened)))
  })
  database.configure('busyTimeout', BUSY_TIMEOUT)
  try {
    return await work({
      all: (sql, ...parameters) =>
        done((callback: Callback<Row[]>) => database.all<Row>(sql, parameters, callback)),
      exec: (sql) => done((callback: Callback<void>) => database.exec(sql, callback)),
    })
  } finally {
    await done((callback: Callback<void>) => database.close(callback))
  }
}

type Callback<Result> = (error: Error | null, result: Result) => void

function done<Result>(start: (callback: Callback<Result>) => unknown): Promise<Result> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(error) : resolve(result)))
  })
}
