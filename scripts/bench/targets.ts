import type { Kind } from './contenders.js'
import { figureOf, type Result } from './result.js'

type Aim = Readonly<Partial<Record<Kind, number>>>

/** The cost of bare Koa divided by ours that we mean to reach. */
const targets: Readonly<Record<string, Aim>> = {
  'tessera, cache': { untouched: 0.95, read: 0.72, write: 0.55 },
  'tessera, cached_db': { untouched: 0.95, read: 0.7, write: 0.42 },
  'tessera, db': { untouched: 0.95, read: 0.58, write: 0.4 },
  'tessera, redis': { untouched: 0.95, read: 0.58, write: 0.45 },
  'tessera, signed': { untouched: 0.95, read: 0.68, write: 0.52 },
  'tessera, sealed': { untouched: 0.95, read: 0.6, write: 0.45 },
}

/** What bare Koa cost where the aims were set: microseconds. */
const FLOOR_THEN = 22

/** How much more than a `write` a `create` may cost. */
const CREATE = 1.3
/** Bytes a small session may take in `cache`. */
const BYTES = 600

/** One aim, and how near this run came. */
export interface Aimed {
  readonly name: string
  readonly what: string
  readonly target: string
  readonly ours: string
  readonly met: boolean
  /** Of a ratio: microseconds over bare Koa, what the aim left where it was set, and ours. */
  readonly over?: { readonly aim: number; readonly ours: number }
}

/** Every aim of which this run measured something. */
export function aimsOf(results: readonly Result[]): Aimed[] {
  return results.flatMap((result) => {
    const aim = targets[result.contender.name]
    return aim === undefined
      ? []
      : [...ratios(result, aim, results), ...creation(result, results), ...bytes(result)]
  })
}

function ratios(result: Result, aim: Aim, results: readonly Result[]): Aimed[] {
  return (Object.entries(aim) as [Kind, number][]).flatMap(([kind, target]) => {
    const figure = figureOf(result, kind, results)
    if (figure === undefined) return []
    const { ratio, over } = figure
    const met = Number(ratio.toFixed(2)) >= target
    const aim = aimed(result, kind, target.toFixed(2), ratio.toFixed(2), met)
    return [{ ...aim, over: { aim: FLOOR_THEN / target - FLOOR_THEN, ours: over } }]
  })
}

function creation(result: Result, results: readonly Result[]): Aimed[] {
  const [create, write] = (['create', 'write'] as const).map((kind) => figureOf(result, kind, results)?.cpu)
  if (create === undefined || write === undefined) return []
  const times = create / write
  return [aimed(result, 'create / write', `≤ ${CREATE.toFixed(2)}`, times.toFixed(2), times <= CREATE)]
}

function bytes(result: Result): Aimed[] {
  const { memory } = result
  if (memory === undefined) return []
  return [aimed(result, 'bytes a session', `< ${BYTES}`, memory.toFixed(0), memory < BYTES)]
}

function aimed({ contender }: Result, what: string, target: string, ours: string, met: boolean): Aimed {
  return { name: contender.name, what, target, ours, met }
}
