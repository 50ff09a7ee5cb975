/**
 * `npm run scale -- sqlite --records 1000000`: what a session costs in a store of many records and in one of few, and
 * what clearing half of the many does to the requests that are served meanwhile. The figures in docs/engines.md.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openSessions } from '../src/index.js'
import { type Costs, measureCosts, operations } from './scale/costs.js'
import { fill, SHORT } from './scale/fill.js'
import { median, spread } from './scale/numbers.js'
import { stores } from './scale/stores.js'
import { type Served, type Sweep, sweepWhileServing, whileServing } from './scale/sweep.js'

const FEW = 1000
/** How long visitors come before the sweep, for comparison: milliseconds. */
const QUIET = 5000
/** Milliseconds: a machine that is busy with other things must not end the measurement. */
const TIME_LIMIT = 10_000

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '15' },
    help: { type: 'boolean', short: 'h' },
  },
})
const [kind = ''] = positionals
const open = stores[kind]
if (open === undefined || values.help) {
  console.log(`npm run scale -- <${Object.keys(stores).join('|')}> [--records 1000000] [--rounds 15]`)
  process.exit(values.help ? 0 : 1)
}
await scale(open, Number(values.records), Number(values.rounds))

async function scale(open: (typeof stores)[string], records: number, rounds: number): Promise<void> {
  const pair = await open()
  const start = Date.now()
  let now = start
  const sessionsOn = (options: typeof pair.few) =>
    openSessions({ ...options, cleanupInterval: 0, engineTimeout: TIME_LIMIT, clock: () => now })
  const few = await sessionsOn(pair.few)
  const many = await sessionsOn(pair.many)

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

  if (!pair.clearsItself) {
    printServed('quiet', await whileServing(many, living, () => pause(QUIET)))
    now = start + SHORT + 1
    printSweep(await sweepWhileServing(many, living))
  }

  await Promise.all([few.close(), many.close()])
  await pair.discard()
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
