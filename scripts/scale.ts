/**
 * `npm run scale`: what many sessions, several processes and long runs cost, and whether every answer is right meanwhile.
 * The figures in docs/engines.md and docs/scaling.md.
 */
import { Argument, Command, Option } from 'commander'
import { paint } from '../src/lib/commands/terminal.js'
import { cleanUp, positive, run, share, tell, wholeNumber, wholeNumbers } from './command-line.js'
import { machineLines, shareCores } from './measure/machine.js'
import { type Table, textOfTable } from './measure/table.js'
import { type Bytes, type BytesOptions, bytesTable, measureBytes } from './scale/bytes.js'
import { type FlatOptions, flatTable, isFlat, measureFlat } from './scale/flat.js'
import { type MoveOptions, measureMove, moveFaults, moveTable } from './scale/move.js'
import { faultsOf, measureProcesses, type ProcessesOptions, processesTable } from './scale/processes.js'
import { PHASES, rollingFaults, rollingRestart, rollingTable } from './scale/rolling.js'
import { type SoakOptions, soak, soakTable } from './scale/soak.js'
import { verdictOf } from './scale/soak-verdict.js'
import { measureStore, type StoreOptions } from './scale/store.js'
import { openStores, type StoreName, storeNames } from './scale/stores.js'

const program = new Command('npm run scale --')
  .description(
    'What many sessions, several processes and long runs cost. Stores are made for it, and gone afterwards.',
  )
  .showHelpAfterError('(--help says what there is)')

/** One measurement, on one store or several. */
function measurement(
  name: string,
  description: string,
  stores: readonly StoreName[] = ['sqlite', 'redis'],
): Command {
  return program
    .command(name)
    .description(description)
    .addArgument(new Argument('[stores...]', 'where').choices(storeNames).default(stores))
    .option('--markdown', 'print the tables as Markdown')
}

type Asked<Options> = Options & { readonly markdown?: true }
type Names = readonly StoreName[]

measurement(
  'store',
  'engine calls among 1,000 sessions and among many, and a sweep while requests are served',
  ['sqlite'],
)
  .option('--records <number>', 'sessions in the store of many', wholeNumber, 1_000_000)
  .option('--rounds <number>', 'how often both take their turns', wholeNumber, 15)
  .action((names: Names, { markdown, ...options }: Asked<StoreOptions>) =>
    onEach(names, async (name) => {
      for (const table of await measureStore(name, options)) print(table, markdown)
    }),
  )

measurement('flat', 'processor time of the server a request, at 1,000, 100,000 and 1,000,000 sessions')
  .option(
    '--records <numbers>',
    'sessions in the stores, with commas between',
    wholeNumbers,
    [1000, 100_000, 1_000_000],
  )
  .option('--rounds <number>', 'how often all take their turns', wholeNumber, 15)
  .option('--stretch <number>', 'requests of a kind to each store in a round', wholeNumber, 4000)
  .action(
    (names: Names, options: Asked<Pick<FlatOptions, 'records'> & Omit<FlatOptions['extent'], 'warmUp'>>) => {
      const { markdown, records, rounds, stretch } = options
      const core = shareCores().server
      const extent = { rounds, stretch, warmUp: stretch }
      return onEach(names, async (name) => {
        const levels = await measureFlat(name, { records, extent, core })
        print(flatTable(name, levels), markdown)
        if (!isFlat(levels)) process.exitCode = 1
      })
    },
  )

measurement(
  'soak',
  'minutes of requests at a fixed rate: memory, handles, latency, and whether answers are right',
)
  .option('--minutes <number>', 'how long, on each store', positive, 10)
  .option('--share <number>', 'of what the server can do', share, 0.7)
  .option('--every <seconds>', 'how often it is looked at', positive, 5)
  .action((names: Names, { markdown, ...options }: Asked<Omit<SoakOptions, 'core'>>) => {
    const core = shareCores().server
    return onEach(names, async (name) => {
      const soaked = await soak(name, { ...options, core })
      print(soakTable(soaked), markdown)
      fail(name, verdictOf(soaked.samples).faults)
    })
  })

measurement('bytes', 'what does not depend on the machine: bytes at rest, and to the store and back', [
  'sqlite',
  'postgres',
  'redis',
])
  .option('--records <number>', 'sessions in the store', wholeNumber, 10_000)
  .option('--more <bytes>', 'how much larger each session is than a small one', wholeNumber, 0)
  .action(async (names: Names, { markdown, ...options }: Asked<BytesOptions>) => {
    const measured: Bytes[] = []
    await onEach(names, async (name) => {
      measured.push(await measureBytes(name, options))
    })
    print(bytesTable(measured, options), markdown)
  })

measurement(
  'processes',
  'one, two and four servers on one store: requests a second, latencies, and whether anything is lost',
)
  .option('--processes <numbers>', 'servers on the store, with commas between', wholeNumbers, [1, 2, 4])
  .option('--rounds <number>', 'how often all take their turns', wholeNumber, 5)
  .option('--seconds <number>', 'of load in each round', positive, 3)
  .action((names: Names, { markdown, ...options }: Asked<ProcessesOptions>) =>
    onEach(names, async (name) => {
      const results = await measureProcesses(name, options)
      print(processesTable(name, results), markdown)
      fail(name, results.flatMap(faultsOf))
    }),
  )

interface RollingChoices {
  readonly seconds: number
  readonly visitors: number
  readonly from: StoreName
}

measurement(
  'rolling',
  'a rolling restart that moves sessions into each store, under load: whether anything is lost',
)
  .option('--seconds <number>', 'how long, on each store', positive, 60)
  .option('--visitors <number>', 'who come at the same time', wholeNumber, 24)
  .addOption(new Option('--from <store>', 'where the sessions are').choices(storeNames).default('file'))
  .action((names: Names, { markdown, seconds, visitors, from }: Asked<RollingChoices>) =>
    onEach(names, async (name) => {
      const old = await (await openStores(from)).make()
      const place = await (await openStores(name)).make()
      const tally = await rollingRestart({
        old,
        fresh: { ...place, keyPrefix: 'moved' },
        moveFrom: { ...old, keyPrefix: 'keyv' },
        visitors,
        phase: { milliseconds: (seconds * 1000) / PHASES },
        tell: (phase) => tell(`${name}: ${phase}`),
      })
      print(rollingTable(name, from, tally), markdown)
      fail(name, rollingFaults(tally))
    }),
  )

measurement(
  'move',
  'sessions move from SQLite to these stores by `koa-tessera move`, while requests are served',
  ['postgres', 'redis'],
)
  .option('--records <number>', 'sessions to be moved', wholeNumber, 1_000_000)
  .option('--rate <number>', 'sessions a second at the most', wholeNumber, 1_000_000)
  .action((names: Names, { markdown, ...options }: Asked<MoveOptions>) =>
    onEach(names, async (name) => {
      const moved = await measureMove(name, options)
      print(moveTable(moved), markdown)
      fail(name, moveFaults(moved))
    }),
  )

program.parseAsync()

/** One store after the other, and the machine at the end. */
function onEach(names: Names, measure: (name: StoreName) => Promise<void>): Promise<void> {
  return run(async () => {
    const machine = machineLines()
    for (const name of names) await measure(name).finally(cleanUp)
    for (const line of machine) console.log(paint('dim', `  ${line}`))
  })
}

function fail(name: string, faults: readonly string[]): void {
  for (const fault of faults) console.log(paint('red', `\n${name}: ${fault}`))
  if (faults.length > 0) process.exitCode = 1
}

function print(table: Table, markdown = false): void {
  tell()
  console.log(`\n${textOfTable(table, markdown)}`)
}
