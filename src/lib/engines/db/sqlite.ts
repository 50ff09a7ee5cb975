import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { KeyvSqlite } from '@keyv/sqlite'
import { Keyv } from 'keyv'
import type { Logger } from '../../logger.js'
import { KeyedMutex, tooSlow } from '../concurrency.js'
import { makeDirectory } from '../file-system.js'
import { unusable } from './database-error.js'
import { SqlStore } from './sql-store.js'
import { SqliteConnection } from './sqlite-connection.js'
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
  const name = nameOf(path)
  /** The adapter, which makes the table that any other Keyv client finds its way in. */
  const setUp = async (): Promise<SqliteConnections> => {
    const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: TABLE, busyTimeout })
    const keyv = new Keyv({ store, namespace: keyPrefix, throwOnErrors: true, emitErrors: false })
    const query = queryOf(store, name)
    // WAL: readers never wait for the writer.
    await query('PRAGMA journal_mode = WAL')
    await query(sqliteStatements(TABLE).indexExpiry)
    return { read: query, write: query, close: () => keyv.disconnect() }
  }
  const connect = async (): Promise<SqliteConnection> => {
    const connection = await SqliteConnection.open({ path, name, busyTimeout })
    try {
      // NORMAL: a crash of the process loses nothing that was answered.
      await connection.query('PRAGMA synchronous = NORMAL')
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  const connectAll = async (): Promise<SqliteConnections> => {
    const adapter = await setUp()
    const [writer, reader] = await openBoth(connect).finally(() => adapter.close())
    return {
      read: (...statement) => reader.query(...statement),
      write: (...statement) => writer.query(...statement),
      async close() {
        // One after the other: the last connection to go folds the write-ahead log into the database.
        await reader.close()
        await writer.close()
      },
    }
  }
  const openFile = async (): Promise<SqliteConnections> => {
    await makePrivate(path)
    return SqliteFile.open({ path, name, connect: connectAll, logger })
  }
  // What is in memory is its connection's own: the adapter's, which has the table.
  const connections = await (path === MEMORY ? setUp() : openFile())
  const dialect = sqliteDialect({
    read: connections.read,
    write: inTurn(connections.write, timeLimit),
    close: () => connections.close(),
    table: TABLE,
  })
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

async function openBoth(
  connect: () => Promise<SqliteConnection>,
): Promise<[writer: SqliteConnection, reader: SqliteConnection]> {
  const writer = await connect()
  try {
    return [writer, await connect()]
  } catch (error) {
    await writer.close()
    throw error
  }
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

function queryOf(store: KeyvSqlite, name: string): Query {
  return async (sql, ...parameters) => {
    try {
      return await store.query(sql, ...parameters)
    } catch (cause) {
      throw unusable(name, cause)
    }
  }
}

/**
 * One statement at a time: each that waits for another process's lock keeps one of the process's few threads, and with
 * all of them taken nobody could read. The event loop would wait too: the driver puts a statement away under the lock
 * of the connection, which the next one holds for as long as it runs. SQLite itself writes one after the other anyway.
 */
function inTurn(query: Query, timeLimit: number): Query {
  const turns = new KeyedMutex()
  return (sql, ...parameters) => {
    const since = performance.now()
    return turns.runExclusive('writer', async () => {
      // Whoever asked has been refused meanwhile, and a write that nobody waits for is not to be done.
      if (performance.now() - since > timeLimit) throw tooSlow(timeLimit)
      return query(sql, ...parameters)
    })
  }
}

function nameOf(path: string): string {
  return `the SQLite database ${path}`
}
