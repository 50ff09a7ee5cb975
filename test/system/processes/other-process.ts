import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Engine, EngineTools } from '../../../src/lib/engines/engine.js'
import { EngineUnavailable } from '../../../src/lib/engines/errors.js'
import type { EngineChoice, EngineOptions } from '../../../src/lib/engines/registry.js'
import type { Logger } from '../../../src/lib/logger.js'
import type { Description, Failure, Message, Question, RemoteCall } from './messages.js'

const main = fileURLToPath(new URL('./other-process-main.js', import.meta.url))

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** A process beside this one, with engines of its own on the same stores. Every call carries the caller's time. */
export class OtherProcess {
  readonly #child: ChildProcess
  readonly #asked = new Map<number, Asked>()
  readonly #loggers = new Map<number, Logger>()
  #questions = 0
  #engines = 0

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: Message) => this.#hear(message))
    child.once('exit', (code, signal) => {
      const error = new Error(`the other process has ended with ${code ?? signal}`)
      for (const { reject } of this.#asked.values()) reject(error)
    })
  }

  static start(): OtherProcess {
    // Structured clones: JSON would lose what is undefined.
    return new OtherProcess(fork(main, { execArgv: [], serialization: 'advanced' }))
  }

  /** Opens an engine over there. */
  async open(
    name: Extract<EngineChoice, string>,
    options: EngineOptions,
    tools: EngineTools,
  ): Promise<Engine> {
    const engine = ++this.#engines
    this.#loggers.set(engine, tools.logger)
    const ask = (question: Unnumbered): Promise<unknown> => this.#ask(question)
    const { leases, ...description } = (await ask({ engine, call: 'open', name, options })) as Description
    const remote =
      <Call extends RemoteCall>(call: Call) =>
      (...args: Parameters<NonNullable<Engine[Call]>>) =>
        ask({ engine, call, args, now: tools.clock() }) as ReturnType<NonNullable<Engine[Call]>>
    return {
      ...description,
      load: remote('load'),
      create: remote('create'),
      update: remote('update'),
      touch: remote('touch'),
      rotate: remote('rotate'),
      delete: remote('delete'),
      clearExpired: remote('clearExpired'),
      ...(leases && { lease: remote('lease') }),
      close: remote('close'),
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }

  #ask(question: Unnumbered): Promise<unknown> {
    const number = ++this.#questions
    return new Promise((resolve, reject) => {
      this.#asked.set(number, { resolve, reject })
      this.#child.send({ ...question, question: number } satisfies Question)
    })
  }

  #hear(message: Message): void {
    if (message.kind === 'log') {
      this.#loggers.get(message.engine)?.warn(message.details, message.message)
      return
    }
    const asked = this.#asked.get(message.question)
    this.#asked.delete(message.question)
    if (message.kind === 'answer') asked?.resolve(message.value)
    else asked?.reject(revived(message.error))
  }
}

/** `Omit` that keeps the alternatives of a union apart. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never
type Unnumbered = Without<Question, 'question'>

function revived({ name, message }: Failure): Error {
  if (name === 'EngineUnavailable') return new EngineUnavailable(message)
  return Object.assign(new Error(message), { name })
}
