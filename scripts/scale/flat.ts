/** What a request costs among few sessions and among many: the benchmark's server and load, on stores filled before. */
import { tell } from '../command-line.js'
import { type Costs, type Extent, measureCosts, type Subject } from '../measure/costs.js'
import { Load } from '../measure/load.js'
import { median } from '../measure/numbers.js'
import { Server } from '../measure/server.js'
import type { Table } from '../measure/table.js'
import { fill, spreadOver } from './fill.js'
import { COOKIE, openStores, type StoreName, tesseraAt } from './stores.js'

/** At most so many sessions of a store are visited, spread over all of it. */
const VISITED = 20_000
/** How much more than at the first level is still flat. */
const FLAT = 0.15

const kinds = ['read', 'write'] as const
type Kind = (typeof kinds)[number]

export interface FlatOptions {
  /** Sessions in each store. */
  readonly records: readonly number[]
  readonly extent: Extent
  /** The processor that the servers have to themselves. */
  readonly core: string | undefined
}

/** What a request costs at a store of so many sessions. */
export interface Level {
  readonly records: number
  /** Microseconds of processor time of the server, one for each round. */
  readonly cpu: Readonly<Record<Kind, readonly number[]>>
}

/**
 * Fills a store with each number of records, starts a server on each, and measures all of them in turns.
 *
 * @throws Error if an answer of a server was wrong.
 */
export async function measureFlat(name: StoreName, { records, extent, core }: FlatOptions): Promise<Level[]> {
  const stores = await openStores(name)
  const subjects: Subject[] = []
  for (const count of records) {
    const title = `${name}, ${count.toLocaleString('en')} sessions`
    tell(`filling ${title}`)
    const place = await stores.make()
    const ids = spreadOver(await fill(place, count), VISITED)
    const server = await Server.start(tesseraAt(place, title), core)
    const load = new Load({ servers: [server], sessions: ids.length, awake: true })
    load.adopt(COOKIE, ids)
    subjects.push({ server, load })
  }
  const costs = await measureCosts(subjects, kinds, extent)
  return costs.map((one, index) => levelOf(one, records[index] ?? 0))
}

function levelOf({ rounds, fault }: Costs, records: number): Level {
  if (fault !== undefined) throw new Error(`among ${records} sessions: ${fault}`)
  const of = (kind: Kind): readonly number[] => (rounds.get(kind) ?? []).map(({ cpu }) => cpu)
  return { records, cpu: { read: of('read'), write: of('write') } }
}

/** Of the cost at the first level: the median of the rounds, in each of which all levels were measured side by side. */
export function ratioOf(level: Level, first: Level, kind: Kind): number {
  return median(level.cpu[kind].map((cpu, round) => cpu / (first.cpu[kind][round] ?? cpu)))
}

/** Whether neither kind of request costs more than 15 % more at any level than at the first one. */
export function isFlat([first, ...others]: readonly Level[]): boolean {
  return others.every((level) =>
    kinds.every((kind) => first === undefined || ratioOf(level, first, kind) <= 1 + FLAT),
  )
}

export function flatTable(name: string, levels: readonly Level[]): Table {
  return {
    title: `${name}: what a request costs, by the number of sessions`,
    note:
      'Microseconds of processor time of the server process, user and system, all threads: medians of the rounds. In ' +
      'brackets: the ratio to the first line, of figures of the same round.',
    heads: ['sessions', ...kinds, `within ${FLAT * 100} %`],
    rows: levels.map((level) => {
      const [first = level] = levels
      const cells = kinds.map(
        (kind) => `${median(level.cpu[kind]).toFixed(1)} (${ratioOf(level, first, kind).toFixed(2)})`,
      )
      return [level.records.toLocaleString('en'), ...cells, isFlat([first, level]) ? 'yes' : 'no']
    }),
  }
}
