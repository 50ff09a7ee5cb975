import { access, constants, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Logger } from '../../logger.js'
import { EngineMisconfigured, PlaceMissing } from '../errors.js'
import { hasCode, makeDirectory } from '../file-system.js'
import { problemOfOwnership } from '../ownership.js'
import type { SqliteDriverName } from './database-url.js'
import { unavailable } from './driver.js'
import { nodeSqlite } from './node-sqlite.js'
import { missingColumns, noTable, SqlStore } from './sql-store.js'
import type { SqliteConnection, SqliteDriver } from './sqlite-connection.js'
import { sqliteDialect, sqliteStatements } from './sqlite-dialect.js'
import { type ClosableConnections, type SqliteDatabase, SqliteFile } from './sqlite-file.js'
import { sqlite3Driver } from './sqlite3-driver.js'

/** SQLite's name for a database that lives as long as its connection. */
export const MEMORY = ':memory:'

/** What one statement may remove on the event loop: some milliseconds. */
const REMOVE_AT_ONCE = 100

export interface SqliteDatabaseOptions {
  /** A path, relative to the working directory at this moment, or `:memory:`. */
  readonly path: string
  /** Default: `sqlite3` where @keyv/sqlite is installed, otherwise `node:sqlite`. */
  readonly driver?: SqliteDriverName | undefined
  /** How long one call may take: milliseconds. */
  readonly engineTimeout: number
  readonly logger: Logger
}

export interface SqliteOptions extends SqliteDatabaseOptions {
  readonly databaseTable: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  readonly mustExist?: boolean
}

/**
 * Opens the database, creating file, table and index where they are missing.
 *
 * @throws EngineUnavailable if the path cannot be used; the message says why. @throws EngineMisconfigured if the table
 * is of another kind, or file or table must exist and do not.
 */
export async function openSqlite(options: SqliteOptions): Promise<SqlStore> {
  const { databaseTable: table, keyPrefix, engineTimeout: timeLimit, logger, mustExist = false } = options
  const name = sqliteNameOf(options.path)
  if (options.path !== MEMORY) {
    const path = resolve(options.path)
    await (mustExist ? assertFile(path, name) : makePrivate(path, name))
    // No more than a warning: a volume of a container may belong to anybody.
    const problem = await problemOfOwnership(dirname(path)).catch(() => undefined)
    if (problem !== undefined) logger.warn({}, `${name} is open to other users of this machine: ${problem}`)
  }
  const { database, isSynchronous } = await openSqliteDatabase(options, {
    writer: (connection) => setUpWriter(connection, table, name, mustExist),
    reader: (connection) => setUpReader(connection, table),
  })
  const removeAtOnce = isSynchronous ? REMOVE_AT_ONCE : undefined
  const dialect = sqliteDialect(database, { table, removeAtOnce })
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

/** The database as errors call it. */
export function sqliteNameOf(path: string): string {
  return `the SQLite database ${path}`
}

type SetUp = (connection: SqliteConnection) => Promise<void>

/** What is done on a new connection before anything else. */
export interface SqliteSetUp {
  readonly writer: SetUp
  readonly reader: SetUp
}

/**
 * Connects to a database that is there, or in memory.
 *
 * @throws EngineUnavailable if it cannot be used, and what `setUp` throws.
 */
export async function openSqliteDatabase(
  options: SqliteDatabaseOptions,
  setUp: SqliteSetUp,
): Promise<{ readonly database: SqliteDatabase; readonly isSynchronous: boolean }> {
  const { engineTimeout: timeLimit, logger } = options
  const name = sqliteNameOf(options.path)
  // Resolved once: the process may change its working directory.
  const path = options.path === MEMORY ? MEMORY : resolve(options.path)
  const isFile = path !== MEMORY
  const driver = chosenDriver(options.driver)
  const connect: Connect = async (prepare) => {
    const connection = await driver.open({ path, isFile, name, timeLimit })
    try {
      await prepare(connection)
      return connection
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  const { isSynchronous } = driver
  const connectAll = () => (isSynchronous ? connectOnce(connect, setUp) : connectTwice(connect, setUp))
  const database = isFile
    ? await SqliteFile.open({ path, name, logger, connect: connectAll })
    : await openMemory(connect, setUp)
  return { database, isSynchronous }
}

/** A connection that is set up; closed if that fails. */
type Connect = (setUp: SetUp) => Promise<SqliteConnection>

/**
 * Where @keyv/sqlite is installed, its `sqlite3` may have the same file open in this process, for a plain Keyv client or
 * the application's own tables. Two copies of SQLite in one process do not see each other's locks, and one of them
 * can undo what the other has written. So its driver goes first, unless it cannot be loaded.
 */
function chosenDriver(wanted: SqliteDriverName | undefined): SqliteDriver {
  const inTheBox = wanted === 'sqlite3' ? undefined : nodeSqlite()
  if (wanted === 'node:sqlite' && inTheBox === undefined)
    throw new EngineMisconfigured(
      'DATABASE_URL asks for the driver node:sqlite, which this runtime does not have: Node has it from 22.13 on. ' +
        'Leave `?driver=node:sqlite` out, and npm install @keyv/sqlite',
    )
  if (inTheBox === undefined) return sqlite3Driver()
  if (wanted === 'node:sqlite') return inTheBox
  try {
    return sqlite3Driver()
  } catch {
    return inTheBox
  }
}

async function openMemory(connect: Connect, setUp: SqliteSetUp): Promise<SqliteDatabase> {
  const connections = await connectOnce(connect, setUp)
  return { connections: async () => connections, close: () => connections.close() }
}

async function connectOnce(connect: Connect, setUp: SqliteSetUp): Promise<ClosableConnections> {
  const connection = await connect(setUp.writer)
  return { reader: connection, writer: connection, close: () => connection.close() }
}

async function connectTwice(connect: Connect, setUp: SqliteSetUp): Promise<ClosableConnections> {
  const writer = await connect(setUp.writer)
  try {
    const reader = await connect(setUp.reader)
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

async function setUpWriter(
  connection: SqliteConnection,
  table: string,
  name: string,
  mustExist: boolean,
): Promise<void> {
  const sql = sqliteStatements(table)
  const columns = () => connection.query<{ name: string }>(sql.columns, [table])
  const findMissing = async () => missingColumns(table, await columns(), name)
  // Before anything in the file is changed.
  if (mustExist && (await columns()).length === 0) throw noTable(name, table)
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
async function setUpReader(connection: SqliteConnection, table: string): Promise<void> {
  await connection.query(sqliteStatements(table).read, ['[]'])
}

/** SQLite would make an empty file. */
async function assertFile(path: string, name: string): Promise<void> {
  try {
    await access(path, constants.W_OK)
  } catch (cause) {
    if (!hasCode(cause, 'ENOENT', 'ENOTDIR')) throw unavailable(name, cause)
    throw new PlaceMissing(`${name} does not exist`, { cause })
  }
}

/**
 * Only the owner may read what sessions hold; SQLite gives `-wal` and `-shm` the mode of the database (S72). A file
 * that is there already keeps the mode that somebody chose for it, and is not opened here: to close it would take away the
 * locks of whoever has it open in this process, and another process could remove the `-wal` that is in use.
 */
async function makePrivate(path: string, name: string): Promise<void> {
  try {
    await makeDirectory(dirname(path))
    const file = await open(path, 'wx', 0o600).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error
    })
    await (file === undefined ? access(path, constants.W_OK) : file.close())
  } catch (cause) {
    throw unavailable(name, cause)
  }
}
