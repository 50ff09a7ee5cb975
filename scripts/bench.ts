/**
 * `npm run bench`: Tessera compared with its peers and with the bare frameworks. What a request costs, what goes wrong,
 * and how that compares with our goals. `--save` writes the figures of docs/benchmarks.md.
 */
import { Command, Option } from 'commander'
import { paint } from '../src/lib/commands/terminal.js'
import { postgresMissing, postgresUrl, startPostgres } from '../test/support/servers/postgres.js'
import { redisMissing, redisUrl, startRedis } from '../test/support/servers/redis.js'
import { type Contender, chosen, essential, type Places, placedAt } from './bench/contenders.js'
import { measureCorrectness } from './bench/correctness.js'
import { writeDocument } from './bench/document.js'
import { installPeers, newerNode, versionsLine } from './bench/install.js'
import { type Contestant, measurePairs, type PairExtent } from './bench/pairs.js'
import { functionLines, type Profile, profileAll, profileTable } from './bench/profile.js'
import { noiseOf, type Run } from './bench/result.js'
import { tablesOf } from './bench/tables.js'
import { run, tell, wholeNumber } from './command-line.js'
import { Load } from './measure/load.js'
import { type Cores, loadLine, machineLines, shareCores } from './measure/machine.js'
import { type Kind, kinds } from './measure/population.js'
import { Server } from './measure/server.js'
import { textOfTable } from './measure/table.js'

const options = new Command('npm run bench --')
  .description('Measures Tessera, its peers and the bare frameworks, in about ten minutes.')
  .option('--only <names>', 'contenders whose names contain one of these, with commas between', listed, [])
  .addOption(new Option('--kinds <kind...>', 'these requests alone').choices(kinds))
  .option('--rounds <number>', 'how often all take their turns', wholeNumber)
  .option('--quick', 'in about two minutes, and less exactly')
  .option('--profile', 'also where the time of Tessera’s requests goes')
  .option('--save', 'write the figures into docs/benchmarks.md, profile included')
  .allowExcessArguments(false)
  .parse()
  .opts<{ only: string[]; kinds?: Kind[]; rounds?: number; quick?: true; profile?: true; save?: true }>()

const quick = options.quick === true
const extent: PairExtent = {
  rounds: options.rounds ?? (quick ? 1 : 2),
  turn: quick ? 120 : 500,
  // Until then the compiler has not seen what is hot: a contender with more code of its own would pay for that.
  warmUp: quick ? 500 : 1500,
}
/** `mixed` says nothing that `read` and `write` do not. */
const measuredKinds =
  options.kinds ?? kinds.filter((kind) => kind !== 'mixed' && (!quick || kind !== 'create'))
/** What is measured with another load or another Node too. */
const repeatedKinds = measuredKinds.filter((kind) => kind === 'read' || kind === 'write')
/** Sessions that each contender is visited with. */
const SESSIONS = 200
/** Sessions that are made to see what one takes in memory. */
const IN_MEMORY = quick ? 5_000 : 50_000

run(bench)

async function bench(): Promise<void> {
  // First of all, before anything is installed or started: a name may be misspelt.
  const missing = { redis: redisMissing, postgres: postgresMissing }
  const without = (['redis', 'postgres'] as const).filter((name) => missing[name] !== undefined)
  const wanted = chosen(options.only, without)
  installPeers()
  for (const name of without) console.log(`  – without ${name}: apt-get install ${missing[name]}`)
  const cores = shareCores()
  const machine = machineLines(cores)
  const places = await startStores(wanted)
  const newer = await startAll(wanted, places, cores, newerNode.program)
  const runs = [await measured(`Node ${newerNode.major}`, newer, measuredKinds)]
  const asleep = quick ? undefined : await measuredAsleep(newer)
  const profiles = options.profile || options.save ? await profileAll(newer) : []
  for (const { load } of newer) load.close()
  const major = process.versions.node.split('.')[0]
  if (!quick && major !== newerNode.major) {
    const own = await startAll(essential(wanted), places, cores, process.execPath)
    runs.push(await measured(`Node ${major}`, own, repeatedKinds))
    for (const { load } of own) load.close()
  }
  const withSessions = newer.filter(({ contender }) => contender.bare !== undefined)
  const correctness = await measureCorrectness(withSessions, IN_MEMORY)
  const all = runs.map(({ title, results }, index) => ({
    title,
    results: index > 0 ? results : results.map((one) => ({ ...one, ...correctness.get(one.contender.name) })),
  }))
  const percent = (noiseOf(all[0]?.results ?? []) * 100).toFixed(0)
  const noise = `the middle eight tenths of the bare frameworks’ turns lie within ${percent} % of their median`
  const told = [...machine, loadLine('end'), noise]
  tell()
  print(all, asleep, told, profiles)
  if (options.save) await writeDocument(all, asleep, [...told, versionsLine()], profiles)
  const isWrong = all.some(({ results }) =>
    results.some(({ contender, fault }) => fault && contender.open === 'tessera'),
  )
  if (isWrong) process.exitCode = 1
}

async function startStores(wanted: readonly Contender[]): Promise<Places> {
  const isWanted = (place: Contender['keeps']): boolean => wanted.some(({ keeps }) => keeps === place)
  return {
    redis: isWanted('redis') ? redisUrl((await startRedis('--appendonly', 'no')).port) : '',
    postgres: isWanted('postgres') ? postgresUrl((await startPostgres()).port) : '',
  }
}

async function startAll(
  wanted: readonly Contender[],
  places: Places,
  cores: Cores,
  node: string,
): Promise<Contestant[]> {
  const contestants: Contestant[] = []
  for (const contender of wanted) {
    tell(`starting ${contender.name}`)
    const server = await Server.start(placedAt(contender, places), cores.server, node)
    const load = loadOf(contender, server, true)
    await load.begin()
    contestants.push({ contender, server, load })
  }
  return contestants
}

function loadOf({ bare }: Contender, server: Server, awake: boolean): Load {
  return new Load({ servers: [server], sessions: SESSIONS, hasSessions: bare !== undefined, awake })
}

async function measured(
  title: string,
  contestants: readonly Contestant[],
  of: readonly Kind[],
): Promise<Run> {
  const costs = await measurePairs(contestants, of, extent)
  const results = contestants.map(({ contender }, index) => ({
    contender,
    ...(costs[index] ?? { rounds: new Map() }),
  }))
  return { title, results }
}

/** The same with a load that sleeps between answers: then they arrive together, as from many machines. */
async function measuredAsleep(contestants: readonly Contestant[]): Promise<Run> {
  const wanted = essential(contestants.map(({ contender }) => contender))
  const sleeping: Contestant[] = []
  for (const { contender, server } of contestants.filter((one) => wanted.includes(one.contender))) {
    const load = loadOf(contender, server, false)
    await load.begin()
    sleeping.push({ contender, server, load })
  }
  const found = await measured(`Node ${newerNode.major}`, sleeping, repeatedKinds)
  for (const { load } of sleeping) load.close()
  return found
}

function print(
  runs: readonly Run[],
  asleep: Run | undefined,
  machine: readonly string[],
  profiles: readonly Profile[],
): void {
  for (const line of machine) console.log(paint('dim', `  ${line}`))
  const tables = [...tablesOf(runs, asleep), ...(profiles.length > 0 ? [profileTable(profiles)] : [])]
  for (const table of tables) {
    console.log(`\n${textOfTable(table).replace(/missed/g, (missed) => paint('red', missed))}`)
  }
  for (const line of functionLines(profiles)) console.log(line)
  for (const { results, title } of runs) {
    for (const { contender, fault } of results) {
      if (fault !== undefined)
        console.log(paint('red', `\n${contender.name}, ${title}, is disqualified: ${fault}`))
    }
  }
}

function listed(names: string, before: readonly string[]): readonly string[] {
  return [...before, ...names.split(',').map((name) => name.trim())]
}
