import { storedEntryOf } from '../../codecs/codec.js'
import { within } from '../concurrency.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'
import { Subscription } from '../subscription.js'
import {
  errorSays,
  isDenied,
  isErrorReply,
  type RedisClient,
  type RedisNode,
  type ScriptInput,
} from './client.js'
import type { ReconnectingClient, ReconnectingClientOptions, Work } from './reconnecting-client.js'
import { redisScripts, type Script } from './scripts.js'

export interface RedisStoreOptions {
  readonly client: ReconnectingClient
  /** Makes a client of its own for subscribing. */
  readonly makeClient: ReconnectingClientOptions['makeClient']
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** A key that nobody uses. */
const CHECK = 'check-rights'

/** Milliseconds. Redis refuses 0, so this is for a text that has expired already. */
const SHORTEST_LIFE = 1

/** A move is done within this share of the time that is left, or not at all: its reply takes as long as the command. */
const MOVE_SHARE = 0.5

/**
 * Sessions as texts that Redis removes when they expire. Every step is one command or one script, and the client sends
 * all commands of the same moment in one go.
 *
 * Redis counts down from when it gets a text, by its own clock. Only our clock decides whether a session has expired, so
 * neither a wrong clock nor a text that is removed late revives a session (S18).
 */
export class RedisStore implements SessionStore {
  readonly #options: RedisStoreOptions
  readonly #sweep: RedisSweep
  /** Where it is published which sessions have left their keys; empty where the user lacks the right. */
  #channel: string
  /** What the server said to the first attempt to publish. */
  #denied: unknown

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#channel = this.#keyOf('ended')
    this.#sweep = new RedisSweep(`${this.#keyOf(`${options.keyPrefix}:`)}*`)
  }

  read(key: string): Promise<StoredEntry | undefined> {
    const read: Work<StoredEntry | undefined> = async ({ commands }) => {
      try {
        const text = await commands.get(this.#keyOf(key))
        return text === null ? undefined : storedEntryOf(text)
      } catch (error) {
        // Somebody else's list or hash: the key is taken, but there is no session to read.
        if (errorSays(error, 'WRONGTYPE')) return storedEntryOf('')
        throw error
      }
    }
    return this.#options.client.run(read, read)
  }

  insert(key: string, { text, expires }: StoredEntry): Promise<boolean> {
    const insert: Work<boolean> = async ({ commands }) => {
      const expiration = { type: 'PX', value: Number(this.#lifeOf(expires)) } as const
      return (await commands.set(this.#keyOf(key), text, { condition: 'NX', expiration })) !== null
    }
    // If the first one was executed after all, the key holds our own text.
    const repeat: Work<boolean> = async (client, end) =>
      (await insert(client, end)) || (await client.commands.get(this.#keyOf(key))) === text
    return this.#options.client.run(insert, repeat)
  }

  replace(key: string, { text, expires }: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.#run(redisScripts.replace, [key], [String(version), String(now), text, this.#lifeOf(expires)])
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#run(redisScripts.extend, [key], [String(now), String(expires), this.#lifeOf(expires)])
  }

  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    return this.#options.client.run(async (client, end) => {
      const present = performance.now()
      const latest = present + (end - present) * MOVE_SHARE
      const deadline = await client.serverTimeAt(latest, this.#keyOf(from))
      const texts = [entry, tombstone].flatMap(({ text, expires }) => [text, this.#lifeOf(expires)])
      return runScript(client, redisScripts.move, {
        keys: [this.#keyOf(from), this.#keyOf(to)],
        arguments: [String(version), String(now), String(deadline), ...texts, this.#channel, from],
      })
    })
  }

  remove(key: string): Promise<boolean> {
    return this.#run(redisScripts.remove, [key], [this.#channel, key])
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#options.client.run((client) => {
      const remove = (key: string): Promise<boolean> =>
        runScript(client, redisScripts.removeExpired, { keys: [key], arguments: [String(now)] })
      return this.#sweep.run(client, limit, remove)
    })
  }

  /** Redis may list a key twice. */
  async *keys(): AsyncGenerator<readonly string[], void> {
    const { client, keyPrefix } = this.#options
    const first = this.#keyOf('')
    const options = { MATCH: `${this.#keyOf(`${keyPrefix}:`)}*`, COUNT: STEP, TYPE: 'string' }
    const nodes = await client.run(async (connected) => (await connected.nodes()).length)
    for (let place = 0; place < nodes; place++) {
      let cursor = START
      do {
        const page = await client.run(async (connected) =>
          (await connected.nodes())[place]?.scan(cursor, options),
        )
        yield page?.keys.map((key) => key.slice(first.length)) ?? []
        cursor = page?.cursor ?? START
      } while (cursor !== START)
    }
  }

  readonly listen: SessionStore['listen'] = (listener, failed) => {
    const { makeClient, timeLimit } = this.#options
    const channel = this.#keyOf('ended')
    if (this.#denied !== undefined) failed(this.#denied)
    const subscription = new Subscription({
      failed,
      async open(onLost) {
        const client = makeClient(timeLimit, onLost)
        try {
          await within(timeLimit, client.connect())
          await within(timeLimit, client.subscribe(channel, listener))
        } catch (error) {
          await client.destroy()
          throw error
        }
        return () => client.destroy()
      },
    })
    return () => subscription.stop()
  }

  /**
   * Runs each command that a step needs once, on a key that nobody uses.
   *
   * @throws EngineUnavailable with the server's own words if its user lacks a right.
   */
  checkRights(): Promise<void> {
    const key = this.#keyOf(`${this.#options.keyPrefix}:${CHECK}`)
    const script = redisScripts.checkRights
    const input = { keys: [key], arguments: [] }
    const expiration = { type: 'PX', value: SHORTEST_LIFE } as const
    return this.#options.client.run(async (client) => {
      const { commands } = client
      const [node] = await client.nodes()
      const checks: readonly (() => Promise<unknown> | undefined)[] = [
        () => commands.get(key),
        () => commands.set(key, '', { condition: 'NX', expiration }),
        () => commands.eval(script.text, input),
        () => commands.evalSha(script.sha, input),
        () => node?.scan(START, { MATCH: key, COUNT: 1, TYPE: 'string' }),
      ]
      for (const check of checks) {
        try {
          await check()
        } catch (error) {
          // A server that is full, or a replica for the moment, refuses too; that is for the requests to find out.
          if (isDenied(error) || !isErrorReply(error)) throw error
        }
      }
      await this.#checkPublishing(client)
    })
  }

  /** Sessions need no right to publish: those who watch them then notice later that they end. */
  async #checkPublishing(client: RedisClient): Promise<void> {
    const input = { keys: [this.#keyOf(`${this.#options.keyPrefix}:${CHECK}`)], arguments: [this.#channel] }
    try {
      await runScript(client, redisScripts.checkPublishing, input)
    } catch (error) {
      if (!isErrorReply(error)) throw error
      if (!isDenied(error)) return
      this.#denied = error
      this.#channel = ''
    }
  }

  close(): Promise<void> {
    return this.#options.client.close()
  }

  #run(script: Script, keys: readonly string[], parameters: string[]): Promise<boolean> {
    const input = { keys: keys.map((key) => this.#keyOf(key)), arguments: parameters }
    return this.#options.client.run((client) => runScript(client, script, input))
  }

  /** Milliseconds from now, as Redis takes them. */
  #lifeOf(expires: number): string {
    const life = Math.ceil(expires - this.#options.clock())
    return String(Math.min(Math.max(SHORTEST_LIFE, life), Number.MAX_SAFE_INTEGER))
  }

  /** The key that a plain Keyv client uses: Keyv puts its namespace before a key, and so does its Redis adapter. */
  #keyOf(key: string): string {
    return redisKeyOf(this.#options.keyPrefix, key)
  }
}

/** Keyv's Redis adapter puts the namespace even before keys that begin with it already. */
export function redisKeyOf(keyPrefix: string, key: string): string {
  return `${keyPrefix}::${key}`
}

/** Whether the script did its step. A server that does not know the script, or has forgotten it, gets its text. */
async function runScript(
  { commands }: RedisClient,
  { sha, text }: Script,
  input: ScriptInput,
): Promise<boolean> {
  try {
    return (await commands.evalSha(sha, input)) === 1
  } catch (error) {
    if (!errorSays(error, 'NOSCRIPT')) throw error
    return (await commands.eval(text, input)) === 1
  }
}

/** How many keys Redis looks at in one step of a scan, about. */
const STEP = 1000
/** How many steps one sweep takes. */
const STEPS = 10

const START = '0'

/**
 * Removes expired texts that Redis has not removed. It finds some only where its clock and ours disagree. Hence a scan of
 * a bounded number of steps, which goes on where the last one stopped.
 */
class RedisSweep {
  readonly #pattern: string
  /** Where the next scan begins, by the server's place among the nodes. */
  readonly #cursors: string[] = []

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  /** Calls `remove` for each key until it has answered `limit` times that it removed something. */
  async run(client: RedisClient, limit: number, remove: (key: string) => Promise<boolean>): Promise<number> {
    let removed = 0
    for (const [place, node] of (await client.nodes()).entries()) {
      removed += await this.#scan(place, node, limit - removed, remove)
    }
    return removed
  }

  async #scan(
    place: number,
    node: RedisNode,
    limit: number,
    remove: (key: string) => Promise<boolean>,
  ): Promise<number> {
    let removed = 0
    let wholeRound = (this.#cursors[place] ?? START) === START
    for (let step = 0; step < STEPS; step++) {
      const page = await node.scan(this.#cursors[place] ?? START, {
        MATCH: this.#pattern,
        COUNT: STEP,
        TYPE: 'string',
      })
      for (let keys = page.keys; keys.length > 0; ) {
        // Limit reached: the next scan looks at this page again.
        if (removed === limit) return removed
        const some = keys.slice(0, limit - removed)
        keys = keys.slice(some.length)
        removed += (await Promise.all(some.map(remove))).filter(Boolean).length
      }
      this.#cursors[place] = page.cursor
      if (page.cursor !== START) continue
      if (wholeRound) break
      wholeRound = true
    }
    return removed
  }
}
