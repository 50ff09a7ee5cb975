import { hash } from 'node:crypto'
import { within } from '../concurrency.js'
import { EngineMisconfigured } from '../errors.js'
import type { SessionStore } from '../session-store.js'
import { Subscription } from '../subscription.js'
import { codeOf, nameOf } from './driver.js'
import {
  OWN_SCHEMA,
  type PostgresStatements,
  PRESENT,
  postgresDialect,
  postgresStatements,
} from './postgres-dialect.js'
import { openListener, type PostgresConnection, postgresConnections } from './postgres-pool.js'
import { missingColumns, noTable, SqlStore } from './sql-store.js'

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

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's own parameters (`?sslmode=require`). */
  readonly url: URL
  readonly databaseTable: string
  /** Default: the connection's own, `current_schema()`. */
  readonly databaseSchema?: string | undefined
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one call may take: milliseconds. */
  readonly engineTimeout: number
  readonly mustExist?: boolean
}

/**
 * Connects to the database, and creates schema, table and index where they are missing.
 *
 * @throws EngineUnavailable if it cannot be used; the message says why and holds no password. @throws EngineMisconfigured
 * if there is no schema, or the table is of another kind, or must exist and does not.
 */
export async function openPostgres(options: PostgresOptions): Promise<SqlStore> {
  const {
    url,
    databaseTable,
    databaseSchema,
    keyPrefix,
    engineTimeout: timeLimit,
    mustExist = false,
  } = options
  const name = nameOf('PostgreSQL', url)
  const connections = postgresConnections({ url, name, timeLimit })
  try {
    // The time limit applies to a sign of life; setting up the table may take longer.
    const own = await within(timeLimit, (limit) => connections.use(limit, ownSchema))
    const schema = databaseSchema?.toLowerCase() ?? own
    if (schema === undefined)
      throw new EngineMisconfigured(
        `${name}: no schema of the search path exists; name one with DATABASE_SCHEMA`,
      )
    const sql = postgresStatements(databaseTable, schema)
    for (let attempt = 1; ; attempt++) {
      try {
        await within(SETUP_LIMIT, (limit) =>
          connections.use(limit, (connection) => setUp(connection, sql, name, mustExist)),
        )
        break
      } catch (error) {
        if (attempt === SETUP_ATTEMPTS || !RACED.has(codeOf(error))) throw error
      }
    }
    const channel = channelOf(sql.table, keyPrefix)
    const dialect = postgresDialect(connections, sql, { channel, listen: listenTo(channel, options) })
    return new SqlStore({ dialect, prefix: `${keyPrefix}:`, timeLimit })
  } catch (error) {
    await connections.close()
    throw error
  }
}

/** A channel belongs to the whole database, and a name of one has 63 bytes at most. */
function channelOf(table: string, keyPrefix: string): string {
  return `tessera_${hash('sha256', `${table} ${keyPrefix}`, 'hex').slice(0, 32)}`
}

/** A pooler that gives each statement another connection brings no messages; those who watch then notice by reading. */
function listenTo(
  channel: string,
  { url, engineTimeout: timeLimit }: PostgresOptions,
): SessionStore['listen'] {
  return (listener, failed) => {
    const open = (onLost: () => void) => openListener({ url, timeLimit, channel, listener, onLost })
    const subscription = new Subscription({ open, failed })
    return () => subscription.stop()
  }
}

/**
 * Asked once and named in every statement: a search path that is another one on another connection does not lead to
 * another table.
 */
async function ownSchema(connection: PostgresConnection): Promise<string | undefined> {
  const { rows } = await connection.query(OWN_SCHEMA)
  return (rows as { schema: string | null }[])[0]?.schema ?? undefined
}

interface Present {
  readonly hasSchema: boolean
  readonly hasTable: boolean
  readonly hasIndex: boolean
  readonly columns: readonly string[]
}

/** Where nothing is missing, the user needs no right to create anything. */
async function setUp(
  connection: PostgresConnection,
  sql: PostgresStatements,
  name: string,
  mustExist: boolean,
): Promise<void> {
  const { rows } = await connection.query(PRESENT, [sql.schema, sql.table, sql.index])
  const [present] = rows as Present[]
  if (mustExist && !present?.hasTable) throw noTable(name, sql.table)
  if (!present?.hasSchema) await connection.query(sql.createSchema)
  if (!present?.hasTable) await connection.query(sql.createTable)
  else {
    const columns = present.columns.map((column) => ({ name: column }))
    if (missingColumns(sql.table, columns, name).length > 0) await connection.query(sql.addColumns)
  }
  if (!present?.hasIndex) await connection.query(sql.indexExpiry)
}
