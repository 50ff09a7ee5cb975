/** Several servers on one store, under one load whose sessions are visited through all of them. */
import { losesUpdates, revivesSessions, type Servers } from '../bench/races.js'
import { Server } from '../bench/server.js'
import type { Table } from '../bench/tables.js'
import type { Recount } from './load/crowd.js'
import type { Tally } from './load/tally.js'
import { type Gathered, Load } from './load.js'
import { median } from './numbers.js'
import { tesseraAt } from './server.js'
import { openStores, type StoreName, type Stores } from './stores.js'

/** People at a time, and requests under way. */
const VISITORS = 200
const AT_ONCE = 32
/** Seconds that a session lives: nobody's ends meanwhile. */
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
export interface Turn extends Tally {
  /** Microseconds of processor time a request: of all servers together, and of the store's own process. */
  readonly cpu: number
  readonly storeCpu: number | undefined
}

export interface ProcessesResult {
  readonly processes: number
  readonly turns: readonly Turn[]
  readonly recount: Recount
  /** Of 1,000 requests that each set a key of their own in one session, the ones that were not answered with 200. */
  readonly refused: number
  /** Of those that were, the ones of which the session knows nothing. */
  readonly lost: number
  readonly revived: number
}

/** Measures each number of servers, in turns, each on a store of its own. */
export async function measureProcesses(
  name: StoreName,
  { processes, rounds, seconds }: ProcessesOptions,
  onStep: (title: string) => void,
): Promise<ProcessesResult[]> {
  const stores = await openStores(name)
  const load = new Load()
  const sets: { servers: Servers; gathered: Gathered; turns: Turn[] }[] = []
  try {
    for (const count of processes) {
      onStep(`${name}: starting ${count} servers`)
      const servers = await startOn(stores, name, count)
      const gathered = await load.gather(servers, {
        visitors: VISITORS,
        lines: AT_ONCE,
        life: LIFE * 1000,
        awake: false,
      })
      sets.push({ servers, gathered, turns: [] })
    }
    for (const { servers, gathered } of sets) {
      onStep(`${name}: warming up ${servers.length} servers`)
      await gathered.closed(WARM_UP * servers.length, AT_ONCE)
    }
    for (let round = 0; round < rounds; round++) {
      for (const { servers, gathered, turns } of round % 2 === 0 ? sets : sets.toReversed()) {
        onStep(`${name}: round ${round + 1} of ${rounds}, ${servers.length} servers`)
        turns.push(await oneTurn(servers, gathered, stores, seconds))
      }
    }
    const results: ProcessesResult[] = []
    for (const { servers, gathered, turns } of sets) {
      onStep(`${name}: what ${servers.length} servers have lost`)
      const recount = await gathered.recount()
      const { done, lost } = await losesUpdates(servers, WRITES)
      const revived = await revivesSessions(servers, LOG_OUTS)
      results.push({ processes: servers.length, turns, recount, refused: WRITES - done, lost, revived })
    }
    return results
  } finally {
    for (const { servers } of sets) await Promise.all(servers.map((server) => server.stop()))
    await load.close()
    await stores.discard()
  }
}

async function startOn(stores: Stores, name: string, count: number): Promise<Servers> {
  const place = await stores.make()
  // Not pinned: there may be more servers than processors.
  const start = (number: number): Promise<Server> =>
    Server.start(tesseraAt(place, `${name}, ${number}`, { cookieAge: LIFE }), { core: undefined })
  const first = await start(1)
  return [first, ...(await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 2))))]
}

async function oneTurn(servers: Servers, gathered: Gathered, stores: Stores, seconds: number): Promise<Turn> {
  const cpuOf = async (): Promise<number> =>
    (await Promise.all(servers.map((server) => server.cpu()))).reduce((sum, cpu) => sum + cpu, 0)
  const [before, storeBefore] = [await cpuOf(), stores.server?.cpu]
  const tally = await gathered.closed(seconds * 1000, AT_ONCE)
  const [after, storeAfter] = [await cpuOf(), stores.server?.cpu]
  return {
    ...tally,
    cpu: (after - before) / tally.requests,
    storeCpu:
      storeBefore === undefined || storeAfter === undefined
        ? undefined
        : (storeAfter - storeBefore) / tally.requests,
  }
}

/** What is wrong, in words. */
export function faultsOf({ processes, turns, recount, refused, lost, revived }: ProcessesResult): string[] {
  const count = (figure: (turn: Turn) => number): number => turns.reduce((sum, turn) => sum + figure(turn), 0)
  const [wrong, failed] = [count((turn) => turn.wrong), count((turn) => turn.failed)]
  const example = turns.find((turn) => turn.example !== undefined)?.example
  const faults = [
    [wrong, `wrong answers, such as ${example}`],
    [failed, `requests failed, such as ${example}`],
    [recount.wrong, `counters are not what the answered writes say, such as ${recount.example}`],
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
      `Nine reads and a write of ten, ${AT_ONCE} requests under way, ${VISITORS} sessions that are each visited through ` +
      'all servers; some log out, and others come. Medians of the rounds. Processor time a request in microseconds: of ' +
      'all servers together, and of the store where it is a process of its own. Counters: sessions that hold something ' +
      `else in the end than the answered writes say, read at every server. Lost: of ${WRITES} requests that each set a ` +
      `key of one session, at the same time, on all servers. Undone: of ${LOG_OUTS} log-outs while a request was under ` +
      'way at another server that then wrote.',
    heads: [
      'servers',
      'requests / s',
      'p50 ms',
      'p99 ms',
      'p99.9 ms',
      'longest ms',
      'cpu',
      "store's",
      'failed',
      'wrong',
      'counters',
      'lost',
      'undone',
    ],
    rows: results.map(({ processes, turns, recount, refused, lost, revived }) => {
      const middle = (figure: (turn: Turn) => number): number => median(turns.map(figure))
      const count = (figure: (turn: Turn) => number): string =>
        String(turns.reduce((sum, turn) => sum + figure(turn), 0))
      const storeCpus = turns.flatMap(({ storeCpu }) => (storeCpu === undefined ? [] : [storeCpu]))
      return [
        String(processes),
        Math.round(middle(({ requests, seconds }) => requests / seconds)).toLocaleString('en'),
        ...([0, 1, 2] as const).map((place) => (middle(({ latency }) => latency[place]) / 1000).toFixed(1)),
        (Math.max(...turns.map(({ latency: [, , , longest] }) => longest)) / 1000).toFixed(0),
        middle(({ cpu }) => cpu).toFixed(1),
        storeCpus.length === 0 ? '–' : median(storeCpus).toFixed(1),
        count(({ failed }) => failed),
        count(({ wrong }) => wrong),
        `${recount.wrong} of ${recount.sessions}`,
        refused === 0 ? String(lost) : `${lost}, ${refused} refused`,
        String(revived),
      ]
    }),
  }
}
