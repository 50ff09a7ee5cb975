import { KeyvPostgres } from '@keyv/postgres'
import { within } from '../time-limit.js'
import { codeOf, unusable } from './database-error.js'
import type { SqlRow } from './dialect.js'
import { driverOf } from './driver.js'
import { type PostgresQuery, postgresDialect } from './postgres-dialect.js'
import { postgresStatements } from './postgres-statements.js'
import { SqlStore } from './sql-store.js'

/** Keyv's own table. */
const TABLE = 'keyv'

/** Connections of one engine at the most: reads, three kinds of batches, and single steps. */
const CONNECTIONS = 10

/** The server gives up a statement after this share of the time limit, so that the error names the reason. */
const SERVER_SHARE = 0.9

/** Times that creating table and index is tried: two processes that start at once may stumble over each other. */
const SETUP_ATTEMPTS = 4
const STUMBLED: ReadonlySet<unknown> = new Set([
  '23505', // unique_violation, in the server's own catalogue
  '42P07', // duplicate_table, for indexes too
  '42710', // duplicate_object: the table's row type
  '40P01', // deadlock_detected
])

/** The statement was undone as a whole, through no fault of its own: deadlock_detected, serialization_failure. */
const UNDONE: ReadonlySet<unknown> = new Set(['40P01', '40001'])

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own parameters (`?sslmode=require`). */
  readonly url: string
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly timeLimit: number
}

/**
 * Connects to the database, and creates table and index where they are missing.
 *
 * @throws EngineUnavailable if it cannot be used; the message says why and holds no password.
 */
export async function openPostgres({ url, keyPrefix, timeLimit }: PostgresOptions): Promise<SqlStore> {
  const name = nameOf(url)
  const pool = openPool(url, timeLimit)
  const run = async (statement: Statement): Promise<SqlRow[]> => {
    try {
      return (await pool.query(statement)).rows
    } catch (cause) {
      throw unusable(name, withoutUrl(cause))
    }
  }
  const query: PostgresQuery = async (text, values) => {
    try {
      return await run({ text, values })
    } catch (error) {
      if (!UNDONE.has(codeOf(error))) throw error
      return run({ text, values })
    }
  }
  const close = (): Promise<void> => within(timeLimit, pool.end())
  try {
    await setUp(run)
  } catch (error) {
    await close()
    throw error
  }
  const dialect = postgresDialect(query, TABLE, close)
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

type Run = (statement: Statement) => Promise<SqlRow[]>

/** Where all is there already, the user needs no right to create anything. */
async function setUp(run: Run): Promise<void> {
  const sql = postgresStatements(TABLE)
  for (let attempt = 1; ; attempt++) {
    try {
      const present = new Set((await run({ text: sql.present })).map(({ key }) => key))
      if (!present.has(TABLE)) await createTable(run)
      // 0: no limit. The table may be a large one that was there before us.
      if (!present.has(`${TABLE}_expires`)) await run({ text: sql.indexExpiry, query_timeout: 0 })
      return
    } catch (error) {
      if (attempt === SETUP_ATTEMPTS || !STUMBLED.has(codeOf(error))) throw error
    }
  }
}

/** The adapter creates the table, through our connections: its own pool is the whole process's. */
async function createTable(run: Run): Promise<void> {
  class Adapter extends KeyvPostgres {
    override async connect() {
      return (text: string, values?: readonly unknown[]) =>
        run(values === undefined ? { text } : { text, values })
    }
  }
  const failures: unknown[] = []
  const adapter = new Adapter({ table: TABLE })
  adapter.on('error', (error: unknown) => failures.push(error))
  // Waits for the table. The adapter takes a failure to create it for an event and carries on.
  await adapter.query(`SELECT key FROM public.${TABLE} LIMIT 0`)
  if (failures.length > 0) throw failures[0]
}

interface Statement {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Milliseconds; 0 is no limit. */
  readonly query_timeout?: number
}

/** What we use of the driver (`pg`), which has no types of its own. */
interface Pool {
  query(statement: Statement): Promise<{ readonly rows: SqlRow[] }>
  on(event: 'error', listener: (error: Error) => void): unknown
  end(): Promise<void>
}

interface Driver {
  readonly Pool: new (options: Readonly<Record<string, unknown>>) => Pool
}

function openPool(url: string, timeLimit: number): Pool {
  const { Pool } = driverOf('@keyv/postgres', 'pg') as Driver
  const serverLimit = Math.max(1, Math.floor(timeLimit * SERVER_SHARE))
  const pool = new Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: timeLimit,
    // A connection whose statement took too long is closed, not handed to the next request.
    query_timeout: timeLimit,
    statement_timeout: serverLimit,
    lock_timeout: serverLimit,
    keepAlive: true,
  })
  // An idle connection that breaks leaves the pool. There is no more to do, but without a listener it is a crash.
  pool.on('error', () => {})
  return pool
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
