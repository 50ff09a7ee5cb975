import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ExecutionContext } from 'ava'
import type { EngineName } from '../../../src/lib/engines/names.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'

export interface Start {
  readonly name: EngineName
  readonly options: EngineOptions
}

/** A process that serves sockets, until the test is over. */
export class SocketServer {
  readonly #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  static async start(t: ExecutionContext, start: Start): Promise<SocketServer> {
    const main = fileURLToPath(new URL('./server-main.js', import.meta.url))
    const child = fork(main, { execArgv: [] })
    t.teardown(() => child.kill('SIGKILL'))
    child.send(start)
    const [{ address }] = await once(child, 'message')
    return new SocketServer(child, address.port)
  }

  urlFor(scheme: 'ws' | 'http'): string {
    return `${scheme}://127.0.0.1:${this.#port}/`
  }

  /** How often a watched session was looked at so far. */
  async looks(): Promise<number> {
    this.#child.send('looks?')
    const [{ looks }] = await once(this.#child, 'message')
    return looks
  }
}
