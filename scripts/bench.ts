/**
 * `npm run bench`: Tessera compared with its peers and with the bare frameworks. What a request costs, what goes wrong,
 * and how that compares with our targets. `--save` writes the figures of docs/benchmarks.md.
 */
import { Command, Option } from 'commander'
import { paint } from '../src/lib/commands/terminal.js'
import { redisMissing, redisUrl, startRedis } from '../test/support/servers/redis.js'
import { type Contender, chosen, redisAt } from './bench/contenders.js'
import { measureCorrectness } from './bench/correctness.js'
import { writeDocument } from './bench/document.js'
import { installPeers, versionsLine } from './bench/install.js'
import { functionLines, type Profile, profileAll, profileTable } from './bench/profile.js'
import type { Result } from './bench/result.js'
import { tablesOf } from './bench/tables.js'
import { run, tell, wholeNumber } from './command-line.js'
import { type Extent, measureCosts, type Subject } from './measure/costs.js'
import { Load } from './measure/load.js'
import { machineLines, shareCores } from './measure/machine.js'
import { type Kind, kinds } from './measure/population.js'
import { Server } from './measure/server.js'
import { textOfTable } from './measure/table.js'

const options = new Command('npm run bench --')
  .description('Measures Tessera, its peers and the bare frameworks, in about five minutes.')
  .option('--only <names>', 'contenders whose names contain one of these, with commas between', listed, [])
  .addOption(new Option('--kinds <kind...>', 'these requests alone').choices(kinds))
  .option('--rounds <number>', 'how often all take their turns', wholeNumber)
  .option('--quick', 'in less than a minute, and less exactly')
  .option('--profile', 'also where the time of Tessera’s requests goes')
  .option('--save', 'write the figures into docs/benchmarks.md, profile included')
  .allowExcessArguments(false)
  .parse()
  .opts<{ only: string[]; kinds?: Kind[]; rounds?: number; quick?: true; profile?: true; save?: true }>()

const quick = options.quick === true
const extent: Extent = {
  rounds: options.rounds ?? (quick ? 2 : 5),
  stretch: quick ? 400 : 3000,
  warmUp: quick ? 1000 : 6000,
  longest: quick ? 120 : 1000,
}
/** `mixed` says nothing that `read` and `write` do not. */
const measuredKinds = options.kinds ?? (quick ? kinds.filter((kind) => kind !== 'mixed') : kinds)
/** Sessions that each contender is visited with. */
const SESSIONS = 200
/** Sessions that are made to see what one takes in memory. */
const IN_MEMORY = quick ? 5_000 : 100_000

run(bench)

async function bench(): Promise<void> {
  // First of all, before anything is installed or started: a name may be misspelt.
  const wanted = chosen(options.only, redisMissing === undefined ? [] : ['redis'])
  installPeers()
  if (redisMissing !== undefined) console.log(`  – without Redis: apt-get install ${redisMissing}`)
  const cores = shareCores()
  const machine = machineLines(cores)
  const url = redisMissing === undefined ? redisUrl((await startRedis('--appendonly', 'no')).port) : ''
  const subjects: (Subject & { contender: Contender })[] = []
  for (const contender of wanted) {
    const server = await Server.start(redisAt(contender, url), cores.server)
    const hasSessions = contender.bare !== undefined
    const load = new Load({ servers: [server], sessions: SESSIONS, hasSessions, awake: true })
    await load.begin()
    subjects.push({ contender, server, load })
  }
  const costs = await measureCosts(subjects, measuredKinds, extent)
  const profiles = options.profile || options.save ? await profileAll(subjects) : []
  for (const { load } of subjects) load.close()
  const withSessions = subjects.filter(({ contender }) => contender.bare !== undefined)
  const correctness = await measureCorrectness(withSessions, IN_MEMORY)
  const results: Result[] = wanted.map((contender, index) => ({
    contender,
    ...(costs[index] ?? { rounds: new Map() }),
    ...correctness.get(contender.name),
  }))
  tell()
  print(results, machine, profiles)
  if (options.save) await writeDocument(results, [...machine, versionsLine()], profiles)
  if (results.some(({ contender, fault }) => fault && contender.open === 'tessera')) process.exitCode = 1
}

function print(results: readonly Result[], machine: readonly string[], profiles: readonly Profile[]): void {
  for (const line of machine) console.log(paint('dim', `  ${line}`))
  const tables = [...tablesOf(results), ...(profiles.length > 0 ? [profileTable(profiles)] : [])]
  for (const table of tables) {
    console.log(`\n${textOfTable(table).replace(/missed/g, (missed) => paint('red', missed))}`)
  }
  for (const line of functionLines(profiles)) console.log(line)
  for (const { contender, fault } of results) {
    if (fault !== undefined) console.log(paint('red', `\n${contender.name} is disqualified: ${fault}`))
  }
}

function listed(names: string, before: readonly string[]): readonly string[] {
  return [...before, ...names.split(',').map((name) => name.trim())]
}
