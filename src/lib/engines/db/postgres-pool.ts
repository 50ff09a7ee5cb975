import type { Duplex } from 'node:stream'
import { Connections, type DriverPool, type Judgement, remember } from './connections.js'
import { codeOf } from './database-error.js'
import type { SqlRow } from './dialect.js'
import { driverOf } from './driver.js'

/** Connections of one engine at the most: reads, three kinds of batches, and single steps. */
const CONNECTIONS = 10

/** The server gives up a statement after this share of the time limit, so that the error names the reason. */
const SERVER_SHARE = 0.9

/** What we use of a connection of the driver (`pg`), which has no types of its own. */
export interface PostgresConnection {
  query(sql: string, parameters?: readonly unknown[]): Promise<{ readonly rows: SqlRow[] }>
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

/** The connections of one engine. `timeLimit` in milliseconds. */
export function postgresConnections(url: string, timeLimit: number): Connections<PostgresConnection> {
  return new Connections({
    name: nameOf(url),
    timeLimit,
    openPool: () => openPool(url, timeLimit),
    judge,
  })
}

/** read_only_sql_transaction */
const READ_ONLY = '25006'

/** The server's own errors have a code of five; those of the way to it have none, or one like `ECONNRESET`. */
const SQLSTATE = /^[0-9A-Z]{5}$/

function judge(cause: unknown): Judgement {
  const code = String(codeOf(cause))
  if (code === READ_ONLY) return 'read-only'
  // 57P..: the server goes, or is not there yet.
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
  // A connection that breaks, idle or in use, leaves the pool. There is no more to do, but without a listener it is a
  // crash.
  pool.on('error', () => {})
  pool.on('connect', (connection) => {
    connection.on('error', () => {})
    remember(sockets, connection.connection.stream)
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

function nameOf(url: string): string {
  if (!URL.canParse(url)) return 'the PostgreSQL database'
  const { host, pathname } = new URL(url)
  return `the PostgreSQL database ${host}${pathname}`
}

/** A URL that cannot be parsed is a member of the error that says so, with the password in it. */
function withoutUrl(cause: unknown): unknown {
  return codeOf(cause) === 'ERR_INVALID_URL' ? 'its URL cannot be read' : cause
}
