/** What an engine's operations cost among few sessions and among many, and what a sweep of many does to requests. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Sessions } from '../../src/lib/index.js'
import { tell } from '../command-line.js'
import { Load } from '../measure/load.js'
import { median, quantile, total } from '../measure/numbers.js'
import { Server, type Swept } from '../measure/server.js'
import type { Table } from '../measure/table.js'
import type { Tally } from '../measure/tally.js'
import { create, fill, openAt, spreadOver } from './fill.js'
import { COOKIE, openStores, type Place, type StoreName, tesseraAt } from './stores.js'

const FEW = 1000
/** Operations that meet in one moment, as those of concurrent requests do; and such moments in a round. */
const AT_ONCE = 32
const MOMENTS = 20

/** Sessions that are visited during the sweep, and requests a second of each kind. */
const VISITED = 2000
const RATE = 200
/** How long requests come before the sweep, for comparison: milliseconds. */
const QUIET = 5000
/** How long ago those sessions were saved that have expired: milliseconds. */
const THREE_WEEKS = 21 * 24 * 3_600_000
/** Milliseconds: a machine that is busy with other things must not end the measurement. */
const TIME_LIMIT = 10_000

const operations = ['load', 'update', 'touch', 'create', 'delete'] as const
type Operation = (typeof operations)[number]

/** Microseconds of processor time an operation, of all threads of this process. */
type Costs = Readonly<Record<Operation, number>>

export interface StoreOptions {
  /** Sessions in the store of many, half of which have expired. */
  readonly records: number
  readonly rounds: number
}

/** Tables of the operations and, unless the store clears itself, of the sweep. */
export async function measureStore(name: StoreName, { records, rounds }: StoreOptions): Promise<Table[]> {
  const stores = await openStores(name)
  const [small, large] = [await stores.make(), await stores.make()]
  tell(`${name}: filling a store with ${records.toLocaleString('en')} sessions`)
  const few = await fill(small, FEW)
  const expired = stores.clearsItself ? 0 : Math.floor(records / 2)
  await fill(large, expired, { at: Date.now() - THREE_WEEKS })
  const many = await fill(large, records - expired)

  const costs: (readonly [few: Costs, many: Costs])[] = []
  const [a, b] = [await openAt(small), await openAt(large)]
  for (let round = 0; round <= rounds; round++) {
    tell(`${name}: operations, round ${round} of ${rounds}`)
    costs.push([await costsAt(a, few), await costsAt(b, many)])
  }
  await a.close()
  await b.close()
  const tables = [operationsTable(name, records, costs.slice(1))] // the first round warms up
  if (!stores.clearsItself) tables.push(await sweepTable(name, large, spreadOver(many, VISITED)))
  return tables
}

async function costsAt(sessions: Sessions, living: readonly string[]): Promise<Costs> {
  const { engine } = sessions
  const sums = { load: 0, update: 0, touch: 0, create: 0, delete: 0 }
  let done = 0
  const measure = async <Done>(
    operation: Operation,
    ids: readonly string[],
    step: (id: string, index: number) => Promise<Done>,
  ): Promise<Done[]> => {
    const before = process.cpuUsage()
    const results = await Promise.all(ids.map(step))
    const { user, system } = process.cpuUsage(before)
    sums[operation] += user + system
    return results
  }
  for (let moment = 0; moment < MOMENTS; moment++) {
    const any = (): string => living[Math.floor(Math.random() * living.length)] ?? ''
    const ids = [...new Set(Array.from({ length: AT_ONCE }, any))]
    done += ids.length
    const loaded = await measure('load', ids, (id) => engine.load(id))
    await measure('update', ids, (id, index) => {
      const found = loaded[index]
      if (found?.kind !== 'found') throw new Error('a living session is not there')
      return engine.update(id, { ...found.record, data: { ...found.record.data, moment } }, found.version)
    })
    await measure('touch', ids, (id) => engine.touch(id, Date.now() + THREE_WEEKS + moment))
    const created = await measure('create', ids, () => create(sessions))
    await measure('delete', created, (id) => engine.delete(id))
  }
  const each = operations.map((operation) => [operation, sums[operation] / done])
  return Object.fromEntries(each) as Record<Operation, number>
}

function operationsTable(
  name: string,
  records: number,
  costs: readonly (readonly [few: Costs, many: Costs])[],
): Table {
  const [few, many] = [FEW, records].map((count) => count.toLocaleString('en'))
  return {
    title: `${name}: an operation among ${few} and among ${many} sessions`,
    note:
      'Microseconds of processor time of the application’s process, all threads: medians of the rounds, in which 32 ' +
      'operations at a time are under way. Ratio: the median of the ratios within a round.',
    heads: ['', few ?? '', many ?? '', 'ratio'],
    rows: operations.map((operation) => {
      const pairs = costs.map(([a, b]) => [a[operation], b[operation], b[operation] / a[operation]] as const)
      const middle = ([0, 1, 2] as const).map((column) => median(pairs.map((pair) => pair[column])))
      return [operation, ...middle.map((figure, column) => figure.toFixed(column === 2 ? 2 : 1))]
    }),
  }
}

/** What came of reading and writing requests in a while, and how late the server's event loop was. */
interface Served {
  readonly tallies: readonly Tally[]
  readonly late: number
}

/** Clears what has expired in a server that serves requests meanwhile. */
async function sweepTable(name: string, place: Place, ids: readonly string[]): Promise<Table> {
  const settings = { cleanupInterval: 0, engineTimeout: TIME_LIMIT }
  const server = await Server.start(tesseraAt(place, name, settings))
  const loads = (['read', 'write'] as const).map((traffic, index) => {
    const own = ids.filter((_, place) => place % 2 === index)
    const load = new Load({ servers: [server], sessions: own.length, connections: 100 })
    load.adopt(COOKIE, own)
    load.start(traffic, RATE)
    return load
  })
  const served = async (): Promise<Served> => {
    const tallies = loads.map((load) => load.interval())
    return { tallies, late: (await server.ask('usage')).late }
  }
  tell(`${name}: before the sweep`)
  await pause(QUIET)
  const quiet = await served()
  tell(`${name}: the sweep`)
  const begun = performance.now()
  const swept = await server.ask('sweep')
  const seconds = (performance.now() - begun) / 1000
  const during = await served()
  for (const load of loads) await load.stop()
  return {
    title: `${name}: a sweep while requests are served`,
    note:
      `${RATE} reading and ${RATE} writing requests a second; milliseconds from the moment when each was due. ` +
      sweepText(swept, seconds),
    heads: ['', 'reads p50', 'p99', 'longest', 'writes p50', 'p99', 'longest', 'loop late p99', 'faults'],
    rows: [rowOf('before', quiet), rowOf('during', during)],
  }
}

function sweepText({ removed, batches }: Swept, seconds: number): string {
  const tenth = Math.ceil(batches.length / 10)
  const middle = (some: readonly number[]): string => median(some).toFixed(1)
  return (
    `The sweep: ${removed.toLocaleString('en')} records in ${seconds.toFixed(1)} s and ${batches.length} batches, one of ` +
    `which took ${middle(batches)} ms (p50) and ${quantile(batches, 0.99).toFixed(1)} ms (p99); of the first tenth ` +
    `${middle(batches.slice(0, tenth))} ms, of the last ${middle(batches.slice(-tenth))} ms (p50).`
  )
}

function rowOf(title: string, { tallies, late }: Served): string[] {
  const figures = tallies.flatMap(({ latency }) => [latency[0], latency[1], latency[3]])
  const faults = total(tallies, ({ failed, wrong, shed }) => failed + wrong + shed)
  return [title, ...figures.map((figure) => (figure / 1000).toFixed(1)), late.toFixed(1), String(faults)]
}
