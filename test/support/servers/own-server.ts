import { type ChildProcess, execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, isRoot, startAs } from './machine.js'

/** What differs between the servers. */
export interface ServerKind {
  /** Who owns the data where the tests run as root. */
  readonly user: string
  /** Fills the empty data directory. */
  prepare(directory: string): Promise<void>
  command(directory: string, port: number): readonly string[]
  /** Resolves when a client can use the server, throws while it cannot. */
  connect(port: number): Promise<void>
}

/** A server of the tests' own, on a free port, with its own data; both are gone when the process ends. */
export class OwnServer {
  readonly port: number
  readonly #kind: ServerKind
  readonly #directory: string
  #process: ChildProcess | undefined

  private constructor(kind: ServerKind, directory: string, port: number) {
    this.#kind = kind
    this.#directory = directory
    this.port = port
    process.once('exit', () => this.discard())
  }

  static async start(kind: ServerKind): Promise<OwnServer> {
    const directory = mkdtempSync(join(tmpdir(), 'tessera-'))
    if (isRoot()) execFileSync('chown', [`${kind.user}:`, directory])
    await kind.prepare(directory)
    const server = new OwnServer(kind, directory, await freePort())
    await server.start()
    return server
  }

  /** Starts the server on its data, unless it runs, and waits until it answers. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const child = startAs(this.#kind.user, this.#kind.command(this.#directory, this.port))
    this.#process = child
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4000)
      })
      // A server that nobody asks anything keeps no test process from ending.
      if (stream instanceof Socket) stream.unref()
    }
    child.unref()
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`no server:\n${output}`)
      try {
        return await this.#kind.connect(this.port)
      } catch {
        // Not ready yet; the next attempt to connect is the wait.
      }
    }
  }

  /** Ends the server as a power cut would, or with another signal, and waits until it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#running
    if (child === undefined) return
    // PostgreSQL's processes for one connection each notice a while later that the first one is gone, and answer on.
    const others = signal === 'SIGKILL' && child.pid !== undefined ? childrenOf(child.pid) : []
    child.ref()
    child.kill(signal)
    for (const pid of others) signalTo(pid, signal)
    await once(child, 'exit')
  }

  /** Stands still, or goes on, with every process that serves a connection. */
  freeze(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const pid = this.#running?.pid
    if (pid === undefined) return
    process.kill(pid, signal)
    for (const child of childrenOf(pid)) signalTo(child, signal)
    // The signal is on its way. Until each thread has got it, one on another processor may still answer.
    while (signal === 'SIGSTOP' && !hasStopped(pid)) {}
  }

  /** Microseconds that its processes have computed so far; `undefined` where the system does not tell. */
  get cpu(): number | undefined {
    const pid = this.#running?.pid
    if (pid === undefined || !existsSync('/proc')) return undefined
    return [pid, ...childrenOf(pid)].map(cpuOf).reduce((sum, cpu) => sum + cpu, 0)
  }

  get #running(): ChildProcess | undefined {
    const child = this.#process
    return child?.exitCode === null && child.signalCode === null ? child : undefined
  }

  discard(): void {
    this.#process?.kill('SIGKILL')
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 })
  }
}

/** Signals to a process that may have ended since the list was read. */
function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It has.
  }
}

/**
 * Microseconds that a process has computed, with the children of its own that have ended: PostgreSQL ends the process of a
 * connection. From fields 14 to 17 of Linux's list, in hundredths of a second; those behind the name in brackets.
 */
function cpuOf(pid: number): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * 10_000
  } catch {
    return 0 // gone since the list was read
  }
}

/** Whether all threads of a process stand still, by Linux's list; true where the system does not tell, or the process has ended. */
function hasStopped(pid: number): boolean {
  try {
    return readdirSync(`/proc/${pid}/task`).every((thread) =>
      /^State:\t[TtZX]/m.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')),
    )
  } catch {
    return true
  }
}

/** The processes that `parent` has started, from Linux's list of all; none known elsewhere. */
function childrenOf(parent: number): number[] {
  if (!existsSync('/proc')) return []
  const all = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name))
  return all.map(Number).filter((pid) => {
    try {
      return /^PPid:\t([0-9]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] === String(parent)
    } catch {
      return false // gone since the list was read
    }
  })
}

/** What `start` starts, one for this process; started when first asked for. */
export function ofThisProcess<Server>(start: () => Promise<Server>): () => Promise<Server> {
  let started: Promise<Server> | undefined
  return () => {
    started ??= start()
    return started
  }
}
