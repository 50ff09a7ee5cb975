import { execFileSync } from 'node:child_process'
import { findProgram } from '../../test/support/servers/machine.js'

/** Which processors are whose, as `taskset` writes them. */
export interface Cores {
  /** The servers': one at a time does anything. */
  readonly server: string | undefined
  /** Everybody else's: the load, this process, and Redis. */
  readonly others: string | undefined
}

const taskset = findProgram('taskset')

/** Shares out the processors, and puts this process, and so what it starts, on the others'. */
export function shareCores(): Cores {
  const cores = coresOfThisProcess()
  const [server, ...rest] = cores
  if (taskset === undefined || server === undefined || rest.length === 0) {
    return { server: undefined, others: undefined }
  }
  const others = rest.join(',')
  execFileSync(taskset, ['--all-tasks', '--cpu-list', '--pid', others, String(process.pid)], {
    stdio: 'ignore',
  })
  return { server: String(server), others }
}

/** The command, pinned to `cores`. */
export function onCores(cores: string | undefined, command: readonly string[]): readonly string[] {
  return taskset === undefined || cores === undefined ? command : [taskset, '--cpu-list', cores, ...command]
}

/** From `pid 7's current affinity list: 0,2-3`. */
function coresOfThisProcess(): number[] {
  if (taskset === undefined) return []
  const said = execFileSync(taskset, ['--cpu-list', '--pid', String(process.pid)], { encoding: 'utf8' })
  const list = said.slice(said.lastIndexOf(':') + 1).trim()
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}
