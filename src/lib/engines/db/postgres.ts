import { EngineMisconfigured } from '../errors.js'
import { codeOf, nameOf } from './driver.js'
import {
  OWN_SCHEMA,
  type PostgresQuery,
  type PostgresStatements,
  PRESENT,
  postgresDialect,
  postgresStatements,
} from './postgres-dialect.js'
import { postgresConnections } from './postgres-pool.js'
import { missingColumns, SqlStore } from './sql-store.js'

/** How long the index of a large table may take: milliseconds. */
const SETUP_LIMIT = 600_000

/** How often creating table and index is tried: two processes that start at once may get in each other's way. */
const SETUP_ATTEMPTS = 4
const RACED: ReadonlySet<unknown> = new Set([
  '23505', // unique_violation, in the server's own catalogue
  '42P06', // duplicate_schema
  '42P07', // duplicate_table, for indexes too
  '42710', // duplicate_object: the table's row type
  '40P01', // deadlock_detected
])

/** The server undid the whole statement, and it can be tried again: deadlock_detected, serialization_failure. */
const UNDONE: ReadonlySet<unknown> = new Set(['40P01', '40001'])

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own parameters (`?sslmode=require`). */
  readonly databaseUrl: string
  readonly databaseTable: string
  /** Default: the connection's own, `current_schema()`. */
  readonly databaseSchema?: string | undefined
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one call may take: milliseconds. */
  readonly engineTimeout: number
}

/**
 * Connects to the database, and creates schema, table and index where they are missing.
 *
 * @throws EngineUnavailable if it cannot be used; the message says why and holds no password. @throws EngineMisconfigured
 * if there is no schema, or the table is of another kind.
 */
export async function openPostgres(options: PostgresOptions): Promise<SqlStore> {
  const { databaseUrl, databaseTable, databaseSchema, keyPrefix, engineTimeout: timeLimit } = options
  const name = nameOf('PostgreSQL', databaseUrl)
  const connections = postgresConnections(databaseUrl, name, timeLimit)
  const run: Run = (text, values, limit) =>
    connections.use(async (connection) => (await connection.query(text, values)).rows as never[], limit)
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
    const schema = databaseSchema?.toLowerCase() ?? (await ownSchema(run, name))
    const sql = postgresStatements(databaseTable, schema)
    await setUp(run, sql, name)
    return new SqlStore({
      dialect: postgresDialect(query, sql, close),
      prefix: `${keyPrefix}:`,
      timeLimit,
    })
  } catch (error) {
    await close()
    throw error
  }
}

/** Runs one statement and answers its rows. `limit` in milliseconds. */
type Run = <Row>(text: string, values?: readonly unknown[], limit?: number) => Promise<Row[]>

/**
 * Asked once and named in every statement: a search path that is another one on another connection does not lead to
 * another table.
 */
async function ownSchema(run: Run, name: string): Promise<string> {
  const [row] = await run<{ schema: string | null }>(OWN_SCHEMA)
  if (typeof row?.schema === 'string') return row.schema
  throw new EngineMisconfigured(`${name}: no schema of the search path exists; name one with DATABASE_SCHEMA`)
}

interface Present {
  readonly hasSchema: boolean
  readonly hasTable: boolean
  readonly hasIndex: boolean
  readonly columns: readonly string[]
}

/** Where nothing is missing, the user needs no right to create anything. */
async function setUp(run: Run, sql: PostgresStatements, name: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const [present] = await run<Present>(PRESENT, [sql.schema, sql.table, sql.index])
      if (!present?.hasSchema) await run(sql.createSchema)
      if (!present?.hasTable) await run(sql.createTable)
      else {
        const columns = present.columns.map((column) => ({ name: column }))
        if (missingColumns(sql.table, columns, name).length > 0) await run(sql.addColumns)
      }
      // Somebody else's table may be large.
      if (!present?.hasIndex) await run(sql.indexExpiry, undefined, SETUP_LIMIT)
      return
    } catch (error) {
      if (attempt === SETUP_ATTEMPTS || !RACED.has(codeOf(error))) throw error
    }
  }
}
