import type { Duplex } from 'node:stream'
import { tooSlow, within } from '../concurrency.js'
import { unusable } from './database-error.js'

/** A driver's pool, as the engines use it. */
export interface DriverPool<Connection> {
  /** A connection that nobody else uses, made within the time limit if there is none. */
  connect(): Promise<Connection>
  /** Gives it back for others to use. */
  release(connection: Connection): void
  /** Lets go of it, whatever is under way on it. A driver that says good-bye even here may leave its socket open. */
  discard(connection: Connection): void
  /** Says good-bye to the server on every connection, which takes for ever if nobody is there to hear it. */
  end(): Promise<unknown>
  /** What is open. */
  readonly sockets: Iterable<Duplex>
}

export interface ConnectionsOptions<Connection> {
  /** The database as it may be shown: without user and password. */
  readonly name: string
  /** Milliseconds. */
  readonly timeLimit: number
  readonly openPool: () => DriverPool<Connection>
  readonly judge: (cause: unknown) => Judgement
}

/**
 * What an error says of the connection that it came on. *Refused*: the server is there and declined; any other would
 * hear the same. *Read-only*: it declined because it takes no writes on this one, and nothing was done; others, of
 * after a failover, may take them. *Lost*: nobody knows.
 */
export type Judgement = 'refused' | 'read-only' | 'lost'

interface Pool<Connection> {
  readonly driver: DriverPool<Connection>
  readonly calls: Set<Promise<unknown>>
}

/**
 * The connections of one engine. When one of them is lost or not answered in time, the others come from before whatever
 * happened, and nobody knows where they lead: a server that was replaced ends none of them. Each would cost a request
 * that waits in vain. So the next call finds a new pool; calls that are under way in the old one may end.
 */
export class Connections<Connection> {
  readonly #options: ConnectionsOptions<Connection>
  readonly #leaving = new Set<Promise<unknown>>()
  #pool: Pool<Connection> | undefined
  #closed = false

  constructor(options: ConnectionsOptions<Connection>) {
    this.#options = options
  }

  /**
   * What `work` answers. Its connection is given back only if all went well: after anything else nobody knows what
   * is still under way on it, and closing it undoes what was not committed. Work that was refused for writing is tried
   * once more on a new connection: a server that takes writes again does not tell the connections of before.
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
        if (this.#options.judge(cause) !== 'read-only') throw cause
        return this.#try(work, limit - (performance.now() - since))
      })
    } catch (cause) {
      throw unusable(this.#options.name, cause)
    }
  }

  /** Resolves when every call has ended and every socket is let go of. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#pool !== undefined) this.#retire(this.#pool)
    await Promise.all(this.#leaving)
  }

  async #try<Result>(work: (connection: Connection) => Promise<Result>, limit: number): Promise<Result> {
    if (this.#closed) throw new Error('the engine is closed')
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
      // Whoever asked has been refused meanwhile, and a write that nobody waits for is not to be done.
      driver.release(connection)
      throw tooSlow(limit)
    }
    try {
      const result = await within(left, work(connection))
      driver.release(connection)
      return result
    } catch (cause) {
      driver.discard(connection)
      if (this.#options.judge(cause) !== 'refused') this.#retire(pool)
      throw cause
    }
  }

  #retire(pool: Pool<Connection>): void {
    if (this.#pool !== pool) return
    this.#pool = undefined
    const left = this.#leave(pool).finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  async #leave({ driver, calls }: Pool<Connection>): Promise<void> {
    await Promise.allSettled(calls)
    try {
      await within(this.#options.timeLimit, driver.end())
    } catch {
      // Nobody has heard the good-bye.
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

/** Remembers a socket for as long as it is open. */
export function remember(sockets: Set<Duplex>, socket: Duplex): void {
  sockets.add(socket)
  socket.once('close', () => sockets.delete(socket))
}
