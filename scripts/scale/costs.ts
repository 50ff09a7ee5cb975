import { createIn } from '../../src/lib/conformance/drawing.js'
import type { Engine } from '../../src/lib/engines/engine.js'
import { LONG, sample } from './fill.js'
import { median } from './numbers.js'

/** Operations that meet in one moment, as those of concurrent requests do. */
const AT_ONCE = 32
/** Such moments in one round at one store. */
const MOMENTS = 20

export const operations = ['load', 'update', 'touch', 'create', 'delete'] as const
export type Operation = (typeof operations)[number]

/** Microseconds an operation: of this process's processors (all threads), and on the wall's clock. */
export interface Cost {
  readonly cpu: number
  readonly wall: number
}
export type Costs = Readonly<Record<Operation, Cost>>

export interface Filled {
  readonly engine: Engine
  /** Ids of living sessions. */
  readonly living: readonly string[]
  readonly now: number
}

/**
 * What each operation costs at each store: medians of `rounds`. The stores take turns within a round, so that what else
 * the machine does disturbs all of them alike.
 */
export async function measureCosts(filled: readonly Filled[], rounds: number): Promise<Costs[]> {
  const measured: Costs[][] = filled.map(() => [])
  await Promise.all(filled.map((store) => oneRound(store))) // warms up
  for (let round = 0; round < rounds; round++) {
    const places = [...filled.keys()]
    for (const place of round % 2 === 0 ? places : places.reverse()) {
      const store = filled[place]
      if (store !== undefined) measured[place]?.push(await oneRound(store))
    }
  }
  return measured.map(medianCosts)
}

async function oneRound({ engine, living, now }: Filled): Promise<Costs> {
  const meter = new Meter()
  for (let moment = 0; moment < MOMENTS; moment++) {
    const ids = [...new Set(Array.from({ length: AT_ONCE }, () => anyOf(living)))]
    const loaded = await meter.run('load', ids, (id) => engine.load(id))
    await meter.run('update', ids, (id, index) => {
      const found = loaded[index]
      if (found?.kind !== 'found') throw new Error('a living session is not there')
      return engine.update(id, { ...found.record, data: { ...found.record.data, moment } }, found.version)
    })
    await meter.run('touch', ids, (id) => engine.touch(id, now + LONG + moment))
    const created = await meter.run('create', ids, (_, index) => createIn(engine, sample(index, now, LONG)))
    await meter.run('delete', created, (id) => engine.delete(id))
  }
  return meter.costs()
}

/** Adds up what the operations of a round cost. */
class Meter {
  readonly #sums = new Map<Operation, { cpu: number; wall: number; count: number }>()

  async run<Result>(
    operation: Operation,
    ids: readonly string[],
    step: (id: string, index: number) => Promise<Result>,
  ): Promise<Result[]> {
    const cpu = process.cpuUsage()
    const since = performance.now()
    const results = await Promise.all(ids.map(step))
    const { user, system } = process.cpuUsage(cpu)
    const sum = this.#sums.get(operation) ?? { cpu: 0, wall: 0, count: 0 }
    this.#sums.set(operation, {
      cpu: sum.cpu + user + system,
      wall: sum.wall + (performance.now() - since) * 1000,
      count: sum.count + ids.length,
    })
    return results
  }

  costs(): Costs {
    return costsOf((operation) => {
      const { cpu, wall, count } = this.#sums.get(operation) ?? { cpu: 0, wall: 0, count: 1 }
      return { cpu: cpu / count, wall: wall / count }
    })
  }
}

function medianCosts(rounds: readonly Costs[]): Costs {
  return costsOf((operation) => ({
    cpu: median(rounds.map((costs) => costs[operation].cpu)),
    wall: median(rounds.map((costs) => costs[operation].wall)),
  }))
}

function costsOf(cost: (operation: Operation) => Cost): Costs {
  return Object.fromEntries(operations.map((operation) => [operation, cost(operation)])) as Record<
    Operation,
    Cost
  >
}

function anyOf(ids: readonly string[]): string {
  return ids[Math.floor(Math.random() * ids.length)] ?? ''
}
