import type { Logger } from '../../logger.js'
import type { Engine, EngineTools } from '../engine.js'
import type { SessionStore } from '../session-store.js'
import { StoreEngine } from '../store-engine.js'
import { type DatabaseKind, databaseKindOf, partsOfSqliteUrl, serverUrl } from './database-url.js'

export interface DbOptions {
  /**
   * `sqlite:path`, `sqlite://path`, `sqlite::memory:`, each with `?driver=node:sqlite` or `?driver=sqlite3` behind it if
   * the driver is not to be chosen by what the runtime has, `postgres://user:password@host/database` (also `postgresql:`)
   * or `mysql://user:password@host/database` (also `mariadb:`).
   */
  readonly databaseUrl: string
  /** The table, made if it is missing. Letters, digits and underscores; PostgreSQL knows it in small letters. */
  readonly databaseTable: string
  /** PostgreSQL: the schema of the table, made if it is missing. Default: the connection's own, `current_schema()`. */
  readonly databaseSchema?: string | undefined
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly engineTimeout: number
  /** Whether a file or a table that is missing is an error, rather than made. Default: no. */
  readonly mustExist?: boolean
}

/** An open database. */
export interface DbStore {
  readonly store: SessionStore
  /** Whether other processes see its sessions. */
  readonly shared: boolean
}

type Open = (options: DbOptions, logger: Logger) => Promise<DbStore>

const openSqlite: Open = async (options, logger) => {
  const { MEMORY, openSqlite } = await import('./sqlite.js')
  const parts = partsOfSqliteUrl(options.databaseUrl)
  return { store: await openSqlite({ ...options, ...parts, logger }), shared: parts.path !== MEMORY }
}

const openPostgres: Open = async (options) => {
  const { openPostgres } = await import('./postgres.js')
  return { store: await openPostgres({ ...options, url: serverUrl(options.databaseUrl) }), shared: true }
}

const openMysql: Open = async (options) => {
  const { openMysql } = await import('./mysql.js')
  return { store: await openMysql({ ...options, url: serverUrl(options.databaseUrl) }), shared: true }
}

/** The code for a database is loaded when it is the one chosen. */
const databases: Record<DatabaseKind, Open> = { sqlite: openSqlite, postgres: openPostgres, mysql: openMysql }

/** The `db` engine: sessions in a table of a database. */
export async function openDb(options: DbOptions, tools: EngineTools): Promise<Engine> {
  const { store, shared } = await openDbStore(options, tools.logger)
  const capabilities = { shared }
  return new StoreEngine({
    ...tools,
    name: 'db',
    capabilities,
    store,
    keyPrefix: options.keyPrefix,
    timeLimit: options.engineTimeout,
  })
}

/**
 * Opens the database that the URL names.
 *
 * @throws EngineUnavailable if it cannot be used. @throws EngineMisconfigured if the URL or what it needs is wrong. No
 * message holds a password.
 */
export async function openDbStore(options: DbOptions, logger: Logger): Promise<DbStore> {
  return databases[databaseKindOf(options.databaseUrl)](options, logger)
}
