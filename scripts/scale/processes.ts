/** Several servers on one store, under one load that visits every session through all of them. */
import { tell } from '../command-line.js'
import { type Check, Load } from '../measure/load.js'
import { median, total } from '../measure/numbers.js'
import { losesUpdates, revivesSessions, type Servers } from '../measure/races.js'
import { Server } from '../measure/server.js'
import { NOTHING, type Table } from '../measure/table.js'
import type { Tally } from '../measure/tally.js'
import { openStores, type StoreName, type Stores, tesseraAt } from './stores.js'

/** Sessions at a time. */
const SESSIONS = 200
/** Seconds that a session lives: longer than the measurement. */
const LIFE = 3600
/** For the compiler and the caches of each server: milliseconds. */
const WARM_UP = 3000
/** Requests of the races. */
const WRITES = 1000
const LOG_OUTS = 100

export interface ProcessesOptions {
  /** Numbers of servers. */
  readonly processes: readonly number[]
  readonly rounds: number
  /** Of load, in a round. */
  readonly seconds: number
}

/** One stretch of load. */
export interface Round extends Tally {
  /** Microseconds of processor time a request: of all servers together, and of the store's process (`NaN`: none). */
  readonly cpu: number
  readonly storeCpu: number
}

export interface ProcessesResult {
  readonly processes: number
  readonly rounds: readonly Round[]
  readonly check: Check
  /** Of 1,000 requests that each set a key of their own in one session, those that were not answered with 200. */
  readonly refused: number
  /** Of those that were, the ones of which the session knows nothing. */
  readonly lost: number
  readonly revived: number
}

/** Measures each number of servers, in turns, each on a store of its own. */
export async function measureProcesses(
  name: StoreName,
  { processes, rounds, seconds }: ProcessesOptions,
): Promise<ProcessesResult[]> {
  const stores = await openStores(name)
  const sets: { servers: Servers; load: Load; rounds: Round[] }[] = []
  for (const count of processes) {
    tell(`${name}: starting ${count} servers`)
    const place = await stores.make()
    // Not pinned: there may be more servers than processors.
    const start = (): Promise<Server> => Server.start(tesseraAt(place, name, { cookieAge: LIFE }))
    const servers = [await start(), ...(await Promise.all(Array.from({ length: count - 1 }, start)))] as const
    const load = new Load({ servers, sessions: SESSIONS, life: LIFE * 1000 })
    await load.begin()
    sets.push({ servers, load, rounds: [] })
  }
  for (const { servers, load } of sets) {
    tell(`${name}: warming up ${servers.length} servers`)
    await load.run({ traffic: 'visits', milliseconds: WARM_UP * servers.length })
  }
  for (let round = 0; round < rounds; round++) {
    for (const set of round % 2 === 0 ? sets : sets.toReversed()) {
      tell(`${name}: round ${round + 1} of ${rounds}, ${set.servers.length} servers`)
      set.rounds.push(await oneRound(set.servers, set.load, stores, seconds))
    }
  }
  const results: ProcessesResult[] = []
  for (const { servers, load, rounds } of sets) {
    tell(`${name}: what ${servers.length} servers have lost`)
    const check = await load.check()
    const { done, lost } = await losesUpdates(servers, WRITES)
    const revived = await revivesSessions(servers, LOG_OUTS)
    results.push({ processes: servers.length, rounds, check, refused: WRITES - done, lost, revived })
  }
  return results
}

async function oneRound(servers: Servers, load: Load, stores: Stores, seconds: number): Promise<Round> {
  const cpus = async (): Promise<readonly [servers: number, store: number]> => {
    const usages = await Promise.all(servers.map((server) => server.ask('usage')))
    return [total(usages, ({ cpu }) => cpu), stores.server?.cpu ?? Number.NaN]
  }
  const before = await cpus()
  const tally = await load.run({ traffic: 'visits', milliseconds: seconds * 1000 })
  const after = await cpus()
  return {
    ...tally,
    cpu: (after[0] - before[0]) / tally.requests,
    storeCpu: (after[1] - before[1]) / tally.requests,
  }
}

/** What is wrong, in words. */
export function faultsOf(result: ProcessesResult): string[] {
  const { processes, rounds, check, refused, lost, revived } = result
  const example = rounds.find((round) => round.example !== undefined)?.example
  const faults = [
    [total(rounds, ({ wrong }) => wrong), `wrong answers, such as ${example}`],
    [total(rounds, ({ failed }) => failed), `requests failed, such as ${example}`],
    [check.wrong, `counters are not what the answered writes say, such as ${check.example}`],
    [refused, `of ${WRITES} concurrent writes were refused`],
    [lost, 'answered writes are lost'],
    [revived, `of ${LOG_OUTS} log-outs were undone`],
  ] as const
  return faults
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${processes} servers: ${number} ${what}`)
}

export function processesTable(name: string, results: readonly ProcessesResult[]): Table {
  return {
    title: `${name}: several servers on one store`,
    note:
      `Nine reads and a write of ten, 32 requests under way, ${SESSIONS} sessions that are each visited ` +
      'through all servers; some log out, and others come. Medians of the rounds. Processor time in microseconds a ' +
      'request: of all servers together, and of the store where it is a process of its own. Counters: sessions that in ' +
      'the end, read at every server, hold something else than the answered writes say. Lost: of ' +
      `${WRITES} requests that each set a key of one session, at the same time, on all servers. Undone: of ${LOG_OUTS} ` +
      'log-outs while a request was under way at another server that then wrote.',
    heads: [
      ...['servers', 'requests / s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'longest ms', 'cpu', "store's"],
      ...['failed', 'wrong', 'counters', 'lost', 'undone'],
    ],
    rows: results.map(rowOf),
  }
}

function rowOf({ processes, rounds, check, refused, lost, revived }: ProcessesResult): string[] {
  const middle = (figure: (round: Round) => number): number => median(rounds.map(figure))
  const storeCpu = middle((one) => one.storeCpu)
  return [
    String(processes),
    Math.round(middle(({ requests, seconds }) => requests / seconds)).toLocaleString('en'),
    ...([0, 1, 2] as const).map((index) => (middle(({ latency }) => latency[index]) / 1000).toFixed(1)),
    (Math.max(...rounds.map(({ latency }) => latency[3])) / 1000).toFixed(0),
    middle(({ cpu }) => cpu).toFixed(1),
    Number.isNaN(storeCpu) ? NOTHING : storeCpu.toFixed(1),
    String(total(rounds, ({ failed }) => failed)),
    String(total(rounds, ({ wrong }) => wrong)),
    `${check.wrong} of ${check.sessions}`,
    refused === 0 ? String(lost) : `${lost}, ${refused} refused`,
    String(revived),
  ]
}
