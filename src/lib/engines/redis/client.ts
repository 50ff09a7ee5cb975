import type { RedisAddress } from './address.js'
import { type ConnectionOptions, connectionTo } from './connection.js'

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

/** A server whose keys can be listed. */
export interface RedisNode {
  scan(
    cursor: string,
    options: { MATCH: string; COUNT: number; TYPE: string },
  ): Promise<{ cursor: string; keys: string[] }>
}

/** A client for one connection. Once lost it stays lost, and the next connection is a new client. */
export interface RedisClient {
  readonly commands: RedisCommands
  /** The servers that hold the keys between them. */
  nodes(): Promise<readonly RedisNode[]>
  connect(): Promise<unknown>
  /**
   * What the clock of the key's server will say at a moment of this process's `performance.now()`: milliseconds since
   * 1970, a little early rather than late.
   */
  serverTimeAt(moment: number, key: string): Promise<number>
  /** Releases the socket; calls under way fail. */
  destroy(): Promise<void>
}

export interface ClientOptions<Kind extends RedisAddress['kind']> extends Omit<ConnectionOptions, 'url'> {
  readonly address: Extract<RedisAddress, { kind: Kind }>
}

/** A client for a single server, or for an address behind which a proxy knows the primary. */
export function singleClient({ address, ...rest }: ClientOptions<'single'>): RedisClient {
  return clientOfOne({ url: address.url, ...rest }, async () => {})
}

/** A client for one connection. `check` is called when it is made, and throws if this is the wrong server. */
export function clientOfOne(
  options: ConnectionOptions,
  check: (role: () => Promise<unknown>) => Promise<void>,
): RedisClient {
  const { client, connect, destroy } = connectionTo(options)
  let ahead = 0
  return {
    commands: client,
    nodes: async () => [client],
    async connect() {
      await connect()
      await check(() => client.sendCommand(['ROLE']))
      ahead = await clockAhead(client)
    },
    serverTimeAt: async (moment) => Math.floor(moment + ahead),
    destroy,
  }
}

/**
 * How many milliseconds a server's clock is ahead of this process's `performance.now()`, which starts anywhere and never
 * jumps.
 */
export async function clockAhead(server: { time(): Promise<readonly unknown[]> }): Promise<number> {
  const [seconds, microseconds] = await server.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - performance.now()
}
