/** What a session costs in a store of many records and in one of few, and what clearing half of the many does to requests. */
import { setTimeout as pause } from 'node:timers/promises'
import { openSessions } from '../../src/lib/index.js'
import { type Costs, measureCosts, operations } from './costs.js'
import { fill, SHORT } from './fill.js'
import { median, spread } from './numbers.js'
import { openStores, type Place, type StoreName } from './stores.js'
import { type Served, type Sweep, sweepWhileServing, whileServing } from './sweep.js'

const FEW = 1000
/** How long visitors come before the sweep, for comparison: milliseconds. */
const QUIET = 5000
/** Milliseconds: a machine that is busy with other things must not end the measurement. */
export const TIME_LIMIT = 10_000

export interface StoreOptions {
  readonly records: number
  readonly rounds: number
}

/** Engine calls among few records and among many, and a sweep of the many while requests are served. */
export async function measureStore(name: StoreName, { records, rounds }: StoreOptions): Promise<void> {
  const stores = await openStores(name)
  const start = Date.now()
  let now = start
  const sessionsAt = (place: Place) =>
    openSessions({ ...place, cleanupInterval: 0, engineTimeout: TIME_LIMIT, clock: () => now })
  const few = await sessionsAt(await stores.make())
  const many = await sessionsAt(await stores.make())

  const fewLiving = await fill(few.engine, FEW, now)
  const since = performance.now()
  const living = await fill(many.engine, records, now)
  print('filled', `${records} in ${((performance.now() - since) / 1000).toFixed(1)} s`)

  const [small, large] = await measureCosts(
    [
      { engine: few.engine, living: fewLiving, now },
      { engine: many.engine, living, now },
    ],
    rounds,
  )
  if (small !== undefined && large !== undefined) printCosts(small, large, records)

  if (!stores.clearsItself) {
    printServed('quiet', await whileServing(many, living, () => pause(QUIET)))
    now = start + SHORT + 1
    printSweep(await sweepWhileServing(many, living))
  }

  await Promise.all([few.close(), many.close()])
  await stores.discard()
}

function printCosts(small: Costs, large: Costs, records: number): void {
  print('us each', `CPU and wall at ${FEW}; CPU and wall at ${records}; ratios`)
  for (const operation of operations) {
    const [a, b] = [small[operation], large[operation]]
    const figures = [a.cpu, a.wall, b.cpu, b.wall].map((figure) => figure.toFixed(1).padStart(7)).join(' ')
    const ratios = [b.cpu / a.cpu, b.wall / a.wall].map((ratio) => ratio.toFixed(2)).join(' ')
    print(operation, `${figures}   ${ratios}`)
  }
}

function printSweep(sweep: Sweep): void {
  const { removed, duration, batches } = sweep
  printServed('sweep', sweep)
  print('removed', `${removed} in ${duration.toFixed(1)} s, ${batches.length} batches`)
  print('a batch', spread(batches))
  const tenth = Math.ceil(batches.length / 10)
  const [first, last] = [batches.slice(0, tenth), batches.slice(-tenth)].map((some) =>
    median(some).toFixed(1),
  )
  print('a batch', `of the first tenth ${first} ms, of the last tenth ${last} ms (p50)`)
}

function printServed(title: string, { reads, writes, failures, late, machine }: Served): void {
  print(title, `event loop late by ${spread(late)}; of an idle process ${spread(machine)}`)
  print(title, `${reads.length} reading requests: ${spread(reads)}`)
  print(title, `${writes.length} writing requests: ${spread(writes)}; ${failures} failures in all`)
}

function print(title: string, text: string): void {
  console.log(`${title.padEnd(8)} ${text}`)
}
