import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { root } from './root.js'

/** The demo server in a process of its own, on a free port. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown[]>
  stdout = ''
  stderr = ''

  /** Only `env` and `PATH` reach the server: what the tests run under decides nothing. */
  constructor(env: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, ['build/src/site/server.js'], {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: '0', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.#ended = once(this.#child, 'close')
  }

  /** Starts a server that is gone when the test is over. */
  static start(t: ExecutionContext, env: Readonly<Record<string, string>>): ServerProcess {
    const server = new ServerProcess(env)
    t.teardown(() => server.kill('SIGKILL'))
    return server
  }

  /** The URL that the server announces. */
  async url(): Promise<string> {
    const [url] = await this.says(/http:\/\/[\w.:[\]]+:\d+/)
    return url
  }

  /** Waits until the server has written what matches on its standard output. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match !== null) return match
      const more = this.#child.stdout
      if (more === null || this.#child.exitCode !== null) {
        throw new Error(`the server ended without saying ${pattern}:\n${this.stdout}\n${this.stderr}`)
      }
      await Promise.race([once(more, 'data'), this.#ended])
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** The exit code; the signal's name if one ended it. */
  async exit(): Promise<number | string | null> {
    const [code, signal] = await this.#ended
    return typeof code === 'number' ? code : String(signal)
  }
}

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(t: ExecutionContext): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  t.teardown(() => rm(directory, { recursive: true, force: true }))
  return directory
}

/** Settings for a server whose sessions are in a database of the test's own. */
export async function ownDatabase(t: ExecutionContext): Promise<{ DATABASE_URL: string }> {
  return { DATABASE_URL: `sqlite:${join(await temporaryDirectory(t), 'sessions.sqlite')}` }
}
