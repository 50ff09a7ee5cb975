import type { Duplex } from 'node:stream'
import { type TimeLimit, tooSlow, within } from '../concurrency.js'
import { recordRefused, unavailable } from './driver.js'

/** A driver's pool, as the engines use it. */
export interface DriverPool<Connection> {
  /** A connection that nobody else uses; makes one within the time limit if there is none. */
  connect(): Promise<Connection>
  /** The same object each time it is the same connection. */
  identityOf(connection: Connection): object
  /** Resolves when the server has answered. */
  ping(connection: Connection): Promise<unknown>
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
  /** Milliseconds since any moment; it never jumps. */
  readonly now?: (() => number) | undefined
}

/**
 * What an error says.
 * - *refused*: the server works and declined, and would on any connection.
 * - *record*: it declined because of what is in the record.
 * - *undone*: it undid the work, a deadlock perhaps; the same work can succeed now.
 * - *not-executed*: certainly nothing was done, because of this connection: the server had closed it, or takes no writes
 *   on it. After a failover a new connection may be to a server that takes them.
 * - *lost*: nobody knows what was done.
 */
export type ErrorClass = 'refused' | 'record' | 'undone' | 'not-executed' | 'lost'

interface Pool<Connection> {
  readonly driver: DriverPool<Connection>
  readonly calls: Set<Promise<unknown>>
  /** Whether the server has ever answered on one of its connections. */
  hasAnswered: boolean
}

type Work<Connection, Result> = (connection: Connection) => Promise<Result>

/**
 * How long nobody has used a connection that is checked first, in milliseconds: the server may have closed it, or a firewall
 * may have dropped it without telling.
 */
const CHECK_AFTER = 250
/** The share of the time limit that the check may take. */
const CHECK_SHARE = 0.25
/** After this share of the time limit without an answer, work that only reads is sent on another connection too. */
const REPEAT_SHARE = 0.5

/** How long the drivers keep a connection that nobody uses: milliseconds. Firewalls wait for longer before they drop one. */
export const IDLE_LIMIT = 10_000

/**
 * The connections of one engine. When one of them is lost, or not answered in time, the others are suspect too: a
 * server that is replaced closes none of them, and each would cost a request that waits in vain. So the next call gets
 * a new pool; calls that are under way in the old one may end.
 */
export class Connections<Connection> {
  readonly #options: ConnectionsOptions<Connection>
  readonly #now: () => number
  readonly #closing = new Set<Promise<unknown>>()
  /** When the server answered last on a connection. */
  readonly #answeredAt = new WeakMap<object, number>()
  #pool: Pool<Connection> | undefined
  #isClosed = false

  constructor(options: ConnectionsOptions<Connection>) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /**
   * What `work` answers. Its connection is given back only if all went well: after a failure nobody knows what is still
   * under way on it, and closing it undoes what was not committed.
   *
   * What certainly was not done is tried once more, and so is work that only reads, of which nobody needs to know whether
   * it was done: a server that is back, or takes writes again, does not tell its older connections.
   *
   * @throws EngineUnavailable for every failure, and when the time limit is over. @throws RecordRefused for what is in
   * the record.
   */
  async use<Result>(
    timeLimit: TimeLimit,
    work: Work<Connection, Result>,
    { onlyReads = false }: { readonly onlyReads?: boolean } = {},
  ): Promise<Result> {
    const { name, classifyError } = this.#options
    try {
      return await this.#answer(timeLimit, work, onlyReads)
    } catch (cause) {
      throw classifyError(cause) === 'record' ? recordRefused(name, cause) : unavailable(name, cause)
    }
  }

  /** Resolves when every call has ended and every socket is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    if (this.#pool !== undefined) this.#retire(this.#pool)
    await Promise.all(this.#closing)
  }

  async #answer<Result>(
    timeLimit: TimeLimit,
    work: Work<Connection, Result>,
    onlyReads: boolean,
  ): Promise<Result> {
    const pool = this.#current()
    // Where the server has not answered yet, another attempt would tell no more.
    const canRepeat = onlyReads && pool.hasAnswered
    const first = this.#call(pool, timeLimit, work)
    try {
      return await (canRepeat ? within(this.#options.timeLimit * REPEAT_SHARE, first) : first)
    } catch (cause) {
      const kind = this.#options.classifyError(cause)
      const again = kind === 'undone' || kind === 'not-executed' || (kind === 'lost' && canRepeat)
      if (!again || timeLimit.isOver) throw cause
      if (kind !== 'undone') this.#retire(pool)
      // The first one may still be answered.
      return Promise.any([first, this.#call(this.#current(), timeLimit, work)]).catch(
        ({ errors: [firstCause] }: AggregateError) => {
          throw firstCause
        },
      )
    }
  }

  #current(): Pool<Connection> {
    if (this.#isClosed) throw new Error('the engine is closed')
    this.#pool ??= { driver: this.#options.openPool(), calls: new Set(), hasAnswered: false }
    return this.#pool
  }

  async #call<Result>(
    pool: Pool<Connection>,
    timeLimit: TimeLimit,
    work: Work<Connection, Result>,
  ): Promise<Result> {
    const call = this.#work(pool, timeLimit, work)
    pool.calls.add(call)
    try {
      return await call
    } finally {
      pool.calls.delete(call)
    }
  }

  async #work<Result>(
    pool: Pool<Connection>,
    timeLimit: TimeLimit,
    work: Work<Connection, Result>,
  ): Promise<Result> {
    const { driver } = pool
    const connection = await driver.connect()
    if (!(await this.#isAlive(driver, connection))) {
      driver.discard(connection)
      this.#retire(pool)
      return this.#call(this.#current(), timeLimit, work)
    }
    if (timeLimit.isOver) {
      // The caller has been refused, so a write must not be done.
      driver.release(connection)
      throw tooSlow(this.#options.timeLimit)
    }
    try {
      const result = await timeLimit.race(work(connection))
      this.#answeredAt.set(driver.identityOf(connection), this.#now())
      pool.hasAnswered = true
      driver.release(connection)
      return result
    } catch (cause) {
      driver.discard(connection)
      const kind = this.#options.classifyError(cause)
      if (kind === 'lost' || kind === 'not-executed') this.#retire(pool)
      throw cause
    }
  }

  /** A new connection is alive, and so is one that has just been used. */
  async #isAlive(driver: DriverPool<Connection>, connection: Connection): Promise<boolean> {
    const since = this.#answeredAt.get(driver.identityOf(connection))
    if (since === undefined || this.#now() - since <= CHECK_AFTER) return true
    try {
      await within(this.#options.timeLimit * CHECK_SHARE, driver.ping(connection))
      return true
    } catch {
      return false
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
