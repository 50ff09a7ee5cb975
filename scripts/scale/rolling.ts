/**
 * A rolling restart under load: two servers of the old configuration, then the two steps of a move, then the new
 * configuration alone. Visitors are sent to whichever servers are there, and know what they have done.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { SessionsOptions } from '../../src/lib/index.js'
import { total } from '../measure/numbers.js'
import type { Table } from '../measure/table.js'
import { RollingVisitor, type Tally, type Target } from './rolling-visitor.js'

const program = fileURLToPath(new URL('rolling-server.js', import.meta.url))

/** Of how many phases a rolling restart consists. */
export const PHASES = 6

/** What the two configurations are, as JSON can say it. */
export interface RollingOptions {
  readonly old: SessionsOptions
  readonly fresh: SessionsOptions
  /** Default: both configurations use one store, and no step lies between them. */
  readonly moveFrom?: NonNullable<SessionsOptions['moveFrom']>
  readonly visitors: number
  /** How long each phase lasts: so many requests, or milliseconds. */
  readonly phase: { readonly requests: number } | { readonly milliseconds: number }
  readonly tell?: (phase: string) => void
}

/** One server, which no request is sent to once it is to end. */
class RollingServer implements Target {
  readonly #child: ChildProcess
  readonly url: string
  underWay = 0

  private constructor(child: ChildProcess, port: string) {
    this.#child = child
    this.url = `http://127.0.0.1:${port}`
  }

  static async start(options: SessionsOptions): Promise<RollingServer> {
    const child = spawn(process.execPath, [program, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    if (child.stdout === null) throw new Error('the server has no output')
    const lines = createInterface({ input: child.stdout })
    const ended = once(child, 'exit').then(() => {
      throw new Error('the server has ended before it listened')
    })
    ended.catch(() => {})
    const [port] = await Promise.race([once(lines, 'line'), ended])
    return new RollingServer(child, String(port))
  }

  /** Ends when every request under way has been answered. */
  async stop(): Promise<void> {
    while (this.underWay > 0) await new Promise((resolve) => setTimeout(resolve, 5))
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGTERM')
    await exited
  }
}

/** Rolls from the old configuration to the new one while visitors come, and answers what they have found. */
export async function rollingRestart(options: RollingOptions): Promise<Tally> {
  const { old, fresh, moveFrom, phase, tell = () => {} } = options
  const common = { engineTimeout: 20_000, cleanupInterval: 1 }
  const settings = {
    old: { ...common, ...old },
    prepare: { ...common, ...fresh, ...(moveFrom && { moveFrom }), moveStep: 'prepare' },
    move: { ...common, ...fresh, ...(moveFrom && { moveFrom }), moveStep: 'move' },
    fresh: { ...common, ...fresh },
  } as const
  const servers: RollingServer[] = []
  const start = async (role: keyof typeof settings): Promise<void> => {
    servers.push(await RollingServer.start(settings[role]))
  }
  const stop = async (): Promise<void> => {
    await servers.shift()?.stop()
  }
  const result: Tally = { requests: 0, lost: 0, undone: 0, nobody: 0, refused: {} }
  await start('old')
  await start('old')
  let isOver = false
  const visitors = Array.from({ length: options.visitors }, () => new RollingVisitor(servers, result))
  const visiting = visitors.map((visitor) => visitor.visit(() => isOver))
  const pause = async (name: string): Promise<void> => {
    tell(name)
    const [until, begun] = [performance.now(), result.requests]
    const isDone = (): boolean =>
      'requests' in phase
        ? result.requests - begun >= phase.requests
        : performance.now() - until >= phase.milliseconds
    while (!isDone()) await Promise.race([...visiting, new Promise((resolve) => setTimeout(resolve, 20))])
  }
  try {
    await pause('two of the old configuration')
    for (const role of moveFrom === undefined ? (['fresh'] as const) : (['prepare', 'move'] as const)) {
      // One server more than there will be, as in a rolling restart.
      await start(role)
      await pause(`one that runs ${role}, beside two of the step before`)
      await start(role)
      await pause(`two that run ${role}, beside two of the step before`)
      await stop()
      await stop()
    }
    await pause('two of the last step')
    isOver = true
    await Promise.all(visiting)
    for (const visitor of visitors) await visitor.check()
    return result
  } finally {
    isOver = true
    await Promise.allSettled(visiting)
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Whatever visitors should not have found, as sentences. */
export function rollingFaults({ lost, undone, nobody, refused }: Tally): string[] {
  const faults = Object.entries({
    'updates were lost': lost,
    'log-outs were undone': undone,
    'visitors were nobody': nobody,
  })
  const answers = Object.entries(refused).map(([status, count]) => [`answers were ${status}`, count] as const)
  return [...faults, ...answers].flatMap(([what, count]) => (count === 0 ? [] : [`${count} ${what}`]))
}

export function rollingTable(name: string, from: string, tally: Tally): Table {
  const { requests, lost, undone, nobody, refused } = tally
  return {
    title: `${from} to ${name}, in a rolling restart under load`,
    note:
      'Two servers of the old configuration, then two that prepare, then two that move; while they change there are up to ' +
      'four. Each visitor is sent to another one each time, and knows what it has done.',
    heads: ['requests', 'updates lost', 'log-outs undone', 'taken for nobody', 'refused'],
    rows: [
      [requests, lost, undone, nobody, total(Object.values(refused), (count) => count)].map((count) =>
        count.toLocaleString('en'),
      ),
    ],
  }
}
