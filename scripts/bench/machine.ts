import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { findProgram } from '../../test/support/servers/machine.js'
import type { Cores } from './cores.js'
import { peers } from './install.js'

/** Where and with what a run was made: a line each. */
export function machineLines(cores: Cores, date: Date): string[] {
  const [cpu] = cpus()
  const pinned =
    cores.server === undefined
      ? 'nothing pinned'
      : `the server on processor ${cores.server}, load and Redis on ${cores.others}`
  return [
    `${cpus().length} × ${cpu?.model.trim() ?? 'unknown'}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${platform()} ${release()} (${arch()}); ${pinned}`,
    `${date.toISOString().slice(0, 10)}, load of the machine at the start ${loadavg()[0]?.toFixed(1) ?? '?'}`,
    `Node ${process.versions.node}, ${redisVersion()}`,
    versions(),
  ]
}

function versions(): string {
  const own = new URL('../../package.json', import.meta.url)
  const { version, dependencies, devDependencies } = JSON.parse(readFileSync(own, 'utf8'))
  const stores = Object.entries<string>({ ...dependencies, ...devDependencies })
    .filter(([name]) => ['keyv', 'lru-cache', '@keyv/sqlite', '@keyv/redis', 'sqlite3'].includes(name))
    .map(([name, range]) => `${name} ${range}`)
  const others = Object.entries(peers).map(([name, exact]) => `${name} ${exact}`)
  return `Tessera ${version} (${stores.join(', ')}); ${others.join(', ')}`
}

function redisVersion(): string {
  const program = findProgram('redis-server')
  if (program === undefined) return 'no Redis'
  const said = execFileSync(program, ['--version'], { encoding: 'utf8' })
  return `Redis ${/v=(\S+)/.exec(said)?.[1] ?? '?'}`
}
