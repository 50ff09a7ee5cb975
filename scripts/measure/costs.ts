import { setTimeout as pause } from 'node:timers/promises'
import { tell } from '../command-line.js'
import type { Load } from './load.js'
import { median } from './numbers.js'
import type { Kind } from './population.js'
import type { Server } from './server.js'
import type { Tally } from './tally.js'

/** A server has work to do after its last answer, which counts: milliseconds. */
const SETTLE = 5

/** How much is measured. */
export interface Extent {
  readonly rounds: number
  /**
   * Requests of one kind to one server in one round. A number rather than a time: on a busy machine the measurement takes
   * longer, and is as good.
   */
  readonly stretch: number
  /** The same before anything is measured, for the compiler and the caches. */
  readonly warmUp: number
  /** The longest stretch in milliseconds: a slow server gets fewer requests. Default: no limit. */
  readonly longest?: number
}

/** A server with its load. */
export interface Subject {
  readonly server: Server
  readonly load: Load
}

/** One kind of request in one round. */
export interface Round extends Tally {
  /** Microseconds of processor time a request, of all threads. */
  readonly cpu: number
  /** Milliseconds by which the event loop was late, p99. */
  readonly late: number
}

/** The rounds by kind; or, if the server did not do the work, an answer that was wrong. */
export interface Costs {
  readonly rounds: ReadonlyMap<Kind, readonly Round[]>
  readonly fault?: string | undefined
}

/** The median of a figure of all rounds. */
export function middle(rounds: readonly Round[], figure: (round: Round) => number): number {
  return median(rounds.map(figure))
}

/**
 * Measures every server with every kind of request; answers in the order of the servers. In each round they take turns,
 * in another order each time, so that what else the machine does disturbs all of them alike. `create` comes after all
 * others, which are measured among few sessions.
 */
export async function measureCosts(
  subjects: readonly Subject[],
  kinds: readonly Kind[],
  extent: Extent,
): Promise<Costs[]> {
  const all = subjects.map((subject) => ({
    ...subject,
    rounds: new Map<Kind, Round[]>(kinds.map((kind) => [kind, []])),
    fault: undefined as string | undefined,
  }))
  const run = async (one: (typeof all)[number], traffic: Kind, requests: number): Promise<Tally> => {
    const tally = await one.load.run({ traffic, requests, milliseconds: extent.longest })
    const { wrong, failed, example } = tally
    if (wrong + failed > 0) one.fault ??= `${wrong + failed} wrong answers, such as ${example}`
    return tally
  }
  const others = kinds.filter((kind) => kind !== 'create')
  for (const group of [others, kinds.filter((kind) => kind === 'create')]) {
    for (const one of all) {
      tell(`warming up ${one.server.name}`)
      for (const kind of group) await run(one, kind, extent.warmUp)
    }
    for (let round = 0; round < extent.rounds; round++) {
      for (const kind of group) {
        const from = (round * 5) % all.length
        for (const one of [...all.slice(from), ...all.slice(0, from)]) {
          if (one.fault !== undefined) continue
          const { server } = one
          tell(`round ${round + 1} of ${extent.rounds}: ${kind}, ${server.name}`)
          // Others had their turns since: processor caches and pages are theirs.
          await run(one, kind, extent.stretch / 3)
          const before = await server.ask('usage')
          const tally = await run(one, kind, extent.stretch)
          await pause(SETTLE)
          const { cpu, late } = await server.ask('usage')
          one.rounds.get(kind)?.push({ ...tally, cpu: (cpu - before.cpu) / tally.requests, late })
        }
      }
    }
  }
  return all
}
