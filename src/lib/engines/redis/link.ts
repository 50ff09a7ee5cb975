import { within } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import type { RedisClient } from './client.js'

export interface RedisLinkOptions {
  /** The address as it may be shown: without user and password. */
  readonly address: string
  /** A client whose connecting may take so long, in milliseconds, and that tells when its connection is gone. */
  readonly makeClient: (connectTimeout: number, onLost: () => void) => RedisClient
  /** How long one call may take, connecting included: milliseconds. */
  readonly timeLimit: number
}

interface Line {
  readonly client: RedisClient
  readonly ready: Promise<unknown>
  isReady: boolean
  readonly calls: Set<Promise<unknown>>
}

/**
 * Keeps one connection and makes the next one when a call needs it.
 *
 * The client's own reconnecting would either let calls wait for a server that is down, or refuse them for as long as
 * it pauses between two attempts, although the server is back. Here a call that finds no connection makes one, and
 * whoever comes meanwhile waits for the same: a server that refuses is an answer at once, and the first call after its
 * return is served. A line on which a call was not answered in time is not used again, since nobody knows whether
 * there is still somebody at its other end; a reply that comes late finds only the call that it belongs to.
 */
export class RedisLink {
  readonly #options: RedisLinkOptions
  readonly #leaving = new Set<Promise<unknown>>()
  #line: Line | undefined
  #closed = false

  constructor(options: RedisLinkOptions) {
    this.#options = options
  }

  /**
   * What `work` answers on a connection.
   *
   * @throws EngineUnavailable if it takes too long or fails in any way.
   */
  async run<Result>(work: (client: RedisClient) => Promise<Result>): Promise<Result> {
    if (this.#closed) throw this.#unavailable(new Error('the engine is closed'))
    this.#line ??= this.#open()
    const line = this.#line
    const working = line.isReady ? work(line.client) : line.ready.then(() => work(line.client))
    const call = within(this.#options.timeLimit, working)
    line.calls.add(call)
    try {
      return await call
    } catch (cause) {
      if (!isRefusal(cause)) this.#retire(line)
      throw this.#unavailable(cause)
    } finally {
      line.calls.delete(call)
    }
  }

  /** Resolves when every call has ended and every socket is let go of. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#line !== undefined) this.#retire(this.#line)
    await Promise.all(this.#leaving)
  }

  #open(): Line {
    const { makeClient, timeLimit } = this.#options
    const retire = (): void => this.#retire(line)
    const client = makeClient(timeLimit, retire)
    const line: Line = { client, ready: client.connect(), isReady: false, calls: new Set() }
    line.ready.then(() => {
      line.isReady = true
    }, retire)
    return line
  }

  /** The line takes no more calls; those under way may end. */
  #retire(line: Line): void {
    if (this.#line !== line) return
    this.#line = undefined
    const left = Promise.allSettled(line.calls)
      .then(() => line.client.destroy())
      .finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
  }

  #unavailable(cause: unknown): EngineUnavailable {
    const why = cause instanceof Error ? cause.message : String(cause)
    return new EngineUnavailable(`Redis at ${this.#options.address} cannot be used: ${why}`, { cause })
  }
}

/**
 * What a new connection may cure: a server that has become a replica, a cluster that has come apart, a clock that no
 * longer is what it was when we connected.
 */
const CURABLE: readonly unknown[] = ['READONLY', 'CLUSTERDOWN', 'LATE']

/** Whether the server is there and declined, so that another connection would hear the same. */
function isRefusal(error: unknown): boolean {
  const code = replyCode(error)
  return code !== undefined && !CURABLE.includes(code)
}

/** The code that an error reply of Redis begins with, such as `NOSCRIPT`. */
export function replyCode(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z]+) /.exec(error.message)?.[1] : undefined
}
