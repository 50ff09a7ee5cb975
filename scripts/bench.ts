/**
 * `npm run bench`: Tessera beside its peers and the bare frameworks. What a request costs, what goes wrong, and how that
 * compares with what we aim at. `--save` writes docs/benchmarks.md.
 */
import { Command, Option } from 'commander'
import { redisMissing, redisUrl, startRedis } from '../test/support/servers/redis.js'
import { measureBeside } from './bench/beside.js'
import { chosen, type contenders, type Kind, kinds } from './bench/contenders.js'
import { type Cores, shareCores } from './bench/cores.js'
import { type Extent, measureCosts } from './bench/costs.js'
import { writeDocument } from './bench/document.js'
import { Generator } from './bench/generator.js'
import { installPeers } from './bench/install.js'
import { machineLines } from './bench/machine.js'
import { type Profile, profileAll } from './bench/profile.js'
import { functionLines, profileTable } from './bench/profile-table.js'
import type { Result } from './bench/result.js'
import { Server } from './bench/server.js'
import { tablesOf, toTerminal } from './bench/tables.js'
import { run, tell, wholeNumber } from './command-line.js'
import { paint } from './paint.js'

interface Options {
  readonly only: readonly string[]
  readonly kinds?: readonly Kind[]
  readonly rounds?: number
  readonly quick?: true
  readonly profile?: true
  readonly save?: true
}

const options = new Command('npm run bench --')
  .description('Measures Tessera beside its peers and the bare frameworks, in about five minutes.')
  .option('--only <names>', 'contenders whose names hold one of these, with commas between', listed, [])
  .addOption(new Option('--kinds <kind...>', 'these requests alone').choices(kinds))
  .option('--rounds <number>', 'how often all take their turns', wholeNumber)
  .option('--quick', 'in less than a minute, and less exactly')
  .option('--profile', 'look where the time of Tessera’s requests goes')
  .option('--save', 'write docs/benchmarks.md and its pictures, profile included')
  .allowExcessArguments(false)
  .parse()
  .opts<Options>()

const quick = options.quick === true
const extent: Extent = {
  rounds: options.rounds ?? (quick ? 2 : 5),
  stretch: quick ? 400 : 3000,
  warmUp: quick ? 1000 : 6000,
  longest: quick ? 120 : 1000,
}
/** `mixed` says nothing that `read` and `write` do not. */
const measuredKinds = options.kinds ?? (quick ? kinds.filter((kind) => kind !== 'mixed') : kinds)
/** Sessions that are made to see what one costs in memory. */
const sessions = quick ? 5_000 : 100_000

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
    const { results, profiles } = await measureAll(wanted, cores, generator)
    tell()
    print(results, machine, profiles)
    if (options.save) await writeDocument(results, machine, profiles)
    if (results.some(({ contender, fault }) => fault && contender.file === 'tessera')) process.exitCode = 1
  } finally {
    await generator.close()
  }
}

async function measureAll(
  wanted: typeof contenders,
  { server: core }: Cores,
  generator: Generator,
): Promise<{ results: Result[]; profiles: Profile[] }> {
  const [redis, mortal] =
    redisMissing === undefined ? [await startRedis('--appendonly', 'no'), await startRedis()] : []
  const servers: Server[] = []
  for (const contender of wanted) {
    servers.push(await Server.start(contender, { core, redisUrl: redis && redisUrl(redis.port) }))
  }
  const measured = await measureCosts(servers, measuredKinds, extent, generator, tell)
  const profiles = options.profile || options.save ? await profileAll(servers, generator, tell) : []
  await Promise.all(servers.map((server) => generator.leave(server)))
  const guests = servers.filter(({ contender }) => contender.floor !== undefined)
  const beside = await measureBeside(guests, { sessions, generator, mortal, onStep: tell })
  await Promise.all(servers.map((server) => server.stop()))
  const results = measured.map(({ server: { contender }, costs, fault }) => ({
    contender,
    costs,
    fault,
    ...beside.get(contender.name),
  }))
  return { results, profiles }
}

function print(results: readonly Result[], machine: readonly string[], profiles: readonly Profile[]): void {
  for (const line of machine.slice(0, 3)) console.log(paint('dim', `  ${line}`))
  const tables = [...tablesOf(results), ...(profiles.length > 0 ? [profileTable(profiles)] : [])]
  for (const table of tables) {
    console.log(`\n${toTerminal(table).replace(/missed/g, (missed) => paint('red', missed))}`)
  }
  for (const line of functionLines(profiles)) console.log(line)
  for (const { contender, fault, outage } of results) {
    if (fault !== undefined) console.log(paint('red', `\n${contender.name} is disqualified: ${fault}`))
    if (outage?.example !== undefined) console.log(`\n${contender.name}, store killed: ${outage.example}`)
  }
}

function listed(names: string, before: readonly string[]): readonly string[] {
  return [...before, ...names.split(',').map((name) => name.trim())]
}
