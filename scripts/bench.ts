/**
 * `npm run bench`: Tessera beside its peers and the bare frameworks. What a request costs, what goes wrong, and how that
 * compares with what we aim at. `--save` writes docs/benchmarks.md.
 */
import { Command, Option } from 'commander'
import { redisMissing, redisUrl, startRedis } from '../test/servers/redis.js'
import { chosen, type contenders, type Kind, kinds } from './bench/contenders.js'
import { type Cores, shareCores } from './bench/cores.js'
import { type Extent, measureCosts } from './bench/costs.js'
import { writeDocument } from './bench/document.js'
import { Generator } from './bench/generator.js'
import { installPeers } from './bench/install.js'
import { machineLines } from './bench/machine.js'
import { measureMemory } from './bench/memory.js'
import { outlastsOutage } from './bench/outage.js'
import { losesUpdates, revivesSessions } from './bench/races.js'
import type { Result } from './bench/result.js'
import { Server } from './bench/server.js'
import { tablesOf, toText } from './bench/tables.js'
import { run, tell, wholeNumber } from './command-line.js'
import { paint } from './paint.js'

interface Options {
  readonly only: readonly string[]
  readonly kinds: readonly Kind[]
  readonly rounds?: number
  readonly quick?: true
  readonly save?: true
}

const options = new Command('npm run bench --')
  .description('Measures Tessera beside its peers and the bare frameworks, in about five minutes.')
  .option('--only <names>', 'contenders whose names hold one of these, with commas between', listed, [])
  .addOption(new Option('--kinds <kind...>', 'these requests alone').choices(kinds).default(kinds))
  .option('--rounds <number>', 'how often all take their turns', wholeNumber)
  .option('--quick', 'in less than a minute, and less exactly')
  .option('--save', 'write docs/benchmarks.md and its pictures')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>()

const quick = options.quick === true
const extent: Extent = {
  rounds: options.rounds ?? (quick ? 3 : 5),
  stretch: quick ? 1000 : 4000,
  warmUp: quick ? 2500 : 4000,
}
/** Sessions that are made to see what one costs in memory. */
const sessions = quick ? 10_000 : 100_000

run(bench)

async function bench(): Promise<void> {
  // Asked before anything is installed or started: a name may be misspelt.
  const wanted = chosen(options.only, redisMissing === undefined ? [] : ['redis'])
  installPeers((text) => console.log(`  ${text}`))
  if (redisMissing !== undefined) console.log(`  – without Redis: apt-get install ${redisMissing}`)
  const cores = shareCores()
  const machine = machineLines(cores, new Date())
  const generator = new Generator()
  try {
    const results = await measureAll(wanted, cores, generator)
    tell()
    print(results, machine)
    if (options.save) await writeDocument(results, machine)
    if (results.some(({ contender, fault }) => fault && contender.file === 'tessera')) process.exitCode = 1
  } finally {
    await generator.close()
  }
}

async function measureAll(
  wanted: typeof contenders,
  { server: core }: Cores,
  generator: Generator,
): Promise<Result[]> {
  // The store loses nothing that it has answered: what is wrong after an outage is not its fault.
  const redis = redisMissing === undefined ? await startRedis() : undefined
  const fast = redisMissing === undefined ? await startRedis('--appendonly', 'no') : undefined
  const started = (contender: (typeof wanted)[number], store = fast) =>
    Server.start(contender, { core, redisUrl: store && redisUrl(store.port) })

  const rest = new Map<string, Pick<Result, 'races' | 'outage' | 'memory'>>()
  for (const contender of wanted.filter(({ floor }) => floor !== undefined)) {
    tell(`what goes wrong: ${contender.name}`)
    const server = await started(contender)
    const races = { lost: await losesUpdates([server], 1000), revived: await revivesSessions([server], 100) }
    await server.stop()
    rest.set(contender.name, {
      races,
      memory: contender.keeps === 'memory' ? await memoryOf(contender) : undefined,
      outage:
        contender.keeps === 'redis' && redis !== undefined ? await outageOf(contender, redis) : undefined,
    })
  }

  const servers: Server[] = []
  for (const contender of wanted) servers.push(await started(contender))
  const measured = await measureCosts(servers, options.kinds, extent, generator, tell)
  for (const server of servers) await server.stop()
  return measured.map(({ server: { contender }, costs, fault }) => ({
    contender,
    costs,
    fault,
    ...rest.get(contender.name),
  }))

  async function memoryOf(contender: (typeof wanted)[number]): Promise<number> {
    tell(`memory: ${contender.name}`)
    const server = await started(contender)
    const bytes = await measureMemory(server, sessions, generator)
    await server.stop()
    return bytes
  }

  async function outageOf(contender: (typeof wanted)[number], store: NonNullable<typeof redis>) {
    tell(`while the store is killed: ${contender.name}`)
    const server = await started(contender, store)
    const outage = await outlastsOutage(server, store)
    await server.stop()
    return outage
  }
}

function print(results: readonly Result[], machine: readonly string[]): void {
  for (const line of machine.slice(0, 3)) console.log(paint('dim', `  ${line}`))
  for (const table of tablesOf(results)) {
    console.log(`\n${paint('bold', table.title)}\n${paint('dim', table.note)}\n`)
    console.log(toText(table).replace(/missed/g, (missed) => paint('red', missed)))
  }
  for (const { contender, fault, outage } of results) {
    if (fault !== undefined) console.log(paint('red', `\n${contender.name} is disqualified: ${fault}`))
    if (outage?.example !== undefined) console.log(`\n${contender.name}, store killed: ${outage.example}`)
  }
}

function listed(names: string, before: readonly string[]): readonly string[] {
  return [...before, ...names.split(',').map((name) => name.trim())]
}
