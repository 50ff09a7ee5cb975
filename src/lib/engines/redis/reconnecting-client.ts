import { within } from '../concurrency.js'
import { EngineUnavailable, RecordRefused } from '../errors.js'
import { errorSays, isErrorReply, isTooLarge, type RedisClient } from './client.js'

export interface ReconnectingClientOptions {
  /** The address for messages: without user and password. */
  readonly address: string
  /** Makes a client whose connecting may take `connectTimeout` milliseconds and that calls `onLost` when it breaks. */
  readonly makeClient: (connectTimeout: number, onLost: () => void) => RedisClient
  /** How long one call may take, connecting included: milliseconds. */
  readonly timeLimit: number
  /** Milliseconds since any moment; it never jumps. */
  readonly now?: () => number
}

/** A call. The answer must be here at `end`, by `performance.now()`. */
export type Work<Result> = (client: RedisClient, end: number) => Promise<Result>

interface Connection {
  readonly client: RedisClient
  /** Calls wait for this; undefined if they can be sent at once. It rejects if the connection is of no use. */
  ready: Promise<unknown> | undefined
  hasConnected: boolean
  /** When the server answered last. */
  heard: number
  readonly calls: Set<Promise<unknown>>
}

/** A connection is checked before use if its server has not answered for so long: milliseconds. */
const CHECK_AFTER = 1000
/** How much of the time limit such a check may take. */
const CHECK_SHARE = 0.25
/** After so much of the time limit without an answer, a call that can be repeated is sent on a second connection too. */
const REPEAT_SHARE = 0.5

/**
 * Keeps one connection, and makes the next one when a call needs it.
 *
 * The client's own reconnecting would either let calls wait for a server that is down, or refuse them while it pauses
 * between two attempts, although the server is back. Here a call that finds no connection makes one, and calls that
 * come meanwhile wait for the same. So a server that refuses is an answer at once, and the first call after its return
 * succeeds. A connection on which a call was not answered in time is not used again, since nobody knows whether there
 * is still a server at its other end; a late reply reaches only the call that it belongs to.
 *
 * A connection may have died while nobody used it: the server closed it, or a firewall forgot it without a word. Hence
 * a connection is checked after a pause, and a call that an older connection fails is sent once more on a new one, within
 * the same time limit: one that certainly was not executed, and one that says how it can be repeated.
 */
export class ReconnectingClient {
  readonly #options: ReconnectingClientOptions
  readonly #now: () => number
  readonly #closing = new Set<Promise<unknown>>()
  #connection: Connection | undefined
  #closed = false

  constructor(options: ReconnectingClientOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
  }

  /**
   * What `work` answers on a connection. `repeat` is sent on a second connection if nobody knows whether `work` was
   * executed; a call that only reads is its own repetition.
   *
   * @throws RecordRefused if the server takes no text of that length. @throws EngineUnavailable if it takes too long, or
   * fails in any other way.
   */
  async run<Result>(work: Work<Result>, repeat?: Work<Result>): Promise<Result> {
    try {
      return await this.#answer(work, repeat, performance.now() + this.#options.timeLimit)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      if (isTooLarge(cause))
        throw new RecordRefused(`Redis at ${this.#options.address} does not take the record: ${why}`, {
          cause,
        })
      throw new EngineUnavailable(`Redis at ${this.#options.address} cannot be used: ${why}`, { cause })
    }
  }

  /** Resolves when every call has ended and every socket is released. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#connection !== undefined) this.#retire(this.#connection)
    await Promise.all(this.#closing)
  }

  async #answer<Result>(work: Work<Result>, repeat: Work<Result> | undefined, end: number): Promise<Result> {
    const connection = this.#current()
    const isOld = connection.hasConnected
    let wasSent = false
    const first = this.#call(connection, end, (client) => {
      wasSent = true
      return work(client, end)
    })
    if (!isOld) return first
    try {
      return await (repeat === undefined ? first : within(this.#options.timeLimit * REPEAT_SHARE, first))
    } catch (error) {
      const again = !wasSent || isUndone(error) ? work : repeat
      if (again === undefined || isRefusal(error)) throw error
      this.#retire(connection)
      const second = this.#call(this.#current(), end, (client) => again(client, end))
      // The first one may still be answered.
      return Promise.any([first, second]).catch(({ errors }: AggregateError) => {
        throw wasSent ? errors[0] : errors[1]
      })
    }
  }

  /** Sends a call on this connection, as soon as it is ready. */
  async #call<Result>(
    connection: Connection,
    end: number,
    send: (client: RedisClient) => Promise<Result>,
  ): Promise<Result> {
    const { client, ready, calls } = connection
    const answer = ready === undefined ? send(client) : ready.then(() => send(client))
    const left = Math.max(0, Math.ceil(end - performance.now()))
    const call = within(left, answer, undefined, this.#options.timeLimit)
    calls.add(call)
    try {
      const result = await call
      connection.heard = this.#now()
      return result
    } catch (error) {
      if (isRefusal(error)) connection.heard = this.#now()
      else this.#retire(connection)
      throw error
    } finally {
      calls.delete(call)
    }
  }

  #current(): Connection {
    if (this.#closed) throw new Error('the engine is closed')
    this.#connection ??= this.#open()
    const connection = this.#connection
    if (connection.ready === undefined && this.#now() - connection.heard > CHECK_AFTER) {
      this.#await(connection, within(this.#options.timeLimit * CHECK_SHARE, connection.client.check()))
    }
    return connection
  }

  #open(): Connection {
    const { makeClient, timeLimit } = this.#options
    const client = makeClient(timeLimit, () => this.#retire(connection))
    const connection: Connection = {
      client,
      ready: undefined,
      hasConnected: false,
      heard: this.#now(),
      calls: new Set(),
    }
    this.#await(connection, client.connect())
    return connection
  }

  /** Lets calls wait until the server has answered. */
  #await(connection: Connection, answer: Promise<unknown>): void {
    const ready = answer.then(
      () => {
        connection.ready = undefined
        connection.hasConnected = true
        connection.heard = this.#now()
      },
      (error: unknown) => {
        this.#retire(connection)
        throw error
      },
    )
    ready.catch(() => {}) // the calls that wait for it learn it
    connection.ready = ready
  }

  /** The connection gets no more calls; those under way may end. */
  #retire(connection: Connection): void {
    if (this.#connection !== connection) return
    this.#connection = undefined
    const closed = Promise.allSettled(connection.calls)
      .then(() => connection.client.destroy())
      .finally(() => this.#closing.delete(closed))
    this.#closing.add(closed)
  }
}

/**
 * Errors that a new connection may cure, and with which nothing was executed: the server has become a replica, the
 * cluster has come apart, the server's clock is no longer what it was when we connected.
 */
const CURABLE = ['READONLY', 'MASTERDOWN', 'CLUSTERDOWN', 'LATE']

/** What the client says if it has no connection to send a command on. */
const NOT_SENT = ['The client is offline', 'The client is closed']

function isUndone(error: unknown): boolean {
  return errorSays(error, ...CURABLE) || (error instanceof Error && NOT_SENT.includes(error.message))
}

/** Whether the server is there and refused, so that another connection would get the same answer. */
function isRefusal(error: unknown): boolean {
  return isErrorReply(error) && !errorSays(error, ...CURABLE)
}
