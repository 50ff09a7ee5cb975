import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import { temporaryDirectory } from '../../support/server-process.js'

/** A process that `worker.ts` runs in. */
export type Worker = ChildProcessByStdio<Writable, Readable, null>

const worker = fileURLToPath(new URL('./worker.js', import.meta.url))

/** Starts `worker.ts` in a process of its own; it is gone when the test is. */
export function startWorker(t: ExecutionContext, ...task: string[]): Worker {
  const child = spawn(process.execPath, [worker, ...task], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  return child
}

/** What the worker printed when it has ended well. */
export async function outputOf(child: Worker): Promise<string> {
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`the worker ended with ${String(code)}`)
  return output
}

/** A process for one task after the other. */
export class Colleague {
  readonly #child: Worker
  readonly #lines: AsyncIterator<string>

  constructor() {
    this.#child = spawn(process.execPath, [worker], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Resolves when it has opened the sessions and waits for the word to begin. */
  async prepare(where: string, ...task: readonly string[]): Promise<void> {
    this.#tell(JSON.stringify([where, ...task]))
    await this.until('ready')
  }

  /** Lets it begin, or go on. */
  go(): void {
    this.#tell('go')
  }

  /** What it prints before this line. */
  async until(last: string): Promise<string[]> {
    const printed: string[] = []
    for (;;) {
      const { value, done } = await this.#lines.next()
      if (done) throw new Error(`the worker ended without saying ${last}`)
      if (value === last) return printed
      printed.push(value)
    }
  }

  /** It ends when there is nothing more to read. */
  async stop(): Promise<void> {
    this.#child.stdin.end()
    if (this.#child.exitCode === null) await once(this.#child, 'exit')
  }

  #tell(line: string): void {
    this.#child.stdin.write(`${line}\n`)
  }
}

/** Lets each begin its task at the same moment, and answers what each printed when all have ended well. */
export async function together(
  colleagues: readonly Colleague[],
  where: string,
  ...tasks: readonly (readonly string[])[]
): Promise<string[][]> {
  await Promise.all(colleagues.map((one, n) => one.prepare(where, ...(tasks[n] ?? []))))
  for (const one of colleagues) one.go()
  return Promise.all(colleagues.map((one) => one.until('done')))
}

/** The path of a database file that is gone when the test is. */
export async function temporaryDatabase(t: ExecutionContext): Promise<string> {
  return join(await temporaryDirectory(t), 'sessions.sqlite')
}
