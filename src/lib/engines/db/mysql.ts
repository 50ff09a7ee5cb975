import { mysqlDialect, mysqlStatements } from './mysql-dialect.js'
import { type MysqlConnection, mysqlConnections } from './mysql-pool.js'
import { SqlStore } from './sql-store.js'

/** Keyv's own table. */
const TABLE = 'keyv'

/** How long another process may take to set up the database, or to change a large table: seconds. */
const SETUP_LIMIT = 600

export interface MysqlOptions {
  /** `mysql://user:password@host:port/database`, or `mariadb:`, with the driver's own parameters (`?ssl={}`). */
  readonly url: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly timeLimit: number
}

/**
 * Connects to the database, MariaDB from 10.6 or MySQL from 8.0, and creates table, columns and index where they are
 * missing.
 *
 * @throws EngineUnavailable if it cannot be used; the message says why and holds no password.
 */
export async function openMysql({ url, keyPrefix, timeLimit }: MysqlOptions): Promise<SqlStore> {
  const connections = mysqlConnections(url, timeLimit)
  try {
    // The time limit applies to a sign of life; setting up the table may take longer.
    await connections.use((connection) => connection.execute('SELECT 1'))
    await connections.use(setUp, SETUP_LIMIT * 1000)
  } catch (error) {
    await connections.close()
    throw error
  }
  return new SqlStore({ dialect: mysqlDialect(connections, TABLE), prefix: `${keyPrefix}:`, timeLimit })
}

/**
 * Runs in one process at a time, because MySQL has no ADD COLUMN IF NOT EXISTS. If it fails, its connection is closed,
 * which releases the lock. Where nothing is missing, the user needs no right to change anything.
 */
async function setUp(connection: MysqlConnection): Promise<void> {
  const sql = mysqlStatements(TABLE)
  if (isComplete(await columnsOf(connection))) return
  await connection.execute(sql.lock, [SETUP_LIMIT])
  await connection.execute(sql.createTable)
  const columns = await columnsOf(connection)
  if (columns.get('value') === 'text') await connection.execute(sql.widen)
  if (!columns.has('expires')) await connection.execute(sql.addColumns)
  await connection.execute(sql.unlock)
}

function isComplete(columns: ReadonlyMap<string, string>): boolean {
  return columns.has('expires') && columns.get('value') !== 'text'
}

/** The type of each column of the table; none where there is no table. */
async function columnsOf(connection: MysqlConnection): Promise<Map<string, string>> {
  const [rows] = await connection.execute(mysqlStatements(TABLE).columns)
  return new Map((rows as { name: string; type: string }[]).map(({ name, type }) => [name, type]))
}
