import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Logger } from '../../logger.js'
import { makeDirectory } from '../file-system.js'
import { unavailable } from './driver.js'
import { SqlStore } from './sql-store.js'
import { SqliteConnection } from './sqlite-connection.js'
import { sqliteDialect, sqliteStatements } from './sqlite-dialect.js'
import { type ClosableConnections, SqliteFile } from './sqlite-file.js'

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
export async function openSqlite({ path, keyPrefix, timeLimit, logger }: SqliteOptions): Promise<SqlStore> {
  const busyTimeout = Math.max(1, Math.floor(timeLimit * BUSY_SHARE))
  const name = `the SQLite database ${path}`
  const connect = (): Promise<SqliteConnection> => SqliteConnection.open({ path, name, busyTimeout })
  const database =
    path === MEMORY ? await openMemory(connect) : await openFile({ path, name, logger, connect })
  return new SqlStore({
    dialect: sqliteDialect(database, TABLE, timeLimit),
    prefix: `${keyPrefix}:`,
    timeLimit,
  })
}

async function openMemory(connect: () => Promise<SqliteConnection>) {
  const connection = await forWriting(await connect())
  const connections = Promise.resolve({ reader: connection, writer: connection })
  return { connections: () => connections, close: () => connection.close() }
}

async function openFile({
  connect,
  ...file
}: {
  readonly path: string
  readonly name: string
  readonly logger: Logger
  readonly connect: () => Promise<SqliteConnection>
}): Promise<SqliteFile> {
  await makePrivate(file.path, file.name)
  return SqliteFile.open({ ...file, connect: () => connectBoth(connect) })
}

async function connectBoth(connect: () => Promise<SqliteConnection>): Promise<ClosableConnections> {
  const writer = await forWriting(await connect())
  try {
    const reader = await forReading(await connect())
    return {
      reader,
      writer,
      async close() {
        // One after the other: the last connection that closes writes the write-ahead log into the database.
        await reader.close()
        await writer.close()
      },
    }
  } catch (error) {
    await writer.close()
    throw error
  }
}

function forWriting(connection: SqliteConnection): Promise<SqliteConnection> {
  const { createTable, indexExpiry } = sqliteStatements(TABLE)
  return afterQueries(connection, [
    // WAL: readers never wait for the writer.
    'PRAGMA journal_mode = WAL',
    // NORMAL: a crash of the process loses nothing that was answered.
    'PRAGMA synchronous = NORMAL',
    createTable,
    indexExpiry,
  ])
}

/** SQLite opens the files of a database with the first statement, so let that be now. */
function forReading(connection: SqliteConnection): Promise<SqliteConnection> {
  return afterQueries(connection, [`SELECT key FROM ${TABLE} LIMIT 0`])
}

/** The connection, when it has run the statements; closed if one fails. */
async function afterQueries(
  connection: SqliteConnection,
  statements: readonly string[],
): Promise<SqliteConnection> {
  try {
    for (const statement of statements) await connection.query(statement)
    return connection
  } catch (error) {
    await connection.close()
    throw error
  }
}

/**
 * Only the owner may read what sessions hold; SQLite gives `-wal` and `-shm` the mode of the database (S72). A file
 * that is there already keeps the mode that somebody chose for it.
 */
async function makePrivate(path: string, name: string): Promise<void> {
  try {
    await makeDirectory(dirname(resolve(path)))
    const file = await open(path, 'a', 0o600)
    await file.close()
  } catch (cause) {
    throw unavailable(name, cause)
  }
}
