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
  /** Asks something, if that is needed to know whether the connection still works. */
  check(): Promise<unknown>
  /** Whether the server is one of a cluster. */
  isCluster(): Promise<boolean>
  /**
   * What the clock of the key's server will say at a moment of this process's `performance.now()`: milliseconds since
   * 1970, a little early rather than late.
   */
  serverTimeAt(moment: number, key: string): Promise<number>
  /** Calls `listener` with what is published on `channel`. From then on the connection takes no other commands. */
  subscribe(channel: string, listener: (message: string) => void): Promise<unknown>
  /** Releases the socket; calls under way fail. */
  destroy(): Promise<void>
}

export interface ClientOptions<Kind extends RedisAddress['kind']> extends Omit<ConnectionOptions, 'url'> {
  readonly address: Extract<RedisAddress, { kind: Kind }>
}

/** A client for a single server, or for an address behind which a proxy knows the primary. */
export function singleClient({ address, ...rest }: ClientOptions<'single'>): RedisClient {
  return clientOfOne({ url: address.url, ...rest })
}

/** A client for one connection. With `mustBePrimary` it does not connect to a replica. */
export function clientOfOne(options: ConnectionOptions, mustBePrimary = false): RedisClient {
  const { client, connect, destroy } = connectionTo(options)
  /** HELLO needs no right. */
  const hello = async (fact: 'mode' | 'role'): Promise<string | undefined> =>
    factIn(await client.sendCommand(['HELLO', '2']), fact)
  let ahead = 0
  const askTime = async (): Promise<void> => {
    ahead = await clockAhead(client)
  }
  return {
    commands: client,
    nodes: async () => [client],
    async connect() {
      await connect()
      if (mustBePrimary && (await hello('role')) !== 'master') {
        throw new Error(`the server at ${new URL(options.url).host} is not the primary`)
      }
      await askTime()
    },
    // Not PING: a user with only the rights that sessions need may ask for the time.
    check: askTime,
    async isCluster() {
      try {
        return (await hello('mode')) === 'cluster'
      } catch (error) {
        // A proxy need not know the command.
        if (isErrorReply(error)) return false
        throw error
      }
    },
    serverTimeAt: async (moment) => Math.floor(moment + ahead),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    destroy,
  }
}

/** The reply to HELLO is a list of names and values. */
function factIn(reply: unknown, name: string): string | undefined {
  const facts = Array.isArray(reply) ? reply.map(String) : []
  return facts[facts.indexOf(name) + 1]
}

/**
 * How many milliseconds a server's clock is ahead of this process's `performance.now()`, which starts anywhere and never
 * jumps.
 */
export async function clockAhead(server: { time(): Promise<readonly unknown[]> }): Promise<number> {
  const [seconds, microseconds] = await server.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - performance.now()
}

/** Whether this is a server's error reply: they all begin with a code in capitals. */
export function isErrorReply(error: unknown): boolean {
  return error instanceof Error && /^-?[A-Z]+ /.test(error.message)
}

/**
 * Whether an error reply has one of these codes, such as `NOSCRIPT`. A reply begins with its code, but Redis up to 6.2
 * wraps the errors of a script: `ERR Error running script (call to f_…): @user_script:9: -READONLY You can't write …`.
 */
export function errorSays(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && new RegExp(`(?:^|\\s)-?(?:${codes.join('|')})\\s`).test(error.message)
}

/**
 * Whether the server refused because its user lacks a right. Redis 7: `NOPERM User ada has no permissions to run the
 * 'del' command`, in scripts `ERR ACL failure in script: …`; up to 6.2 in scripts `The user executing the script can't
 * run this command or subcommand` (or `can't access at least one of the keys …`).
 */
export function isDenied(error: unknown): boolean {
  return (
    error instanceof Error &&
    /\bNOPERM\b|\bACL failure\b|no permissions|executing the script can't/.test(error.message)
  )
}

/** Whether the server is well and takes no text of that length (`proto-max-bulk-len`). It closes the connection then. */
export function isTooLarge(error: unknown): boolean {
  return (
    error instanceof Error && /invalid bulk length|string exceeds maximum allowed size/.test(error.message)
  )
}
