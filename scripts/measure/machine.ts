import { execFileSync } from 'node:child_process'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { findProgram } from '../../test/support/servers/machine.js'

/** Which processors are for whom, as `taskset` writes them. Undefined where processes cannot be pinned. */
export interface Cores {
  /** For the servers, one of which works at a time. */
  readonly server: string | undefined
  /** For everybody else: the load, this process, and Redis. */
  readonly others: string | undefined
}

const taskset = findProgram('taskset')

/** Shares out the processors, and pins this process, and so what it starts, to those of the others. */
export function shareCores(): Cores {
  const [server, ...rest] = allowedCores()
  if (taskset === undefined || rest.length === 0) return { server: undefined, others: undefined }
  const others = rest.join(',')
  const options = ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)]
  execFileSync(taskset, options, { stdio: 'ignore' })
  return { server, others }
}

/** The command, pinned to `cores`. */
export function onCores(cores: string | undefined, command: readonly string[]): readonly string[] {
  return taskset === undefined || cores === undefined ? command : [taskset, '--cpu-list', cores, ...command]
}

/** The processors that this process may use, from `pid 7's current affinity list: 0,2-3`. */
function allowedCores(): string[] {
  if (taskset === undefined) return []
  const output = execFileSync(taskset, ['--cpu-list', '--pid', String(process.pid)], { encoding: 'utf8' })
  const list = output.slice(output.lastIndexOf(':') + 1).trim()
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => String(first + index))
  })
}

/** The machine that a run was made on, a line each. Called at the start: it tells the machine's load. */
export function machineLines(cores?: Cores): string[] {
  const [cpu] = cpus()
  const pinned =
    cores?.server === undefined
      ? 'nothing pinned'
      : `the server on processor ${cores.server}, load and Redis on ${cores.others}`
  const memory = (totalmem() / 2 ** 30).toFixed(0)
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${memory} GiB, ${platform()} ${release()} (${arch()}); ${pinned}`,
    `${new Date().toISOString().slice(0, 10)}, ${loadLine('start')}`,
    `Node ${process.versions.node}, ${redisVersion()}`,
  ]
}

/** How many processes want a processor now. */
export function loadLine(when: 'start' | 'end'): string {
  return `load of the machine at the ${when} ${loadavg()[0]?.toFixed(1) ?? '?'}`
}

function redisVersion(): string {
  const program = findProgram('redis-server')
  if (program === undefined) return 'no Redis'
  const output = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return `Redis ${/v=(\S+)/.exec(output)?.[1] ?? '?'}`
}
