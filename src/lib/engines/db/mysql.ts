import { within } from '../concurrency.js'
import { nameOf } from './driver.js'
import { mysqlDialect, mysqlStatements } from './mysql-dialect.js'
import { type MysqlConnection, mysqlConnections, sessionSettings } from './mysql-pool.js'
import { missingColumns, noTable, SqlStore } from './sql-store.js'

/** How long another process may take to set up the database, or to change a large table: milliseconds. */
const SETUP_LIMIT = 600_000

export interface MysqlOptions {
  /** `mysql://user:password@host:port/database`, or `mariadb:`, with the driver's own parameters (`?ssl={}`). */
  readonly url: URL
  readonly databaseTable: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one call may take: milliseconds. */
  readonly engineTimeout: number
  readonly mustExist?: boolean
}

/**
 * Connects to the database, MariaDB from 10.6 or MySQL from 8.0, and creates table, columns and index where they are
 * missing.
 *
 * @throws EngineUnavailable if it cannot be used; the message says why and holds no password. @throws EngineMisconfigured
 * if the table is of another kind, or must exist and does not.
 */
export async function openMysql(options: MysqlOptions): Promise<SqlStore> {
  const { url, databaseTable: table, keyPrefix, engineTimeout: timeLimit, mustExist = false } = options
  const name = nameOf('MySQL', url)
  const connections = mysqlConnections({ url, name, timeLimit })
  try {
    // The time limit applies to a sign of life; setting up the table may take longer.
    const maxPacket = await within(timeLimit, (limit) => connections.use(limit, maxPacketOf))
    await within(SETUP_LIMIT, (limit) =>
      connections.use(limit, (connection) => setUp(connection, { table, name, timeLimit, mustExist })),
    )
    return new SqlStore({
      dialect: mysqlDialect(connections, table, maxPacket),
      prefix: `${keyPrefix}:`,
      timeLimit,
    })
  } catch (error) {
    await connections.close()
    throw error
  }
}

async function maxPacketOf(connection: MysqlConnection): Promise<number> {
  const [rows] = await connection.execute('SELECT @@max_allowed_packet AS bytes')
  return Number((rows as { bytes: unknown }[])[0]?.bytes)
}

interface SetUpOptions {
  readonly table: string
  readonly name: string
  readonly timeLimit: number
  readonly mustExist: boolean
}

/**
 * Runs in one process at a time, because MySQL has no ADD COLUMN IF NOT EXISTS. If it fails, its connection is closed,
 * which releases the lock. Where nothing is missing, the user needs no right to change anything.
 */
async function setUp(
  connection: MysqlConnection,
  { table, name, timeLimit, mustExist }: SetUpOptions,
): Promise<void> {
  const sql = mysqlStatements(table)
  const columnsNow = async (): Promise<Column[]> =>
    (await connection.execute(sql.columns, [table]))[0] as Column[]
  const before = await columnsNow()
  if (mustExist && before.length === 0) throw noTable(name, table)
  if (missingColumns(table, before, name).length === 0 && !isNarrow(before)) return
  await connection.query(sessionSettings(SETUP_LIMIT))
  await connection.execute(sql.lock, [SETUP_LIMIT / 1000])
  await connection.execute(sql.createTable)
  const columns = await columnsNow()
  if (isNarrow(columns)) await connection.execute(sql.widen)
  if (missingColumns(table, columns, name).length > 0) await connection.execute(sql.addColumns)
  await connection.execute(sql.unlock)
  await connection.query(sessionSettings(timeLimit))
}

interface Column {
  readonly name: string
  readonly type: string
}

/** Whether the table is the adapter's own, whose values end at 64 KB. */
function isNarrow(columns: readonly Column[]): boolean {
  return columns.some(({ name, type }) => name === 'value' && type === 'text')
}
