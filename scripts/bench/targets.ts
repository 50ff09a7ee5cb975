import { type Kind, kinds } from '../measure/population.js'
import { figureOf, type Result } from './result.js'

/** What we mean to reach: the cost of bare Koa divided by ours. */
const targets: Readonly<Record<string, Readonly<Partial<Record<Kind, number>>>>> = {
  'tessera, cache': { untouched: 0.95, read: 0.72, write: 0.55 },
  'tessera, cached_db': { untouched: 0.95, read: 0.7, write: 0.42 },
  'tessera, db': { untouched: 0.95, read: 0.58, write: 0.4 },
  'tessera, redis': { untouched: 0.95, read: 0.58, write: 0.45 },
  'tessera, signed': { untouched: 0.95, read: 0.68, write: 0.52 },
  'tessera, sealed': { untouched: 0.95, read: 0.6, write: 0.45 },
}

/** What bare Koa cost where the targets were set: microseconds. */
const BARE_THEN = 22
/** How many times as much as a `write` a `create` may cost. */
const CREATE = 1.3
/** Bytes that a small session may take in `cache`. */
const BYTES = 600

/** The cells of a row for each target of which this run measured something. */
export function targetRows(results: readonly Result[]): string[][] {
  return results.flatMap((result) => {
    const target = targets[result.contender.name]
    if (target === undefined) return []
    const row = (what: string, goal: string, ours: string, isMet: boolean, over = ['', '']): string[] => [
      ...[result.contender.name, what, goal, ours, isMet ? 'met' : 'missed'],
      ...over,
    ]
    const rows = kinds.flatMap((kind) => {
      const [goal, figure] = [target[kind], figureOf(result, kind, results)]
      if (goal === undefined || figure === undefined) return []
      const ratio = figure.ratio.toFixed(2)
      const over = [(BARE_THEN / goal - BARE_THEN).toFixed(1), figure.over.toFixed(1)]
      return [row(kind, goal.toFixed(2), ratio, Number(ratio) >= goal, over)]
    })
    const [create, write] = (['create', 'write'] as const).map((kind) => figureOf(result, kind, results))
    const times = create && write && create.cpu / write.cpu
    if (times !== undefined)
      rows.push(row('create / write', `≤ ${CREATE}`, times.toFixed(2), times <= CREATE))
    const { memory } = result
    if (memory !== undefined) {
      rows.push(row('bytes a session', `< ${BYTES}`, memory.toFixed(0), memory < BYTES))
    }
    return rows
  })
}
