import { resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import { within } from '../concurrency.js'
import { Connections, type DriverPool, type ErrorClass, IDLE_LIMIT, trackSocket } from './connections.js'
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

/** One connection, which nobody shares. */
interface PgClient {
  connect(): Promise<unknown>
  query(sql: string): Promise<unknown>
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'end', listener: () => void): unknown
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): unknown
  end(): Promise<void>
  readonly connection: { readonly stream: Duplex }
}

interface Driver {
  readonly Pool: new (options: Readonly<Record<string, unknown>>) => PgPool
  readonly Client: new (options: Readonly<Record<string, unknown>>) => PgClient
}

export interface PostgresPoolOptions {
  readonly url: URL
  /** The database as errors call it. */
  readonly name: string
  /** Milliseconds. */
  readonly timeLimit: number
  /** For tests: milliseconds since any moment. */
  readonly now?: (() => number) | undefined
}

/** The connections of one engine. */
export function postgresConnections(options: PostgresPoolOptions): Connections<PostgresConnection> {
  const { url, name, timeLimit, now } = options
  return new Connections({ name, timeLimit, now, openPool: () => openPool(url, timeLimit), classifyError })
}

const errorClasses: ReadonlyMap<string, ErrorClass> = new Map([
  ['25006', 'not-executed'], // read_only_sql_transaction
  ['57P01', 'not-executed'], // admin_shutdown: the server has closed the connection
  ['57P05', 'not-executed'], // idle_session_timeout
  ['40001', 'undone'], // serialization_failure
  ['40P01', 'undone'], // deadlock_detected
])

/** What the driver says if the connection was closed before the statement was sent. */
const NOT_SENT = /is not queryable$/

/** Errors of the server have a code of five characters; those of the network have none, or one like `ECONNRESET`. */
const SQLSTATE = /^[0-9A-Z]{5}$/

function classifyError(cause: unknown): ErrorClass {
  const code = String(codeOf(cause))
  const known = errorClasses.get(code)
  if (known !== undefined) return known
  if (cause instanceof RangeError) return 'record' // a text that is longer than JavaScript allows
  if (cause instanceof Error && NOT_SENT.test(cause.message)) return 'not-executed'
  // 57P..: the server shuts down, has crashed, or is still starting.
  if (!SQLSTATE.test(code) || code.startsWith('57P')) return 'lost'
  // 22...: a character that the database's encoding lacks. 54...: a limit of the server.
  return code.startsWith('22') || code.startsWith('54') ? 'record' : 'refused'
}

function openPool(url: URL, timeLimit: number): DriverPool<PostgresConnection> {
  const { Pool } = driverOf('@keyv/postgres', 'pg') as Driver
  const serverLimit = Math.max(1, Math.floor(timeLimit * SERVER_SHARE))
  const pool = new Pool({
    ...withSettings(url),
    max: CONNECTIONS,
    connectionTimeoutMillis: timeLimit,
    statement_timeout: serverLimit,
    lock_timeout: serverLimit,
    keepAlive: true,
    keepAliveInitialDelayMillis: IDLE_LIMIT,
    idleTimeoutMillis: IDLE_LIMIT,
  })
  const sockets = new Set<Duplex>()
  // A broken connection, idle or in use, leaves the pool by itself. Without a listener its error would end the process.
  pool.on('error', () => {})
  pool.on('connect', (connection) => {
    connection.on('error', () => {})
    trackSocket(sockets, connection.connection.stream)
  })
  return {
    connect: () => pool.connect(),
    identityOf: (connection) => connection,
    ping: (connection) => connection.query('SELECT 1'),
    release: (connection) => connection.release(),
    discard: (connection) => connection.release(true),
    end: () => pool.end(),
    sockets,
  }
}

export interface ListenerOptions extends Pick<PostgresPoolOptions, 'url' | 'timeLimit'> {
  /** Letters, digits and underscores. */
  readonly channel: string
  /** Called with each message. */
  readonly listener: (message: string) => void
  readonly onLost: () => void
}

/** A connection that listens on a channel. Answers how to close it. */
export async function openListener(options: ListenerOptions): Promise<() => Promise<void>> {
  const { url, timeLimit, channel, listener, onLost } = options
  const { Client } = driverOf('@keyv/postgres', 'pg') as Driver
  const client = new Client({
    ...withSettings(url),
    connectionTimeoutMillis: timeLimit,
    keepAlive: true,
    keepAliveInitialDelayMillis: IDLE_LIMIT,
  })
  client.on('error', onLost)
  client.on('end', onLost)
  client.on('notification', ({ payload }) => listener(payload ?? ''))
  const close = async (): Promise<void> => {
    // The server may be gone, and then nobody answers a good-bye.
    await within(timeLimit, client.end()).catch(() => {})
    client.connection.stream.destroy()
  }
  try {
    await client.connect()
    await within(timeLimit, client.query(`LISTEN ${channel}`))
  } catch (error) {
    await close()
    throw error
  }
  return close
}

/**
 * Every variable that the statements rely on, whatever the server, the database or the role has made of it. Set when a
 * connection begins, since a pooler such as PgBouncer may send each statement over another one.
 *
 * Variables that make a statement fail with an error that says so stay as they are, `default_transaction_read_only` for
 * one: somebody has set them to protect something. The driver itself sets `client_encoding`. Statements name the schema,
 * so `search_path` makes no difference.
 */
const SETTINGS = [
  // Else a write that met another one fails, where it should look at the row again.
  'default_transaction_isolation=read\\ committed',
  // A tombstone has no version, which is a NULL in an array.
  'array_nulls=on',
  'standard_conforming_strings=on',
  // Else an expiry comes back with other digits.
  'extra_float_digits=1',
]

/** Parameters of the URL that name files. */
const FILES = ['sslcert', 'sslkey', 'sslrootcert']

/**
 * What the driver is given for `url`. It prefers the options of the URL to those beside it. It reads the files that the URL
 * names for each new connection, so their paths are resolved now: the process may change its working directory.
 */
export function withSettings(url: URL): { readonly connectionString: string; readonly options: string } {
  const { searchParams: given } = url
  const own = given.get('options') ?? process.env.PGOPTIONS ?? ''
  const changed = new URL(url)
  changed.searchParams.delete('options')
  for (const name of FILES) {
    const path = given.get(name)
    if (path) changed.searchParams.set(name, resolve(path))
  }
  const settings = SETTINGS.map((setting) => `-c ${setting}`)
  const isChanged = ['options', ...FILES].some((name) => given.has(name))
  return {
    // Written anew only where it has to be: the driver decodes some characters in its own way.
    connectionString: (isChanged ? changed : url).href,
    options: [own, ...settings].filter(Boolean).join(' '),
  }
}
