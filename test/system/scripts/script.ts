import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import { root } from '../../support/root.js'

/** What a script that has ended left. */
export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly code: number | string | null
  readonly stdout: string
  readonly stderr: string
}

/** A script of this package, by its name in `scripts/`, in a process of its own. */
export class Script {
  readonly child: ChildProcess
  readonly #ended: Promise<unknown[]>
  #stdout = ''
  #stderr = ''

  /** Only `env` and `PATH` reach it: what the tests run under decides nothing. It ends with the test. */
  constructor(t: ExecutionContext, name: string, args: readonly string[], env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [`build/scripts/${name}.js`, ...args], {
      cwd: root,
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.teardown(() => this.child.kill('SIGKILL'))
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    this.#ended = once(this.child, 'close')
  }

  /** Waits until `text` has been printed. */
  async says(text: string): Promise<void> {
    while (!this.#stdout.includes(text)) {
      const { stdout, exitCode } = this.child
      if (stdout === null || exitCode !== null) throw new Error(`${text} was not said:\n${this.#stderr}`)
      await Promise.race([once(stdout, 'data'), this.#ended])
    }
  }

  /** The first address that it prints. */
  async url(): Promise<string> {
    await this.says('http://')
    return /http:\/\/[\w.]+:\d+/.exec(this.#stdout)?.[0] ?? ''
  }

  async end(): Promise<Ended> {
    const [code, signal] = await this.#ended
    return {
      code: typeof code === 'number' ? code : String(signal),
      stdout: this.#stdout,
      stderr: this.#stderr,
    }
  }
}
