import { within } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import type { RedisClient } from './client.js'

export interface ReconnectingClientOptions {
  /** The address for messages: without user and password. */
  readonly address: string
  /** Makes a client whose connecting may take `connectTimeout` milliseconds and that calls `onLost` when it breaks. */
  readonly makeClient: (connectTimeout: number, onLost: () => void) => RedisClient
  /** How long one call may take, connecting included: milliseconds. */
  readonly timeLimit: number
}

interface Connection {
  readonly client: RedisClient
  readonly ready: Promise<unknown>
  isReady: boolean
  readonly calls: Set<Promise<unknown>>
}

/**
 * Keeps one connection, and makes the next one when a call needs it.
 *
 * The client's own reconnecting would either let calls wait for a server that is down, or refuse them while it pauses
 * between two attempts, although the server is back. Here a call that finds no connection makes one, and calls that
 * come meanwhile wait for the same. So a server that refuses is an answer at once, and the first call after its return
 * succeeds. A connection on which a call was not answered in time is not used again, since nobody knows whether there
 * is still a server at its other end; a late reply reaches only the call that it belongs to.
 */
export class ReconnectingClient {
  readonly #options: ReconnectingClientOptions
  readonly #closing = new Set<Promise<unknown>>()
  #connection: Connection | undefined
  #closed = false

  constructor(options: ReconnectingClientOptions) {
    this.#options = options
  }

  /**
   * What `work` answers on a connection.
   *
   * @throws EngineUnavailable if it takes too long or fails in any way.
   */
  async run<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw this.#unavailable(new Error('the engine is closed'))
    this.#connection ??= this.#open()
    const connection = this.#connection
    const { client, ready, isReady, calls } = connection
    const call = within(this.#options.timeLimit, isReady ? work(client) : ready.then(() => work(client)))
    calls.add(call)
    try {
      return await call
    } catch (cause) {
      if (!isRefusal(cause)) this.#retire(connection)
      throw this.#unavailable(cause)
    } finally {
      calls.delete(call)
    }
  }

  /** Resolves when every call has ended and every socket is released. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#connection !== undefined) this.#retire(this.#connection)
    await Promise.all(this.#closing)
  }

  #open(): Connection {
    const { makeClient, timeLimit } = this.#options
    const retire = (): void => this.#retire(connection)
    const client = makeClient(timeLimit, retire)
    const connection: Connection = { client, ready: client.connect(), isReady: false, calls: new Set() }
    connection.ready.then(() => {
      connection.isReady = true
    }, retire)
    return connection
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

  #unavailable(cause: unknown): EngineUnavailable {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new EngineUnavailable(`Redis at ${this.#options.address} cannot be used: ${why}`, { cause })
  }
}

/**
 * Errors that a new connection may cure: the server has become a replica, the cluster has come apart, the server's clock
 * is no longer what it was when we connected.
 */
const CURABLE: readonly unknown[] = ['READONLY', 'CLUSTERDOWN', 'LATE']

/** Whether the server is there and refused, so that another connection would get the same answer. */
function isRefusal(error: unknown): boolean {
  const code = replyCode(error)
  return code !== undefined && !CURABLE.includes(code)
}

/** The code that an error reply of Redis begins with, such as `NOSCRIPT`. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z]+) /.exec(error.message)?.[1] : undefined
}
