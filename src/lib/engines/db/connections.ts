import type { Duplex } from 'node:stream'
import { tooSlow, within } from '../concurrency.js'
import { unavailable } from './driver.js'

/** A driver's pool, as the engines use it. */
export interface DriverPool<Connection> {
  /** A connection that nobody else uses; makes one within the time limit if there is none. */
  connect(): Promise<Connection>
  /** Gives it back for others to use. */
  release(connection: Connection): void
  /** Drops it, whatever is under way on it. A driver that says good-bye even here may leave its socket open. */
  discard(connection: Connection): void
  /** Says good-bye to the server on every connection; never ends if no server listens. */
  end(): Promise<unknown>
  /** The open sockets. */
  readonly sockets: Iterable<Duplex>
}

export interface ConnectionsOptions<Connection> {
  /** The database as it may be shown: without user and password. */
  readonly name: string
  /** Milliseconds. */
  readonly timeLimit: number
  readonly openPool: () => DriverPool<Connection>
  readonly classifyError: (cause: unknown) => ErrorClass
}

/**
 * What an error says about the connection that it came on. *Refused*: the server works and declined, and would on any
 * connection. *Read-only*: it declined because this connection takes no writes, and nothing was done; after a failover
 * a new connection may take them. *Lost*: nobody knows what was done.
 */
export type ErrorClass = 'refused' | 'read-only' | 'lost'

interface Pool<Connection> {
  readonly driver: DriverPool<Connection>
  readonly calls: Set<Promise<unknown>>
}

/**
 * The connections of one engine. When one of them is lost, or not answered in time, the others are suspect too: a
 * server that is replaced closes none of them, and each would cost a request that waits in vain. So the next call gets
 * a new pool; calls that are under way in the old one may end.
 */
export class Connections<Connection> {
  readonly #options: ConnectionsOptions<Connection>
  readonly #closing = new Set<Promise<unknown>>()
  #pool: Pool<Connection> | undefined
  #isClosed = false

  constructor(options: ConnectionsOptions<Connection>) {
    this.#options = options
  }

  /**
   * What `work` answers. Its connection is given back only if all went well: after a failure nobody knows what is still
   * under way on it, and closing it undoes what was not committed. Work that was refused as read-only is tried once
   * more on a new connection: a server that takes writes again does not tell its older connections.
   *
   * @throws EngineUnavailable for every failure, and when `limit` milliseconds (default: the time limit) are over.
   */
  async use<Result>(
    work: (connection: Connection) => Promise<Result>,
    limit = this.#options.timeLimit,
  ): Promise<Result> {
    const since = performance.now()
    try {
      return await this.#try(work, limit).catch((cause: unknown) => {
        if (this.#options.classifyError(cause) !== 'read-only') throw cause
        return this.#try(work, limit - (performance.now() - since))
      })
    } catch (cause) {
      throw unavailable(this.#options.name, cause)
    }
  }

  /** Resolves when every call has ended and every socket is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#pool !== undefined) this.#retire(this.#pool)
    await Promise.all(this.#closing)
  }

  async #try<Result>(work: (connection: Connection) => Promise<Result>, limit: number): Promise<Result> {
    if (this.#isClosed) throw new Error('the engine is closed')
    this.#pool ??= { driver: this.#options.openPool(), calls: new Set() }
    const pool = this.#pool
    const call = this.#call(pool, work, limit)
    pool.calls.add(call)
    try {
      return await call
    } finally {
      pool.calls.delete(call)
    }
  }

  async #call<Result>(
    pool: Pool<Connection>,
    work: (connection: Connection) => Promise<Result>,
    limit: number,
  ): Promise<Result> {
    const since = performance.now()
    const { driver } = pool
    const connection = await driver.connect()
    const left = limit - (performance.now() - since)
    if (left <= 0) {
      // The caller was refused in the meantime, so a write must not be done.
      driver.release(connection)
      throw tooSlow(limit)
    }
    try {
      const result = await within(left, work(connection))
      driver.release(connection)
      return result
    } catch (cause) {
      driver.discard(connection)
      if (this.#options.classifyError(cause) !== 'refused') this.#retire(pool)
      throw cause
    }
  }

  #retire(pool: Pool<Connection>): void {
    if (this.#pool !== pool) return
    this.#pool = undefined
    const closed = this.#close(pool).finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }

  async #close({ driver, calls }: Pool<Connection>): Promise<void> {
    await Promise.allSettled(calls)
    try {
      await within(this.#options.timeLimit, driver.end())
    } catch {
      // The server has not heard the good-bye.
    }
    await Promise.all(Array.from(driver.sockets, destroyed))
  }
}

function destroyed(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', resolve)
    socket.destroy()
  })
}

/** Keeps a socket in the set for as long as it is open. */
export function trackSocket(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
}
