import { median } from '../scale/numbers.js'
import type { Contender, Kind } from './contenders.js'
import type { Cost } from './costs.js'
import type { Outage } from './outage.js'
import type { Lost } from './races.js'

/** All that was measured of one contender. What is missing was not, or does not apply. */
export interface Result {
  readonly contender: Contender
  readonly costs: ReadonlyMap<Kind, Cost>
  /** Why its costs say nothing: an answer that was wrong. */
  readonly fault?: string | undefined
  readonly races?: { readonly lost: Lost; readonly revived: number } | undefined
  readonly outage?: Outage | undefined
  /** Bytes a session. */
  readonly memory?: number | undefined
}

/** What a kind of request costs beside the floor of the same rounds. */
export interface Figure {
  /** Microseconds of processor time. */
  readonly cpu: number
  /** Microseconds more than the floor. */
  readonly over: number
  /** The floor's cost divided by this one: 1 would be free. */
  readonly ratio: number
}

/** Medians of the rounds; of differences and ratios too, since the two figures of one round were measured side by side. */
export function figureOf(result: Result, kind: Kind, results: readonly Result[]): Figure | undefined {
  const cost = result.costs.get(kind)
  if (cost === undefined || result.fault !== undefined) return undefined
  const floor = results.find(({ contender }) => contender.name === result.contender.floor)?.costs.get(kind)
  const beside = cost.cpu.map((cpu, round) => ({ cpu, floor: floor?.cpu[round] ?? cpu }))
  return {
    cpu: median(cost.cpu),
    over: median(beside.map(({ cpu, floor }) => cpu - floor)),
    ratio: median(beside.map(({ cpu, floor }) => floor / cpu)),
  }
}
