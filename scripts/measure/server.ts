import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/site/root.js'
import { atEnd } from '../command-line.js'
import { onCores } from './machine.js'

const program = fileURLToPath(new URL('scripts/bench/servers/serve.js', root))

/** How often a server is asked how many requests wait at its gate: milliseconds. */
const GATE_INTERVAL = 5

/** What a server runs: a function of `scripts/bench/servers/<framework>.js`, and its options. */
export interface ServerSpec {
  readonly name: string
  readonly framework: 'koa' | 'express' | 'fastify'
  readonly open: string
  readonly options: Readonly<Record<string, string | number>>
}

/** What a server's process uses. */
export interface Usage {
  /** Microseconds of processor time of all threads so far, user and system. */
  readonly cpu: number
  /** Bytes, of which some may be garbage. */
  readonly heapUsed: number
  /** Bytes of memory that the system has given it. */
  readonly rss: number
  /** Sockets, timers, and what else would keep the process alive. */
  readonly handles: number
  /** Milliseconds by which the event loop was late since this was last asked, p99. */
  readonly late: number
}

/** Microseconds that a server's main thread spent in a function itself. `url`: its file's; empty for native code. */
export interface SelfTime {
  readonly name: string
  readonly url: string
  readonly microseconds: number
}

/** A sweep of expired sessions: how many were removed, and the milliseconds of each batch. */
export interface Swept {
  readonly removed: number
  readonly batches: readonly number[]
}

/** What a server can be asked, and what it answers. */
interface Answers {
  readonly usage: Usage
  /** Bytes in the heap and beside it, after a collection. */
  readonly memory: number
  readonly sweep: Swept
  /** Profiles the main thread from now on. */
  readonly startProfile: undefined
  readonly stopProfile: readonly SelfTime[]
  /** Requests that wait at the gate of the races. */
  readonly waiting: number
  /** Lets them go on. */
  readonly openGate: undefined
}

/** A contender in a process and a directory of its own, which end with the measurement. */
export class Server {
  readonly name: string
  readonly port: number
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(answer: unknown): void; reject(error: Error): void }>()
  #asked = 0

  private constructor(name: string, port: number, child: ChildProcess) {
    this.name = name
    this.port = port
    this.#child = child
    child.on('message', ({ number, answer }: { number: number; answer: unknown }) => {
      this.#waiting.get(number)?.resolve(answer)
      this.#waiting.delete(number)
    })
    child.once('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} has ended`))
    })
  }

  /** `core`: the processor that it has to itself, if any; `node`: the program that runs it. Default: this one. */
  static async start(spec: ServerSpec, core?: string, node = process.execPath): Promise<Server> {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
    const options = JSON.stringify({ directory, ...spec.options })
    const command = [node, '--expose-gc', program, spec.framework, spec.open, options]
    const [first = '', ...args] = onCores(core, command)
    const env = { PATH: process.env.PATH, NODE_ENV: 'production' }
    const child = spawn(first, args, { env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    atEnd(async () => {
      if (child.connected) {
        const exit = once(child, 'exit')
        child.disconnect()
        await exit
      }
      await rm(directory, { recursive: true, force: true })
    })
    let errors = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000)
    })
    const [message] = await Promise.race([once(child, 'message'), once(child, 'exit')])
    if (typeof message?.port !== 'number') throw new Error(`${spec.name} did not start:\n${errors}`)
    return new Server(spec.name, message.port, child)
  }

  ask<Name extends keyof Answers>(ask: Name): Promise<Answers[Name]> {
    return new Promise((resolve, reject) => {
      const number = ++this.#asked
      this.#waiting.set(number, { resolve: (answer) => resolve(answer as Answers[Name]), reject })
      this.#child.send({ ask, number }, (error) => error && reject(error))
    })
  }

  /** Resolves when `count` requests wait at the gate. */
  async fillGate(count: number): Promise<void> {
    while ((await this.ask('waiting')) < count) await pause(GATE_INTERVAL)
  }
}
