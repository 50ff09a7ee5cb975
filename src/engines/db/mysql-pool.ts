import { EngineUnavailable } from '../errors.js'
import { tooSlow, within } from '../time-limit.js'
import { unusable } from './database-error.js'
import { driverOf } from './driver.js'

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

interface DriverPool {
  getConnection(): Promise<MysqlConnection>
  on(event: 'connection', listener: (connection: NewConnection) => void): unknown
  end(): Promise<void>
}

/** As the pool's event hands it out: without promises. */
interface NewConnection {
  query(sql: string): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

interface Driver {
  createPool(options: Readonly<Record<string, unknown>>): DriverPool
}

/** Work that has a connection to itself. */
export type MysqlWork<Result> = (connection: MysqlConnection) => Promise<Result>

/** Connections of one engine. */
export class MysqlPool {
  readonly #name: string
  readonly #timeLimit: number
  readonly #pool: DriverPool

  /** @throws EngineUnavailable if the URL cannot be read; the message holds no password. */
  constructor(url: string, timeLimit: number) {
    if (!URL.canParse(url)) throw new EngineUnavailable('the URL of the MySQL database cannot be read')
    const { host, pathname } = new URL(url)
    this.#name = `the MySQL database ${host}${pathname}`
    this.#timeLimit = timeLimit
    const { createPool } = driverOf('@keyv/mysql', 'mysql2/promise') as Driver
    this.#pool = createPool({
      uri: url,
      connectionLimit: CONNECTIONS,
      connectTimeout: timeLimit,
      charset: 'utf8mb4_bin',
    })
    const lockWait = Math.max(1, Math.floor((timeLimit * SERVER_SHARE) / 1000))
    this.#pool.on('connection', (connection) => {
      // A broken connection leaves the pool. There is no more to do, but without a listener it is a crash.
      connection.on('error', () => {})
      // Strict: a text that is too long is refused, not cut.
      connection.query(`SET SESSION sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = ${lockWait}`)
    })
  }

  /**
   * What `work` answers. Its connection is given back only if all went well: after anything else nobody knows what
   * is still under way on it, and closing it undoes what was not committed.
   *
   * @throws EngineUnavailable for every failure, and when `limit` milliseconds (default: the time limit) are over.
   */
  async use<Result>(work: MysqlWork<Result>, limit = this.#timeLimit): Promise<Result> {
    const since = performance.now()
    let connection: MysqlConnection | undefined
    try {
      connection = await this.#pool.getConnection()
      const left = limit - (performance.now() - since)
      // Whoever asked has been refused meanwhile.
      if (left <= 0) throw tooSlow(limit)
      const result = await within(left, work(connection))
      connection.release()
      return result
    } catch (cause) {
      connection?.destroy()
      throw unusable(this.#name, cause)
    }
  }

  end(): Promise<void> {
    return within(this.#timeLimit, this.#pool.end())
  }
}

/** How many rows met the condition of a writing statement, changed or not. */
export function rowsMet(result: unknown): number {
  if (typeof result !== 'object' || result === null || !('affectedRows' in result)) return 0
  return Number(result.affectedRows)
}
