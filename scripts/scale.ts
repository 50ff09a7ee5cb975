/**
 * `npm run scale`: what many sessions, several processes and long runs cost, and whether they are right all the while.
 * The figures in docs/engines.md and docs/scaling.md.
 */
import { appendFileSync } from 'node:fs'
import { Argument, Command } from 'commander'
import { type Cores, shareCores } from './bench/cores.js'
import { machineLines } from './bench/machine.js'
import { type Table, toMarkdown, toTerminal } from './bench/tables.js'
import { positive, run, share, tell, wholeNumber, wholeNumbers } from './command-line.js'
import { paint } from './paint.js'
import { type Bytes, type BytesOptions, bytesTable, measureBytes } from './scale/bytes.js'
import { type FlatOptions, flatTable, isFlat, measureFlat } from './scale/flat.js'
import { faultsOf, measureProcesses, type ProcessesOptions, processesTable } from './scale/processes.js'
import { type SoakOptions, soak } from './scale/soak/soak.js'
import { lineOf, soakTables } from './scale/soak/tables.js'
import { verdictOf } from './scale/soak/verdict.js'
import { measureStore, type StoreOptions } from './scale/store.js'
import { type StoreName, storeNames } from './scale/stores.js'

interface Shown {
  readonly markdown?: true
}

const program = new Command('npm run scale --')
  .description(
    'What many sessions, several processes and long runs cost. Stores are made for it, and gone afterwards.',
  )
  .showHelpAfterError('(--help says what there is)')

program
  .command('store')
  .description('engine calls among 1,000 sessions and among many, and a sweep while requests are served')
  .addArgument(new Argument('[store]', 'where').choices(storeNames).default('sqlite'))
  .option('--records <number>', 'sessions in the store of many', wholeNumber, 1_000_000)
  .option('--rounds <number>', 'how often both take their turns', wholeNumber, 15)
  .allowExcessArguments(false)
  .action((name: StoreName, options: StoreOptions) => run(() => measureStore(name, options)))

program
  .command('flat')
  .description('processor time of the server a request, at 1,000, 100,000 and 1,000,000 sessions')
  .addArgument(storesArgument())
  .option(
    '--records <numbers>',
    'sessions in the stores, with commas between',
    wholeNumbers,
    [1000, 100_000, 1_000_000],
  )
  .option('--rounds <number>', 'how often all take their turns', wholeNumber, 15)
  .option('--stretch <number>', 'requests of a kind to each store in a round', wholeNumber, 4000)
  .option('--markdown', 'print the tables as Markdown')
  .action((names: readonly StoreName[], options: FlatAsked) => run(() => flat(names, options)))

program
  .command('soak')
  .description(
    'minutes of requests at a fixed rate: memory, handles and latency, and whether every answer is right',
  )
  .addArgument(storesArgument())
  .option('--minutes <number>', 'how long, on each store', positive, 10)
  .option('--share <number>', 'of what the server can do', share, 0.7)
  .option('--every <seconds>', 'how often it is looked at', positive, 5)
  .option('--samples <file>', 'write what was seen each time, one JSON object a line')
  .option('--markdown', 'print the tables as Markdown')
  .action((names: readonly StoreName[], options: SoakAsked) => run(() => soakAll(names, options)))

program
  .command('bytes')
  .description('what does not depend on the machine: bytes at rest, and on the way to the store and back')
  .addArgument(storesArgument().default(['sqlite', 'postgres', 'redis']))
  .option('--records <number>', 'sessions in the store', wholeNumber, 10_000)
  .option('--more <bytes>', 'how much larger each session is than a small one', wholeNumber, 0)
  .option('--markdown', 'print the table as Markdown')
  .action((names: readonly StoreName[], options: BytesAsked) => run(() => bytes(names, options)))

program
  .command('processes')
  .description(
    'one, two and four servers on one store: requests a second, latencies, and whether anything is lost',
  )
  .addArgument(storesArgument())
  .option('--processes <numbers>', 'servers on the store, with commas between', wholeNumbers, [1, 2, 4])
  .option('--rounds <number>', 'how often all take their turns', wholeNumber, 5)
  .option('--seconds <number>', 'of load in each round', positive, 3)
  .option('--markdown', 'print the tables as Markdown')
  .action((names: readonly StoreName[], options: ProcessesAsked) => run(() => processes(names, options)))

program.parseAsync()

type FlatAsked = Shown & Pick<FlatOptions, 'records'> & Pick<FlatOptions['extent'], 'rounds' | 'stretch'>

async function flat(
  names: readonly StoreName[],
  { records, rounds, stretch, markdown }: FlatAsked,
): Promise<void> {
  const cores = shareCores()
  const begun = new Date()
  const extent = { rounds, stretch, warmUp: stretch }
  for (const name of names) {
    const levels = await measureFlat(name, { records, extent }, cores, tell)
    print(flatTable(name, levels), markdown)
    if (!isFlat(levels)) process.exitCode = 1
  }
  printMachine(cores, begun)
}

type SoakAsked = Shown & SoakOptions & { readonly samples?: string }

async function soakAll(
  names: readonly StoreName[],
  { samples: file, markdown, ...options }: SoakAsked,
): Promise<void> {
  const cores = shareCores()
  const begun = new Date()
  for (const name of names) {
    const soaked = await soak(name, options, cores, tell, (sample) => {
      tell(lineOf(name, sample))
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, ...sample })}\n`)
    })
    for (const table of soakTables(soaked)) print(table, markdown)
    fail(name, verdictOf(soaked.samples).faults)
  }
  printMachine(cores, begun)
}

type BytesAsked = Shown & BytesOptions

async function bytes(names: readonly StoreName[], { markdown, ...options }: BytesAsked): Promise<void> {
  const measured: Bytes[] = []
  for (const name of names) measured.push(await measureBytes(name, options, tell))
  print(bytesTable(measured, options), markdown)
}

type ProcessesAsked = Shown & ProcessesOptions

async function processes(
  names: readonly StoreName[],
  { markdown, ...options }: ProcessesAsked,
): Promise<void> {
  const begun = new Date()
  for (const name of names) {
    const results = await measureProcesses(name, options, tell)
    print(processesTable(name, results), markdown)
    fail(name, results.flatMap(faultsOf))
  }
  printMachine({ server: undefined, others: undefined }, begun)
}

function fail(name: string, faults: readonly string[]): void {
  for (const fault of faults) console.log(paint('red', `\n${name}: ${fault}`))
  if (faults.length > 0) process.exitCode = 1
}

function storesArgument(): Argument {
  return new Argument('[stores...]', 'where').choices(storeNames).default(['sqlite', 'redis'])
}

function print(table: Table, markdown = false): void {
  tell()
  console.log(
    markdown ? `\n### ${table.title}\n\n${table.note}\n\n${toMarkdown(table)}` : `\n${toTerminal(table)}`,
  )
}

function printMachine(cores: Cores, begun: Date): void {
  console.log()
  for (const line of machineLines(cores, begun).slice(0, 3)) console.log(paint('dim', `  ${line}`))
}
