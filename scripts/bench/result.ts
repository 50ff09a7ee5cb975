import { median, quantile } from '../measure/numbers.js'
import type { Kind } from '../measure/population.js'
import type { Contender } from './contenders.js'
import type { Correctness } from './correctness.js'
import type { PairedCosts, PairedRound } from './pairs.js'

/** All that was measured of one contender. What is missing was not measured, or does not apply. */
export interface Result extends PairedCosts, Correctness {
  readonly contender: Contender
}

/** What one version of Node took for everything. */
export interface Run {
  /** Such as `Node 24`. */
  readonly title: string
  readonly results: readonly Result[]
}

/** What a kind of request costs, compared with the bare framework. */
export interface Figure {
  /** Microseconds of processor time in the best round: what else a machine does can only add to what a request costs. */
  readonly cpu: number
  /** Of these, what the best round of the bare framework does not cost. */
  readonly over: number
  /** The median of what each round cost over the bare framework's turns beside it. */
  readonly paired: number
  /** The median of the pairs' ratios: what it costs as a multiple of the bare framework. 1 would be free. */
  readonly ratio: number
}

export function figureOf(result: Result, kind: Kind, results: readonly Result[]): Figure | undefined {
  const bare = results.find(({ contender }) => contender.name === result.contender.bare)
  const cpu = bestOf(result, kind)
  if (cpu === undefined || result.fault !== undefined) return undefined
  const pairs = (result.rounds.get(kind) ?? []).flatMap(pairsIn)
  const [over, ratios] = [pairs.map(([own, its]) => own - its), pairs.map(([own, its]) => own / its)]
  return {
    cpu,
    over: cpu - (bestOf(bare, kind) ?? cpu),
    paired: pairs.length === 0 ? 0 : median(over),
    ratio: pairs.length === 0 ? 1 : median(ratios),
  }
}

/** The same of the contender called `name`. */
export function figureNamed(name: string, kind: Kind, results: readonly Result[]): Figure | undefined {
  const result = results.find(({ contender }) => contender.name === name)
  return result && figureOf(result, kind, results)
}

/**
 * How noisy the machine was: by how much the bare frameworks' turns differ, the middle eight tenths of them, as a share of
 * the median.
 */
export function noiseOf(results: readonly Result[]): number {
  const spreads = results
    .filter(({ contender }) => contender.bare === undefined)
    .flatMap(({ rounds }) => [...rounds.values()])
    .map((turns) => turns.map(({ cpu }) => cpu))
    .filter((turns) => turns.length > 2)
    .map((turns) => (quantile(turns, 0.9) - quantile(turns, 0.1)) / median(turns))
  return median(spreads)
}

function pairsIn({ cpu, bare }: PairedRound): (readonly [number, number])[] {
  return bare.map((its) => [cpu, its] as const)
}

function bestOf(result: Result | undefined, kind: Kind): number | undefined {
  const rounds = result?.rounds.get(kind) ?? []
  return rounds.length === 0 ? undefined : Math.min(...rounds.map(({ cpu }) => cpu))
}
