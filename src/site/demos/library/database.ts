import { randomUUID } from 'node:crypto'
import { access, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Database } from 'sqlite3'
import { makeDirectory } from '../../../lib/internal.js'
import { catalogue } from './books.js'

const SCHEMA = `
  CREATE TABLE author(
    id INTEGER PRIMARY KEY, given TEXT NOT NULL, family TEXT NOT NULL, born INTEGER NOT NULL, died INTEGER NOT NULL
  );
  CREATE TABLE book(
    id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER NOT NULL, author INTEGER NOT NULL REFERENCES author(id)
  );
  CREATE TABLE copy(
    id INTEGER PRIMARY KEY, book INTEGER NOT NULL REFERENCES book(id),
    status TEXT NOT NULL CHECK (status IN ('available', 'on loan', 'reserved', 'being mended'))
  );
  CREATE INDEX copy_book ON copy(book);`

/**
 * Makes the library's catalogue, unless the file exists. The file is written under another name and renamed when it is
 * complete, so no process reads half of it. Of two processes that do this at once, the later one replaces the file by
 * an equal one.
 *
 * @throws The error of the file system or of SQLite.
 */
export async function seed(path: string): Promise<void> {
  if (await exists(path)) return
  await makeDirectory(dirname(path))
  const draft = `${path}.${randomUUID()}`
  try {
    await fill(draft)
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

async function fill(path: string): Promise<void> {
  const books = catalogue.flatMap((author, at) => author.books.map((book) => ({ ...book, author: at + 1 })))
  const copies = books.flatMap((book, at) => book.copies.map((status) => ({ status, book: at + 1 })))
  await withDatabase(path, 'create', async ({ exec, all }) => {
    await exec(`BEGIN;${SCHEMA}`)
    await all(
      `INSERT INTO author(id, given, family, born, died)
       SELECT key + 1, value->>'given', value->>'family', value->>'born', value->>'died' FROM json_each(?)`,
      JSON.stringify(catalogue),
    )
    await all(
      `INSERT INTO book(id, title, year, author)
       SELECT key + 1, value->>'title', value->>'year', value->>'author' FROM json_each(?)`,
      JSON.stringify(books),
    )
    await all(
      `INSERT INTO copy(id, book, status)
       SELECT key + 1, value->>'book', value->>'status' FROM json_each(?)`,
      JSON.stringify(copies),
    )
    await exec('COMMIT')
  })
}

/** How long to wait while another process locks the file: milliseconds. */
const BUSY_TIMEOUT = 2000

/** A row's columns by name. */
export type Row = Readonly<Record<string, unknown>>

/** An open SQLite database. */
export interface OpenDatabase {
  all(sql: string, ...parameters: readonly (string | number)[]): Promise<Row[]>
  /** Runs statements, separated by semicolons. */
  exec(sql: string): Promise<void>
}

/**
 * Opens the file, runs `work` and closes the file. `read` neither creates the file nor writes to it, so it works on a
 * read-only disk.
 *
 * @throws The error of SQLite.
 */
export async function withDatabase<Result>(
  path: string,
  mode: 'read' | 'create',
  work: Work<Result>,
): Promise<Result> {
  return sqliteInRuntime === undefined
    ? withSqlite3(path, mode, work)
    : withNodeSqlite(sqliteInRuntime, path, mode, work)
}

type Work<Result> = (database: OpenDatabase) => Promise<Result>

/** What we use of `node:sqlite`. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly: boolean },
  ) => {
    prepare(sql: string): { all(...parameters: readonly (string | number)[]): Row[] }
    exec(sql: string): void
    close(): void
  }
}

/** Node has it from 22.13 on. `sqlite3`, which is no longer maintained, is for Node 20. */
const sqliteInRuntime = process.getBuiltinModule?.('node:sqlite') as NodeSqlite | undefined

async function withNodeSqlite<Result>(
  { DatabaseSync }: NodeSqlite,
  path: string,
  mode: 'read' | 'create',
  work: Work<Result>,
): Promise<Result> {
  const database = new DatabaseSync(path, { readOnly: mode === 'read' })
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`)
    return await work({
      all: async (sql, ...parameters) => database.prepare(sql).all(...parameters),
      exec: async (sql) => database.exec(sql),
    })
  } finally {
    database.close()
  }
}

async function withSqlite3<Result>(
  path: string,
  mode: 'read' | 'create',
  work: Work<Result>,
): Promise<Result> {
  // Loaded on first use: where the native driver does not load, the server still starts.
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
