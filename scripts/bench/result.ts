import type { Costs } from '../measure/costs.js'
import type { Kind } from '../measure/population.js'
import type { Contender } from './contenders.js'
import type { Correctness } from './correctness.js'

/** All that was measured of one contender. What is missing was not measured, or does not apply. */
export interface Result extends Costs, Correctness {
  readonly contender: Contender
}

/** What a kind of request costs, compared with the bare framework. */
export interface Figure {
  /** Microseconds of processor time. */
  readonly cpu: number
  /** Of these, what the bare framework does not cost. */
  readonly over: number
  /** The bare framework's cost divided by this one: 1 would be free. */
  readonly ratio: number
}

/**
 * Compares the best rounds of both: what else a machine does can only add to what a request costs, and on a shared one it
 * comes and goes within seconds.
 */
export function figureOf(result: Result, kind: Kind, results: readonly Result[]): Figure | undefined {
  const bare = results.find(({ contender }) => contender.name === result.contender.bare)
  const cpu = bestOf(result, kind)
  if (cpu === undefined || result.fault !== undefined) return undefined
  const least = bestOf(bare, kind) ?? cpu
  return { cpu, over: cpu - least, ratio: least / cpu }
}

function bestOf(result: Result | undefined, kind: Kind): number | undefined {
  const rounds = result?.rounds.get(kind) ?? []
  return rounds.length === 0 ? undefined : Math.min(...rounds.map(({ cpu }) => cpu))
}
