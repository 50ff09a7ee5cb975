/**
 * `npm run bench`: Tessera compared with its peers and with the bare frameworks. What a request costs, what goes wrong,
 * and how that compares with our goals. `--save` writes the figures of docs/benchmarks.md.
 */
import { Command, Option } from 'commander'
import { paint } from '../src/lib/commands/terminal.js'
import { postgresMissing, postgresUrl, startPostgres } from '../test/support/servers/postgres.js'
import { redisMissing, redisUrl, startRedis } from '../test/support/servers/redis.js'
import { type Contender, chosen, type Places, placedAt, withFrameworks } from './bench/contenders.js'
import { measureCorrectness } from './bench/correctness.js'
import { writeDocument } from './bench/document.js'
import { installPeers, newerNode, versionsLine } from './bench/install.js'
import { type Contestant, type Extent, measurePairs, type Pass, warmUp } from './bench/pairs.js'
import { planFor, secondsOf } from './bench/plan.js'
import { functionLines, type Profile, profileAll, profileTable } from './bench/profile.js'
import { noiseOf, type Run } from './bench/result.js'
import { tablesOf } from './bench/tables.js'
import { hasGoal } from './bench/targets.js'
import { run, tell, wholeNumber } from './command-line.js'
import { Load } from './measure/load.js'
import { type Cores, loadLine, machineLines, shareCores } from './measure/machine.js'
import { type Kind, kinds } from './measure/population.js'
import { Server } from './measure/server.js'
import { textOfTable } from './measure/table.js'

const options = new Command('npm run bench --')
  .description('Measures Tessera, its peers and the bare frameworks, in less than six minutes.')
  .option('--only <names>', 'contenders whose names contain one of these, with commas between', listed, [])
  .addOption(new Option('--kinds <kind...>', 'these requests alone').choices(kinds))
  .option('--rounds <number>', 'how often all take their turns, with every kind of request', wholeNumber)
  .option(
    '--quick',
    'in less than one minute, and less exactly: those that goals are about, unless --only names others',
  )
  .option('--profile', 'also where the time of Tessera’s requests goes')
  .option('--save', 'write the figures into docs/benchmarks.md, profile included')
  .allowExcessArguments(false)
  .parse()
  .opts<{ only: string[]; kinds?: Kind[]; rounds?: number; quick?: true; profile?: true; save?: true }>()

const quick = options.quick === true
const isProfiled = (options.profile || options.save) === true
/** Sessions that each contender is visited with. */
const SESSIONS = 200

run(bench)

async function bench(): Promise<void> {
  // First of all, before anything is installed or started: a name may be misspelt.
  const missing = { redis: redisMissing, postgres: postgresMissing }
  const without = (['redis', 'postgres'] as const).filter((name) => missing[name] !== undefined)
  const named = chosen(options.only, without)
  const wanted =
    quick && options.only.length === 0 ? withFrameworks(named.filter(({ name }) => hasGoal(name))) : named
  const plan = planFor({ contenders: wanted, kinds: options.kinds, rounds: options.rounds, quick })
  const { extent } = plan
  const major = process.versions.node.split('.')[0]
  const own = major === newerNode.major ? undefined : plan.own
  installPeers()
  for (const name of without) console.log(`  – without ${name}: apt-get install ${missing[name]}`)
  console.log(`  this will take about ${minutes(secondsOf({ ...plan, own }, isProfiled))}`)
  const begun = performance.now()
  const cores = shareCores()
  const machine = machineLines(cores)
  const places = await startStores(wanted)
  const newer = await startAll(wanted, {
    places,
    cores,
    node: newerNode.program,
    milliseconds: extent.warmUp,
  })
  const runs = [await measured(`Node ${newerNode.major}`, newer, plan.main, extent)]
  const asleep = plan.asleep && (await measuredAsleep(newer, plan.asleep, extent))
  const profiles = isProfiled ? await profileAll(newer) : []
  for (const { load } of newer) load.close()
  if (own) {
    const older = await startAll(own.contenders, {
      places,
      cores,
      node: process.execPath,
      milliseconds: extent.warmUp,
    })
    runs.push(await measured(`Node ${major}`, older, own, extent))
    for (const { load } of older) load.close()
  }
  const withSessions = newer.filter(({ contender }) => contender.bare !== undefined)
  const correctness = await measureCorrectness(withSessions, extent.inMemory)
  const all = runs.map(({ title, results }, index) => ({
    title,
    results: index > 0 ? results : results.map((one) => ({ ...one, ...correctness.get(one.contender.name) })),
  }))
  const percent = (noiseOf(all[0]?.results ?? []) * 100).toFixed(0)
  const noise = `the middle eight tenths of the bare frameworks’ turns lie within ${percent} % of their median`
  const took = `it took ${minutes((performance.now() - begun) / 1000)}`
  const told = [...machine, loadLine('end'), noise, took]
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

interface Start {
  readonly places: Places
  readonly cores: Cores
  /** The program that runs the servers. */
  readonly node: string
  /** How long each is warmed up. */
  readonly milliseconds: number
}

async function startAll(
  wanted: readonly Contender[],
  { places, cores, node, milliseconds }: Start,
): Promise<Contestant[]> {
  const contestants: Contestant[] = []
  for (const contender of wanted) {
    tell(`starting ${contender.name}`)
    const server = await Server.start(placedAt(contender, places), cores.server, node)
    const contestant = { contender, server, load: loadOf(contender, server, true) }
    await contestant.load.begin()
    await warmUp(contestant, milliseconds)
    contestants.push(contestant)
  }
  return contestants
}

function loadOf({ bare }: Contender, server: Server, awake: boolean): Load {
  return new Load({ servers: [server], sessions: SESSIONS, hasSessions: bare !== undefined, awake })
}

async function measured(
  title: string,
  contestants: readonly Contestant[],
  pass: Pass,
  extent: Extent,
): Promise<Run> {
  const costs = await measurePairs(contestants, pass, extent)
  const results = contestants.map(({ contender }, index) => ({
    contender,
    ...(costs[index] ?? { rounds: new Map() }),
  }))
  return { title, results }
}

/** With a load that sleeps between answers: then they arrive together, as from many machines. */
async function measuredAsleep(contestants: readonly Contestant[], pass: Pass, extent: Extent): Promise<Run> {
  const sleeping: Contestant[] = []
  for (const { contender, server } of contestants) {
    if (!pass.contenders.includes(contender)) continue
    const load = loadOf(contender, server, false)
    await load.begin()
    sleeping.push({ contender, server, load })
  }
  const found = await measured(
    `Node ${newerNode.major}, a load that sleeps between answers`,
    sleeping,
    pass,
    extent,
  )
  for (const { load } of sleeping) load.close()
  return found
}

function minutes(seconds: number): string {
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
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
