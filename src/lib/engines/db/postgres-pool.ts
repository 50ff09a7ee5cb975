import type { Duplex } from 'node:stream'
import { Connections, type DriverPool, type ErrorClass, trackSocket } from './connections.js'
import { codeOf, driverOf } from './driver.js'

/** Connections of one engine at the most: reads, three kinds of batches, and single steps. */
const CONNECTIONS = 10

/** The server cancels a statement after this share of the time limit, so that the error names the reason. */
const SERVER_SHARE = 0.9

/** What we use of a connection of the driver (`pg`), which has no types of its own. */
export interface PostgresConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<{ readonly rows: unknown[] }>
  release(destroy?: boolean): void
}

interface NewConnection {
  readonly connection: { readonly stream: Duplex }
  on(event: 'error', listener: (error: Error) => void): unknown
}

interface PgPool {
  connect(): Promise<PostgresConnection>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'connect', listener: (connection: NewConnection) => void): unknown
  end(): Promise<void>
}

interface Driver {
  readonly Pool: new (options: Readonly<Record<string, unknown>>) => PgPool
}

/** The connections of one engine. `name`: the database as errors call it. `timeLimit` in milliseconds. */
export function postgresConnections(
  url: string,
  name: string,
  timeLimit: number,
): Connections<PostgresConnection> {
  return new Connections({ name, timeLimit, openPool: () => openPool(url, timeLimit), classifyError })
}

/** read_only_sql_transaction */
const READ_ONLY = '25006'

/** Errors of the server have a code of five characters; those of the network have none, or one like `ECONNRESET`. */
const SQLSTATE = /^[0-9A-Z]{5}$/

function classifyError(cause: unknown): ErrorClass {
  const code = String(codeOf(cause))
  if (code === READ_ONLY) return 'read-only'
  // 57P..: the server shuts down, or is still starting.
  return SQLSTATE.test(code) && !code.startsWith('57P') ? 'refused' : 'lost'
}

function openPool(url: string, timeLimit: number): DriverPool<PostgresConnection> {
  const { Pool } = driverOf('@keyv/postgres', 'pg') as Driver
  const serverLimit = Math.max(1, Math.floor(timeLimit * SERVER_SHARE))
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeLimit,
    statement_timeout: serverLimit,
    lock_timeout: serverLimit,
    keepAlive: true,
  })
  const sockets = new Set<Duplex>()
  // A broken connection, idle or in use, leaves the pool by itself. Without a listener its error would end the process.
  pool.on('error', () => {})
  pool.on('connect', (connection) => {
    connection.on('error', () => {})
    trackSocket(sockets, connection.connection.stream)
  })
  return {
    async connect() {
      try {
        return await pool.connect()
      } catch (cause) {
        throw withoutUrl(cause)
      }
    },
    release: (connection) => connection.release(),
    discard: (connection) => connection.release(true),
    end: () => pool.end(),
    sockets,
  }
}

/** The error about a URL that cannot be parsed has the URL as a member, with the password in it. */
function withoutUrl(cause: unknown): unknown {
  return codeOf(cause) === 'ERR_INVALID_URL' ? 'its URL cannot be read' : cause
}
