import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Questions to another process, and its answers, by number. */
export class Channel {
  readonly #child: ChildProcess
  readonly #waiting = new Map<
    number,
    { resolve: (answer: unknown) => void; reject: (error: Error) => void }
  >()
  #asked = 0

  constructor(child: ChildProcess, name: string) {
    this.#child = child
    child.on('message', ({ number, answer }: { number?: number; answer?: unknown }) => {
      if (number === undefined) return
      this.#waiting.get(number)?.resolve(answer)
      this.#waiting.delete(number)
    })
    child.once('exit', (code, signal) => {
      const error = new Error(`${name} ended with ${code ?? signal}`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  get isOpen(): boolean {
    return this.#child.connected
  }

  ask<Answer>(question: object): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      const number = ++this.#asked
      this.#waiting.set(number, { resolve: (answer) => resolve(answer as Answer), reject })
      this.#child.send({ ...question, number }, (error) => error && reject(error))
    })
  }

  /** Lets the process end by itself, which it does when nobody asks any more. */
  async close(): Promise<void> {
    if (!this.#child.connected) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
