import { createClient } from '@keyv/redis'

export interface ScriptInput {
  readonly keys: string[]
  readonly arguments: string[]
}

/** The few commands that sessions need. */
export interface RedisCommands {
  get(key: string): Promise<string | null>
  set(key: string, value: string, options: SetOptions): Promise<string | null>
  eval(script: string, input: ScriptInput): Promise<unknown>
  evalSha(sha: string, input: ScriptInput): Promise<unknown>
}

interface SetOptions {
  readonly condition: 'NX'
  readonly expiration: { readonly type: 'PX'; readonly value: number }
}

/** A server whose keys can be walked through. */
export interface RedisNode {
  scan(
    cursor: string,
    options: { MATCH: string; COUNT: number; TYPE: string },
  ): Promise<{ cursor: string; keys: string[] }>
}

/** A client for one connection: once lost it stays lost, and the next one is a new client. */
export interface RedisClient {
  readonly commands: RedisCommands
  /** The servers that hold the keys between them. */
  nodes(): Promise<readonly RedisNode[]>
  connect(): Promise<unknown>
  /**
   * What the server's clock will say at a moment of this process's `performance.now()`: milliseconds since 1970, a
   * little early rather than late. Undefined where several servers have several clocks.
   */
  serverTimeAt(moment: number): number | undefined
  /** Lets go of the socket; what was under way fails. */
  destroy(): Promise<void>
}

export interface ClientOptions {
  readonly url: string
  /** Milliseconds. */
  readonly connectTimeout: number
  /** The connection is gone, for whatever reason. */
  readonly onLost: () => void
}

export type MakeClient = (options: ClientOptions) => RedisClient

/** A client for a single server, or one that stands for several, as the address of a primary does. */
export const singleClient: MakeClient = ({ url, connectTimeout, onLost }) => {
  const client = createClient({
    url,
    // Nobody waits for a connection that may come back some day; see RedisLink.
    disableOfflineQueue: true,
    socket: { connectTimeout, reconnectStrategy: false },
  })
  // Without a listener an 'error' would end the process. Whoever has a call under way is told by the call.
  client.on('error', onLost)
  const socketMade = new Promise((resolve) => client.once('connect', resolve))
  let connecting: Promise<unknown> | undefined
  /** What the server's clock is ahead of this process's, which counts from somewhere and never jumps. */
  let ahead = 0
  return {
    commands: client,
    nodes: async () => [client],
    async connect() {
      connecting = client.connect()
      await connecting
      const [seconds, microseconds] = await client.time()
      ahead = Number(seconds) * 1000 + Number(microseconds) / 1000 - performance.now()
    },
    serverTimeAt: (moment) => Math.floor(moment + ahead),
    async destroy() {
      // A client that is destroyed before it has its socket does not notice and keeps the one that it gets.
      await Promise.allSettled([Promise.race([socketMade, connecting])])
      if (client.isOpen) client.destroy()
    },
  }
}
