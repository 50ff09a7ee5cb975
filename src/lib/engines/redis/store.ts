import type { Move, SessionStore, StoredEntry } from '../session-store.js'
import type { RedisClient, ScriptInput } from './client.js'
import { type RedisLink, replyCode } from './link.js'
import { redisScripts, type Script } from './scripts.js'
import { RedisSweep } from './sweep.js'

export interface RedisStoreOptions {
  readonly link: RedisLink
  /** Keyv's namespace. */
  readonly keyPrefix: string
  /** How long one step may take, in milliseconds. */
  readonly timeLimit: number
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What Redis takes for a text that is over already; it refuses 0. */
const SHORTEST_LIFE = 1

/** A move is done within this share of the time limit or not at all: a way that is slow there is as slow back. */
const MOVE_SHARE = 0.5

/**
 * Sessions as texts that Redis removes at their end. Every step is one command or one script, and what requests ask
 * for at the same moment travels together: the client sends it in one go.
 *
 * Redis counts down from when it gets a text, by its own clock; whether a session is over is decided by ours alone, so
 * that neither a clock that is wrong nor a text that lingers revives anything (S18).
 */
export class RedisStore implements SessionStore {
  readonly #options: RedisStoreOptions
  readonly #sweep: RedisSweep

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#sweep = new RedisSweep(`${this.#keyOf(`${options.keyPrefix}:`)}*`)
  }

  read(key: string): Promise<string | undefined> {
    return this.#options.link.run(async ({ commands }) => {
      try {
        return (await commands.get(this.#keyOf(key))) ?? undefined
      } catch (error) {
        // Somebody else's list or hash: there, but nothing that can be read.
        if (replyCode(error) === 'WRONGTYPE') return ''
        throw error
      }
    })
  }

  insert(key: string, { text, expires }: StoredEntry): Promise<boolean> {
    return this.#options.link.run(async ({ commands }) => {
      const expiration = { type: 'PX', value: Number(this.#lifeOf(expires)) } as const
      return (await commands.set(this.#keyOf(key), text, { condition: 'NX', expiration })) !== null
    })
  }

  replace(key: string, { text, expires }: StoredEntry, version: number, now: number): Promise<boolean> {
    return this.#run(redisScripts.replace, [key], [String(version), String(now), text, this.#lifeOf(expires)])
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.#run(redisScripts.extend, [key], [String(now), String(expires), this.#lifeOf(expires)])
  }

  move(move: Move, version: number, now: number): Promise<boolean> {
    const { link, timeLimit } = this.#options
    const latest = performance.now() + timeLimit * MOVE_SHARE
    return link.run(async (client) => {
      const { from, to, entry, mark } = move
      const deadline = await client.serverTimeAt(latest, this.#keyOf(from))
      const texts = [entry, mark].flatMap(({ text, expires }) => [text, this.#lifeOf(expires)])
      return runScript(client, redisScripts.move, {
        keys: [this.#keyOf(from), this.#keyOf(to)],
        arguments: [String(version), String(now), String(deadline), ...texts],
      })
    })
  }

  remove(key: string): Promise<boolean> {
    return this.#run(redisScripts.remove, [key], [])
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#options.link.run((client) => {
      const remove = (key: string): Promise<boolean> =>
        runScript(client, redisScripts.removeExpired, { keys: [key], arguments: [String(now)] })
      return this.#sweep.run(client, limit, remove)
    })
  }

  close(): Promise<void> {
    return this.#options.link.close()
  }

  #run(script: Script, keys: readonly string[], parameters: string[]): Promise<boolean> {
    const input = { keys: keys.map((key) => this.#keyOf(key)), arguments: parameters }
    return this.#options.link.run((client) => runScript(client, script, input))
  }

  /** Milliseconds from now, as Redis takes them. */
  #lifeOf(expires: number): string {
    const life = Math.ceil(expires - this.#options.clock())
    return String(Math.min(Math.max(SHORTEST_LIFE, life), Number.MAX_SAFE_INTEGER))
  }

  /** Where Keyv looks: it puts its namespace before a key, and so does its adapter for Redis. */
  #keyOf(key: string): string {
    return redisKeyOf(this.#options.keyPrefix, key)
  }
}

/** Keyv's Redis adapter puts the namespace before keys that begin with it already. */
export function redisKeyOf(keyPrefix: string, key: string): string {
  return `${keyPrefix}::${key}`
}

/** Whether the script did what it is for. A server that has not met it yet, or has forgotten it, is given its text. */
async function runScript(
  { commands }: RedisClient,
  { sha, text }: Script,
  input: ScriptInput,
): Promise<boolean> {
  try {
    return (await commands.evalSha(sha, input)) === 1
  } catch (error) {
    if (replyCode(error) !== 'NOSCRIPT') throw error
    return (await commands.eval(text, input)) === 1
  }
}
