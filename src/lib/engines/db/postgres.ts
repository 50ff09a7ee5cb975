import { KeyvPostgres } from '@keyv/postgres'
import { codeOf } from './driver.js'
import { type PostgresQuery, postgresDialect, postgresStatements } from './postgres-dialect.js'
import { postgresConnections } from './postgres-pool.js'
import { type SqlRow, SqlStore } from './sql-store.js'

/** Keyv's own table. */
const TABLE = 'keyv'

/** How long the index of a large table may take: milliseconds. */
const SETUP_LIMIT = 600_000

/** How often creating table and index is tried: two processes that start at once may get in each other's way. */
const SETUP_ATTEMPTS = 4
const RACED: ReadonlySet<unknown> = new Set([
  '23505', // unique_violation, in the server's own catalogue
  '42P07', // duplicate_table, for indexes too
  '42710', // duplicate_object: the table's row type
  '40P01', // deadlock_detected
])

/** The server undid the whole statement, and it can be tried again: deadlock_detected, serialization_failure. */
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
  const connections = postgresConnections(url, timeLimit)
  const run: Run = (text, values, limit) =>
    connections.use(async (connection) => (await connection.query(text, values)).rows, limit)
  const query: PostgresQuery = async (text, values) => {
    try {
      return await run(text, values)
    } catch (error) {
      if (!UNDONE.has(codeOf(error))) throw error
      return run(text, values)
    }
  }
  const close = (): Promise<void> => connections.close()
  try {
    await setUp(run)
  } catch (error) {
    await close()
    throw error
  }
  const dialect = postgresDialect(query, TABLE, close)
  return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
}

/** Runs one statement. `limit` in milliseconds. */
type Run = (text: string, values?: readonly unknown[], limit?: number) => Promise<SqlRow[]>

/** Where nothing is missing, the user needs no right to create anything. */
async function setUp(run: Run): Promise<void> {
  const sql = postgresStatements(TABLE)
  for (let attempt = 1; ; attempt++) {
    try {
      const present = new Set((await run(sql.present)).map(({ key }) => key))
      if (!present.has(TABLE)) await createTable(run)
      // Somebody else's table may be large.
      if (!present.has(`${TABLE}_expires`)) await run(sql.indexExpiry, undefined, SETUP_LIMIT)
      return
    } catch (error) {
      if (attempt === SETUP_ATTEMPTS || !RACED.has(codeOf(error))) throw error
    }
  }
}

/** The adapter creates the table, through our connections: its own pool belongs to the whole process. */
async function createTable(run: Run): Promise<void> {
  class Adapter extends KeyvPostgres {
    override async connect() {
      return (text: string, values?: readonly unknown[]) => run(text, values)
    }
  }
  const failures: unknown[] = []
  const adapter = new Adapter({ table: TABLE })
  adapter.on('error', (error: unknown) => failures.push(error))
  // Waits for the table. The adapter reports a failure to create it as an event and carries on.
  await adapter.query(`SELECT key FROM public.${TABLE} LIMIT 0`)
  if (failures.length > 0) throw failures[0]
}
