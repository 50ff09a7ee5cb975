import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Channel } from './channel.js'
import type { Contender } from './contenders.js'
import { onCores } from './cores.js'
import type { SelfTime } from './profile.js'

const program = fileURLToPath(new URL('servers/serve.js', import.meta.url))

/** How often a server is asked how many wait in a race: milliseconds. */
const GATE_EVERY = 5

export interface ServerOptions {
  /** The processor that it has to itself; undefined where processes cannot be pinned. */
  readonly core: string | undefined
  /** Default: there is none, or the contender's own options name it. */
  readonly redisUrl?: string | undefined
}

/** What a server's process uses. */
export interface Usage {
  /** Bytes, of which some may be garbage. */
  readonly heapUsed: number
  /** Bytes of memory that the system has given it. */
  readonly rss: number
  /** Sockets, timers, and what else would keep the process alive. */
  readonly handles: number
  /** Milliseconds, p99. */
  readonly late: number
}

/** A contender in a process of its own, with a directory of its own. */
export class Server {
  readonly contender: Contender
  readonly port: number
  readonly #child: ChildProcess
  readonly #channel: Channel
  readonly #directory: string
  readonly #said: () => string

  private constructor(
    contender: Contender,
    port: number,
    child: ChildProcess,
    directory: string,
    said: () => string,
  ) {
    this.contender = contender
    this.port = port
    this.#child = child
    this.#channel = new Channel(child, contender.name)
    this.#directory = directory
    this.#said = said
  }

  static async start(contender: Contender, { core, redisUrl }: ServerOptions): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
    const options = JSON.stringify({ directory, redisUrl, ...contender.options })
    const command = [process.execPath, '--expose-gc', program, contender.file, options]
    const [first = '', ...args] = onCores(core, command)
    const env = { PATH: process.env.PATH, NODE_ENV: 'production' }
    const child = spawn(first, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let said = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-4000)
    })
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (typeof message?.port !== 'number') throw new Error(`${contender.name} did not start:\n${said}`)
    return new Server(contender, message.port, child, directory, () => said)
  }

  /** Whether it still runs: a server that an outage brought down does not. */
  get isUp(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** What it last wrote on its error output. */
  get said(): string {
    return this.#said()
  }

  /** Microseconds that all its threads have computed so far, for themselves or in the system. */
  cpu(): Promise<number> {
    return this.#channel.ask({ ask: 'cpu' })
  }

  /** From now on, how late its event loop is. */
  async watchLoop(): Promise<void> {
    await this.#channel.ask({ ask: 'watchLoop' })
  }

  /** Milliseconds by which the event loop was late since, at the 99th percentile. */
  loopDelay(): Promise<number> {
    return this.#channel.ask({ ask: 'loopDelay' })
  }

  /** Bytes in the heap and beside it, after a collection. */
  memory(): Promise<number> {
    return this.#channel.ask({ ask: 'memory' })
  }

  /** What it uses at this moment; `late` as `loopDelay`, since the last time that this was asked. */
  usage(): Promise<Usage> {
    return this.#channel.ask({ ask: 'usage' })
  }

  /** From now on, what its main thread does. */
  async startProfile(): Promise<void> {
    await this.#channel.ask({ ask: 'startProfile' })
  }

  stopProfile(): Promise<SelfTime[]> {
    return this.#channel.ask({ ask: 'stopProfile' })
  }

  /** Resolves when `count` requests wait in a race. */
  async fillGate(count: number): Promise<void> {
    while ((await this.#channel.ask<number>({ ask: 'waiting' })) < count) await pause(GATE_EVERY)
  }

  /** Lets them go on. */
  async openGate(): Promise<void> {
    await this.#channel.ask({ ask: 'openGate' })
  }

  async stop(): Promise<void> {
    await this.#channel.close()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
