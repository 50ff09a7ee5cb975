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

/** What a kind of request costs beside its floor. */
export interface Figure {
  /** Microseconds of processor time. */
  readonly cpu: number
  /** Microseconds more than the floor. */
  readonly over: number
  /** The floor's cost divided by this one: 1 would be free. */
  readonly ratio: number
}

/**
 * Of the best rounds, the floor's and this one's: what else a machine does can only add to what a request costs, and on a
 * shared one it comes and goes within seconds.
 */
export function figureOf(result: Result, kind: Kind, results: readonly Result[]): Figure | undefined {
  const cost = result.costs.get(kind)
  if (cost === undefined || result.fault !== undefined) return undefined
  const floors = results.find(({ contender }) => contender.name === result.contender.floor)?.costs.get(kind)
  const cpu = Math.min(...cost.cpu)
  const floor = floors === undefined ? cpu : Math.min(...floors.cpu)
  return { cpu, over: cpu - floor, ratio: floor / cpu }
}
