import type { Duplex } from 'node:stream'
import { Connections, type DriverPool, type ErrorClass, trackSocket } from './connections.js'
import { codeOf, driverOf } from './driver.js'

/** Connections of one engine at the most. */
const CONNECTIONS = 10

/** The server gives up waiting for a lock after this share of the time limit, so that the error names the lock. */
const SERVER_SHARE = 0.9

/** What we use of a connection of the driver (`mysql2`). */
export interface MysqlConnection {
  execute(sql: string, values?: readonly unknown[]): Promise<[unknown, unknown]>
  beginTransaction(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  release(): void
  destroy(): void
}

interface MysqlPool {
  getConnection(): Promise<MysqlConnection>
  on(event: 'connection', listener: (connection: NewConnection) => void): unknown
  end(): Promise<void>
}

/** As the pool's event passes it: without promises. */
interface NewConnection {
  readonly stream: Duplex
  query(sql: string): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

interface Driver {
  createPool(options: Readonly<Record<string, unknown>>): MysqlPool
}

/** Work that has a connection to itself. */
export type MysqlWork<Result> = (connection: MysqlConnection) => Promise<Result>

export type MysqlConnections = Connections<MysqlConnection>

/** The connections of one engine. `name`: the database as errors call it. `timeLimit` in milliseconds. */
export function mysqlConnections(url: string, name: string, timeLimit: number): MysqlConnections {
  return new Connections({ name, timeLimit, openPool: () => openPool(url, timeLimit), classifyError })
}

const READ_ONLY: ReadonlySet<unknown> = new Set([
  'ER_OPTION_PREVENTS_STATEMENT', // --read-only is one
  'ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION',
  'ER_READ_ONLY_MODE',
])

/** Only the server's own errors have an SQLSTATE. */
function classifyError(cause: unknown): ErrorClass {
  const code = codeOf(cause)
  if (READ_ONLY.has(code)) return 'read-only'
  return cause instanceof Error && 'sqlState' in cause && code !== 'ER_SERVER_SHUTDOWN' ? 'refused' : 'lost'
}

function openPool(url: string, timeLimit: number): DriverPool<MysqlConnection> {
  const { createPool } = driverOf('@keyv/mysql', 'mysql2/promise') as Driver
  const pool = createPool({
    uri: url,
    connectionLimit: CONNECTIONS,
    connectTimeout: timeLimit,
    charset: 'utf8mb4_bin',
  })
  const lockWait = Math.max(1, Math.floor((timeLimit * SERVER_SHARE) / 1000))
  const sockets = new Set<Duplex>()
  pool.on('connection', (connection) => {
    // A broken connection leaves the pool by itself. Without a listener its error would end the process.
    connection.on('error', () => {})
    trackSocket(sockets, connection.stream)
    // Strict: a text that is too long is refused, not cut.
    connection.query(`SET SESSION sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = ${lockWait}`)
  })
  return {
    connect: () => pool.getConnection(),
    release: (connection) => connection.release(),
    discard: (connection) => connection.destroy(),
    end: () => pool.end(),
    sockets,
  }
}

/** How many rows met the condition of a writing statement, changed or not. */
export function rowsMet(result: unknown): number {
  if (typeof result !== 'object' || result === null || !('affectedRows' in result)) return 0
  return Number(result.affectedRows)
}
