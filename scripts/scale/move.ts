/** Many sessions move from SQLite to another store by `koa-tessera move`, while a server on both answers requests. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/site/root.js'
import { atEnd, tell } from '../command-line.js'
import { Load } from '../measure/load.js'
import { Server } from '../measure/server.js'
import type { Table } from '../measure/table.js'
import type { Tally } from '../measure/tally.js'
import { fill, spreadOver } from './fill.js'
import { COOKIE, openStores, type Place, type StoreName, tesseraAt } from './stores.js'

const program = fileURLToPath(new URL('build/scripts/koa-tessera.js', root))

/** Sessions that are visited meanwhile, spread over all of the store. */
const VISITED = 5000
/** Requests a second, a tenth of them writes: few, so that latencies show the move and no queue. */
const LOAD = 100
/** How long the load runs before the move and after it: milliseconds. */
const QUIET = 10_000
/** Milliseconds: a machine that is busy with other things must not end the measurement. */
const TIME_LIMIT = 10_000

export interface MoveOptions {
  readonly records: number
  /** Entries a second that the command may move at the most. */
  readonly rate: number
}

export interface Moved {
  readonly name: string
  readonly options: MoveOptions
  readonly moved: number
  readonly seconds: number
  /** The requests before, during and after the move. */
  readonly tallies: readonly Tally[]
  /** Sessions whose data was not what was written, in the end. */
  readonly wrong: number
}

/** @throws Error if the command fails, or leaves anything. */
export async function measureMove(name: StoreName, options: MoveOptions): Promise<Moved> {
  const old = await (await openStores('sqlite')).make()
  const to = await (await openStores(name)).make()
  tell(`filling SQLite with ${options.records.toLocaleString('en')} sessions`)
  const ids = spreadOver(await fill(old, options.records), VISITED)
  const more = { ...twinsOf(old), cleanupInterval: 0, engineTimeout: TIME_LIMIT }
  const server = await Server.start(tesseraAt(to, name, more))
  const load = new Load({ servers: [server], sessions: ids.length })
  load.adopt(COOKIE, ids)
  load.start('mixed', LOAD)
  await pause(QUIET)
  const before = load.interval()
  tell(`moving to ${name}`)
  const { moved, seconds } = await move(old, to, options.rate)
  const during = load.interval()
  await pause(QUIET)
  const after = load.interval()
  await load.stop()
  const { wrong } = await load.check()
  return { name, options, moved, seconds, tallies: [before, during, after], wrong }
}

/** Where the old store is, as settings in code. */
function twinsOf({ databaseUrl = '' }: Place): { moveFrom: string; moveFromDatabaseUrl: string } {
  return { moveFrom: 'db', moveFromDatabaseUrl: databaseUrl }
}

async function move(old: Place, to: Place, rate: number): Promise<{ moved: number; seconds: number }> {
  const child = spawn(process.execPath, [program, 'move', '--json', '--rate', String(rate)], {
    cwd: fileURLToPath(root),
    env: {
      PATH: process.env.PATH,
      SESSION_ENGINE: to.engine,
      ENGINE_TIMEOUT: String(TIME_LIMIT),
      ...(to.databaseUrl !== undefined && { DATABASE_URL: to.databaseUrl }),
      ...(to.redisUrl !== undefined && { REDIS_URL: to.redisUrl }),
      ...(to.filePath !== undefined && { SESSION_FILE_PATH: to.filePath }),
      MOVE_FROM: 'db',
      MOVE_FROM_DATABASE_URL: old.databaseUrl,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  atEnd(() => child.kill())
  const [told, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  if (child.exitCode !== 0 && !told.startsWith('{')) throw new Error(`koa-tessera move failed: ${errors}`)
  const { moved, left, seconds } = JSON.parse(told)
  if (left !== 0) throw new Error(`koa-tessera move left ${left} entries: ${errors}`)
  return { moved, seconds }
}

export function moveTable({ name, options, moved, seconds, tallies, wrong }: Moved): Table {
  const titles = ['before', 'during', 'after']
  const rate = Math.round(moved / seconds).toLocaleString('en')
  return {
    title: `SQLite to ${name}: ${options.records.toLocaleString('en')} sessions`,
    note:
      `${moved.toLocaleString('en')} entries in ${seconds.toFixed(1)} s, ${rate} a second (--rate ${options.rate}). Beside it a ` +
      `server with MOVE_FROM, ${LOAD} requests a second to ${VISITED.toLocaleString('en')} of the sessions, a tenth of them ` +
      `writes; milliseconds from the moment when each was due. ${wrong} sessions wrong in the end.`,
    heads: ['', 'requests', 'p50', 'p99', 'longest', 'failed, wrong'],
    rows: tallies.map(({ requests, latency, failed, wrong: untrue }, at) => [
      titles[at] ?? '',
      requests.toLocaleString('en'),
      ...[latency[0], latency[1], latency[3]].map((figure) => (figure / 1000).toFixed(1)),
      String(failed + untrue),
    ]),
  }
}

/** What was not as promised, as sentences. */
export function moveFaults({ tallies, wrong }: Moved): readonly string[] {
  const bad = tallies.flatMap(({ failed, wrong: untrue, example }) =>
    failed + untrue > 0 ? [`${failed} requests failed and ${untrue} answers were wrong: ${example}`] : [],
  )
  return wrong > 0 ? [...bad, `${wrong} sessions do not hold what was written`] : bad
}
