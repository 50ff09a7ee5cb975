import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Logger } from '../../logger.js'
import { makeDirectory } from '../file-system.js'
import { unavailable } from './driver.js'
import { missingColumns, SqlStore } from './sql-store.js'
import { sqliteDialect, sqliteStatements } from './sqlite-dialect.js'
import { type ClosableConnections, SqliteConnection, type SqliteDatabase, SqliteFile } from './sqlite-file.js'

/** SQLite's name for a database that lives as long as its connection. */
export const MEMORY = ':memory:'

export interface SqliteOptions {
  /** A path, relative to the working directory at this moment, or `:memory:`. */
  readonly path: string
  readonly databaseTable: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one call may take: milliseconds. */
  readonly engineTimeout: number
  readonly logger: Logger
}

/**
 * Opens the database, creating file, table and index where they are missing.
 *
 * @throws EngineUnavailable if the path cannot be used; the message says why. @throws EngineMisconfigured if the table
 * is of another kind.
 */
export async function openSqlite(options: SqliteOptions): Promise<SqlStore> {
  const { databaseTable: table, keyPrefix, engineTimeout: timeLimit, logger } = options
  const name = `the SQLite database ${options.path}`
  // Resolved once: the process may change its working directory.
  const path = options.path === MEMORY ? MEMORY : resolve(options.path)
  const connect: Connect = async (setUp) => {
    const connection = await SqliteConnection.open({ path, name, timeLimit })
    try {
      await setUp(connection, table, name)
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  if (path !== MEMORY) await makePrivate(path, name)
  const database =
    path === MEMORY
      ? await connectToMemory(connect)
      : await SqliteFile.open({ path, name, logger, connect: () => connectToFile(connect) })
  const dialect = sqliteDialect(database, table)
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

type SetUp = (connection: SqliteConnection, table: string, name: string) => Promise<void>

/** A connection that is set up; closed if that fails. */
type Connect = (setUp: SetUp) => Promise<SqliteConnection>

async function connectToMemory(connect: Connect): Promise<SqliteDatabase> {
  const connection = await connect(setUpWriter)
  const connections = Promise.resolve({ reader: connection, writer: connection })
  return { connections: () => connections, close: () => connection.close() }
}

async function connectToFile(connect: Connect): Promise<ClosableConnections> {
  const writer = await connect(setUpWriter)
  try {
    const reader = await connect(setUpReader)
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

const setUpWriter: SetUp = async (connection, table, name) => {
  const sql = sqliteStatements(table)
  const findMissing = async () => missingColumns(table, await connection.query(sql.columns, [table]), name)
  // WAL: readers never wait for the writer.
  await connection.query('PRAGMA journal_mode = WAL')
  // NORMAL: a crash of the process loses nothing that was answered.
  await connection.query('PRAGMA synchronous = NORMAL')
  await connection.query(sql.createTable)
  if ((await findMissing()).length > 0) {
    // No other process may add a column between the question and the answer.
    await connection.query('BEGIN IMMEDIATE')
    for (const column of await findMissing()) await connection.query(sql.addColumn(column))
    await connection.query('COMMIT')
  }
  await connection.query(sql.indexExpiry)
}

/** SQLite opens the files of a database with the first statement, so let that be now. */
const setUpReader: SetUp = async (connection, table) => {
  await connection.query(sqliteStatements(table).read, ['[]'])
}

/**
 * Only the owner may read what sessions hold; SQLite gives `-wal` and `-shm` the mode of the database (S72). A file
 * that is there already keeps the mode that somebody chose for it.
 */
async function makePrivate(path: string, name: string): Promise<void> {
  try {
    await makeDirectory(dirname(path))
    const file = await open(path, 'a', 0o600)
    await file.close()
  } catch (cause) {
    throw unavailable(name, cause)
  }
}
