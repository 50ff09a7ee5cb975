import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'
import type { Logger } from '../../logger.js'
import { Turns } from '../../turns.js'
import { makeDirectory } from '../directory.js'
import { tooSlow } from '../time-limit.js'
import { unusable } from './database-error.js'
import { SqlStore } from './sql-store.js'
import { type Query, sqliteDialect } from './sqlite-dialect.js'
import { type SqliteConnections, SqliteFile } from './sqlite-file.js'
import { sqliteStatements } from './sqlite-statements.js'

/** Keyv's own table. */
const TABLE = 'keyv'

/** SQLite's name for a database that lives as long as its connection. */
export const MEMORY = ':memory:'

/** SQLite waits for another process's lock for this share of the time limit, so that the error names the lock. */
const BUSY_SHARE = 0.9

export interface SqliteOptions {
  /** A path, relative to the working directory, or `:memory:`. */
  readonly path: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly timeLimit: number
  readonly logger: Logger
}

/**
 * Opens the database, creating file, table and index where they are missing.
 *
 * @throws EngineUnavailable if the path cannot be used; the message says why.
 */
export async function openSqlite(options: SqliteOptions): Promise<SqlStore> {
  const { path, keyPrefix, timeLimit, logger } = options
  const busyTimeout = Math.max(1, Math.floor(timeLimit * BUSY_SHARE))
  const connect = (): Keyv => {
    const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: TABLE, busyTimeout })
    return new Keyv({ store, namespace: keyPrefix, throwOnErrors: true, emitErrors: false })
  }
  const connectAll = async (): Promise<SqliteConnections> => {
    const writer = connect()
    const write = queryOf(writer, path)
    // WAL: readers never wait for the writer. NORMAL: a crash of the process loses nothing that was answered.
    await write('PRAGMA journal_mode = WAL')
    await write('PRAGMA synchronous = NORMAL')
    await write(sqliteStatements(TABLE).indexExpiry)

    const reader = path === MEMORY ? writer : connect()
    const read = queryOf(reader, path)
    await read('PRAGMA synchronous = NORMAL')

    const close = async (): Promise<void> => {
      // One after the other: the last connection to go folds the write-ahead log into the database.
      if (reader !== writer) await reader.disconnect()
      await writer.disconnect()
    }
    return { read, write, close }
  }

  const openFile = async (): Promise<SqliteConnections> => {
    await makePrivate(path)
    return SqliteFile.open({ path, name: nameOf(path), connect: connectAll, logger })
  }
  const connections = await (path === MEMORY ? connectAll() : openFile())
  const dialect = sqliteDialect({
    read: connections.read,
    write: inTurn(connections.write, timeLimit),
    close: () => connections.close(),
    table: TABLE,
  })
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

/**
 * Only the owner may read what sessions hold; SQLite gives `-wal` and `-shm` the mode of the database (S72). A file
 * that is there already keeps the mode that somebody chose for it.
 */
async function makePrivate(path: string): Promise<void> {
  try {
    await makeDirectory(dirname(resolve(path)))
    const file = await open(path, 'a', 0o600)
    await file.close()
  } catch (cause) {
    throw unusable(nameOf(path), cause)
  }
}

function queryOf(keyv: Keyv, path: string): Query {
  const { store } = keyv
  if (!(store instanceof KeyvSqlite)) throw new TypeError('not a store of @keyv/sqlite')
  return async (sql, ...parameters) => {
    try {
      return await store.query(sql, ...parameters)
    } catch (cause) {
      throw unusable(nameOf(path), cause)
    }
  }
}

/**
 * One statement at a time: each that waits for another process's lock keeps one of the process's few threads, and with
 * all of them taken nobody could read. The event loop would wait too: the driver puts a statement away under the lock
 * of the connection, which the next one holds for as long as it runs. SQLite itself writes one after the other anyway.
 */
function inTurn(query: Query, timeLimit: number): Query {
  const turns = new Turns()
  return (sql, ...parameters) => {
    const since = performance.now()
    return turns.take('writer', async () => {
      // Whoever asked has been refused meanwhile, and a write that nobody waits for is not to be done.
      if (performance.now() - since > timeLimit) throw tooSlow(timeLimit)
      return query(sql, ...parameters)
    })
  }
}

function nameOf(path: string): string {
  return `the SQLite database ${path}`
}
