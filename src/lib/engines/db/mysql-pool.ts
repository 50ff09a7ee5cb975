import type { Duplex } from 'node:stream'
import { Connections, type DriverPool, type ErrorClass, IDLE_LIMIT, trackSocket } from './connections.js'
import { codeOf, driverOf } from './driver.js'

/** Connections of one engine at the most. */
const CONNECTIONS = 10

/** The server gives up a statement, or waiting for a lock, after this share of the time limit, and says why. */
const SERVER_SHARE = 0.9

/** What we use of a connection of the driver (`mysql2`). */
export interface MysqlConnection {
  query(sql: string): Promise<[unknown, unknown]>
  execute(sql: string, values?: readonly unknown[]): Promise<[unknown, unknown]>
  beginTransaction(): Promise<void>
  commit(): Promise<void>
  rollback(): Promise<void>
  ping(): Promise<void>
  release(): void
  destroy(): void
  /** The one without promises, which stays the same while the pool has it. */
  readonly connection: NewConnection
}

interface MysqlPool {
  getConnection(): Promise<MysqlConnection>
  on(event: 'connection', listener: (connection: NewConnection) => void): unknown
  end(): Promise<void>
}

interface NewConnection {
  readonly stream: Duplex
  on(event: 'error', listener: (error: Error) => void): unknown
}

interface Driver {
  createPool(options: Readonly<Record<string, unknown>>): MysqlPool
}

/** Work that has a connection to itself. */
export type MysqlWork<Result> = (connection: MysqlConnection) => Promise<Result>

export type MysqlConnections = Connections<MysqlConnection>

export interface MysqlPoolOptions {
  readonly url: URL
  /** The database as errors call it. */
  readonly name: string
  /** Milliseconds. */
  readonly timeLimit: number
  /** For tests: milliseconds since any moment. */
  readonly now?: (() => number) | undefined
}

/** The connections of one engine. */
export function mysqlConnections({ url, name, timeLimit, now }: MysqlPoolOptions): MysqlConnections {
  return new Connections({ name, timeLimit, now, openPool: () => openPool(url, timeLimit), classifyError })
}

const errorClasses: ReadonlyMap<unknown, ErrorClass> = new Map([
  ['ER_OPTION_PREVENTS_STATEMENT', 'not-executed'], // --read-only is one
  ['ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION', 'not-executed'],
  ['ER_READ_ONLY_MODE', 'not-executed'],
  ['ER_CLIENT_INTERACTION_TIMEOUT', 'not-executed'], // idle for too long
  ['ER_LOCK_DEADLOCK', 'undone'],
  ['ER_CHECKREAD', 'undone'],
  ['ER_DATA_TOO_LONG', 'record'],
  ['ER_NET_PACKET_TOO_LARGE', 'record'],
  ['ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', 'record'], // a character that the column's set lacks
  ['ER_SERVER_SHUTDOWN', 'lost'],
  ['ER_CONNECTION_KILLED', 'lost'],
])

/** What the driver says if the connection was closed before the statement was sent. */
const NOT_SENT = "Can't add new command when connection is in closed state"

function classifyError(cause: unknown): ErrorClass {
  const known = errorClasses.get(codeOf(cause))
  if (known !== undefined) return known
  if (cause instanceof RangeError) return 'record' // a text that is longer than JavaScript allows
  if (cause instanceof Error && cause.message === NOT_SENT) return 'not-executed'
  // Only the server's own errors have an SQLSTATE.
  return cause instanceof Error && 'sqlState' in cause ? 'refused' : 'lost'
}

function openPool(url: URL, timeLimit: number): DriverPool<MysqlConnection> {
  const { createPool } = driverOf('@keyv/mysql', 'mysql2/promise') as Driver
  const pool = createPool({
    uri: url.href,
    connectionLimit: CONNECTIONS,
    connectTimeout: timeLimit,
    charset: 'utf8mb4_bin',
    keepAliveInitialDelay: IDLE_LIMIT,
    idleTimeout: IDLE_LIMIT,
    // The driver heeds its idle limit only where it may keep fewer than it may open.
    maxIdle: CONNECTIONS - 1,
  })
  const sockets = new Set<Duplex>()
  const prepared = new WeakSet<NewConnection>()
  pool.on('connection', (connection) => {
    // A broken connection leaves the pool by itself. Without a listener its error would end the process.
    connection.on('error', () => {})
    trackSocket(sockets, connection.stream)
  })
  return {
    async connect() {
      const connection = await pool.getConnection()
      if (prepared.has(connection.connection)) return connection
      try {
        await connection.query(sessionSettings(timeLimit))
      } catch (error) {
        connection.destroy()
        throw error
      }
      prepared.add(connection.connection)
      return connection
    },
    identityOf: ({ connection }) => connection,
    ping: (connection) => connection.ping(),
    release: (connection) => connection.release(),
    discard: (connection) => connection.destroy(),
    end: () => pool.end(),
    sockets,
  }
}

/**
 * Sets every variable that the statements rely on, whatever the server, or its `init_connect`, has made of it. A
 * statement may take `timeLimit` milliseconds.
 *
 * Variables that make a statement fail with an error that says so stay as they are, `tx_read_only` for one: somebody has
 * set them to protect something.
 */
export function sessionSettings(timeLimit: number): string {
  const seconds = (timeLimit * SERVER_SHARE) / 1000
  const lockWait = Math.max(1, Math.floor(seconds))
  return `
    SET NAMES utf8mb4 COLLATE utf8mb4_bin,
      SESSION autocommit = 1,
      SESSION completion_type = 0,
      SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',
      SESSION sql_select_limit = 18446744073709551615,
      SESSION sql_big_selects = 1,
      SESSION sql_safe_updates = 0,
      SESSION unique_checks = 1,
      SESSION foreign_key_checks = 1,
      SESSION innodb_lock_wait_timeout = ${lockWait},
      SESSION lock_wait_timeout = ${lockWait},
      SESSION wait_timeout = ${Math.ceil((6 * IDLE_LIMIT) / 1000)}
      /*M! , SESSION tx_isolation = 'REPEATABLE-READ', SESSION max_statement_time = ${seconds} */
      /*!80000 , SESSION transaction_isolation = 'REPEATABLE-READ', SESSION max_execution_time = ${Math.ceil(seconds * 1000)} */`
}

/** How many rows met the condition of a writing statement, changed or not. */
export function rowsMet(result: unknown): number {
  if (typeof result !== 'object' || result === null || !('affectedRows' in result)) return 0
  return Number(result.affectedRows)
}
