/** What a request costs at few sessions and at many: the benchmark's server and load, at stores that were filled before. */
import type { Cores } from '../bench/cores.js'
import { type Extent, type Measured, measureCosts } from '../bench/costs.js'
import { Generator } from '../bench/generator.js'
import { Server } from '../bench/server.js'
import type { Table } from '../bench/tables.js'
import { COOKIE, fillAt } from './filled.js'
import { median } from './numbers.js'
import { tesseraAt } from './server.js'
import { openStores, type StoreName } from './stores.js'

/** At most so many sessions of a store are visited, spread over all of it. */
const VISITED = 20_000
/** How far from the cost at the first store is still flat. */
const FLAT = 0.15

const kinds = ['read', 'write'] as const
type Kind = (typeof kinds)[number]

export interface FlatOptions {
  /** Sessions in each store. */
  readonly records: readonly number[]
  readonly extent: Extent
}

/** What a request costs at a store of so many sessions. */
export interface Level {
  readonly records: number
  /** Microseconds of processor time of the server, one for each round. */
  readonly cpu: Readonly<Record<Kind, readonly number[]>>
}

/**
 * Fills a store with each number of records, opens a server on each, and measures all of them in turns.
 *
 * @throws Error if a server answers what it must not.
 */
export async function measureFlat(
  name: StoreName,
  { records, extent }: FlatOptions,
  { server: core }: Cores,
  onStep: (title: string) => void,
): Promise<Level[]> {
  const stores = await openStores(name)
  const generator = new Generator()
  const servers: Server[] = []
  try {
    const ids = new Map<Server, readonly string[]>()
    for (const count of records) {
      onStep(`${name}: filling a store with ${count.toLocaleString('en')} sessions`)
      const place = await stores.make()
      const living = await fillAt(place, count)
      const server = await Server.start(tesseraAt(place, `${name}, ${count}`), { core })
      servers.push(server)
      ids.set(server, spreadOver(living, VISITED))
    }
    const measured = await measureCosts(servers, kinds, extent, generator, onStep, (server) =>
      generator.adopt(server, COOKIE, ids.get(server) ?? []),
    )
    return measured.map((one, index) => levelOf(one, records[index] ?? 0))
  } finally {
    for (const server of servers) await server.stop()
    await generator.close()
    await stores.discard()
  }
}

/** `count` of them in an order that has nothing to do with the one in which they were made. */
export function spreadOver(ids: readonly string[], count: number): string[] {
  const step = Math.max(1, ids.length / count)
  const chosen = Array.from(
    { length: Math.min(count, ids.length) },
    (_, index) => ids[Math.floor(index * step)],
  )
  // An id is random, so its order is that of a shuffle.
  return chosen.filter((id) => id !== undefined).sort()
}

function levelOf({ costs, fault, server }: Measured, records: number): Level {
  if (fault !== undefined) throw new Error(`${server.contender.name}: ${fault}`)
  return { records, cpu: { read: costs.get('read')?.cpu ?? [], write: costs.get('write')?.cpu ?? [] } }
}

/** Of the cost at the first level: the median of the rounds, in each of which all levels were measured side by side. */
export function ratioOf(level: Level, first: Level, kind: Kind): number {
  return median(level.cpu[kind].map((cpu, round) => cpu / (first.cpu[kind][round] ?? cpu)))
}

/** Whether neither kind of request costs more at any level than at the first one, but for 15 %. */
export function isFlat(levels: readonly Level[]): boolean {
  const [first] = levels
  return levels.every((level) =>
    kinds.every((kind) => first === undefined || ratioOf(level, first, kind) <= 1 + FLAT),
  )
}

export function flatTable(name: string, levels: readonly Level[]): Table {
  const [first] = levels
  return {
    title: `${name}: what a request costs, by the number of sessions`,
    note:
      'Microseconds of processor time of the server process, user and system, all threads: medians of the rounds; in ' +
      'brackets the ratio to the first line, of figures of the same round.',
    heads: ['sessions', ...kinds, `within ${FLAT * 100} %`],
    rows: levels.map((level) => [
      level.records.toLocaleString('en'),
      ...kinds.map((kind) => {
        const ratio = first === undefined ? 1 : ratioOf(level, first, kind)
        return `${median(level.cpu[kind]).toFixed(1)} (${ratio.toFixed(2)})`
      }),
      first === undefined || isFlat([first, level]) ? 'yes' : 'no',
    ]),
  }
}
