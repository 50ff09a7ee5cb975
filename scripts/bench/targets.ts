import type { Kind } from '../measure/population.js'
import { figureNamed, figureOf, type Result, type Run } from './result.js'

type Multiples = Readonly<Partial<Record<Kind, number>>>

/** What a contender may cost over its bare framework, as a multiple of what a peer costs over its own. */
interface Goal extends Multiples {
  readonly of: string
}

const MINIMAL = 'koa-session-minimal'
const SECURE = 'fastify-secure-session'

const goals: Readonly<Record<string, readonly Goal[]>> = {
  'tessera, cache': [{ of: MINIMAL, read: 1.1, write: 1.3 }],
  'tessera, cached_db': [
    { of: MINIMAL, read: 1.2 },
    { of: 'tessera, db', write: 1 },
  ],
  'tessera, db': [{ of: MINIMAL, read: 1.6, write: 2.2 }],
  'tessera, file': [{ of: MINIMAL, read: 12, write: 20 }],
  'tessera, redis': [{ of: MINIMAL, read: 2.4, write: 2 }],
  'tessera, signed': [{ of: SECURE, read: 1.3, write: 1.2 }],
  'tessera, sealed': [{ of: SECURE, read: 1.8, write: 1.5 }],
}

/** Where Node has no SQLite of its own. */
const withoutSqlite: Goal = { of: MINIMAL, read: 2.4, write: 3.6 }

/** A request that does not ask for its session: of bare Koa. */
const UNTOUCHED = 1.03
/** How many times as much as a `write` a `create` may cost. */
const CREATE = 1.3
/** Bytes that a small session may take in `cache`. */
const BYTES = 600

/** Whether a goal is about it, or measured by it. */
export function hasGoal(name: string): boolean {
  return goals[name] !== undefined || name === MINIMAL || name === SECURE
}

/** The cells of a row for each goal of which this run measured something. */
export function targetRows({ title, results }: Run): string[][] {
  return results.flatMap((result) => {
    const { name } = result.contender
    if (goals[name] === undefined) return []
    const row = (what: string, of: string, goal: number, ours: number, best = ''): string[] => [
      ...[`${name}, ${what}`, of, `≤ ${goal}`, ours >= 10 ? ours.toFixed(1) : ours.toFixed(2), best],
      // What is shown is what counts.
      Number(ours.toFixed(2)) <= goal ? 'met' : 'missed',
    ]
    const isOld = name === 'tessera, db' && title === 'Node 20'
    const rows = (isOld ? [withoutSqlite] : goals[name]).flatMap((goal) =>
      multiples(result, goal, results, row),
    )
    const untouched = figureOf(result, 'untouched', results)
    if (untouched) rows.unshift(row('untouched', 'bare koa', UNTOUCHED, untouched.ratio))
    const [create, write] = (['create', 'write'] as const).map((kind) => figureOf(result, kind, results))
    if (create && write) rows.push(row('create', 'its own write', CREATE, create.cpu / write.cpu))
    const { memory } = result
    if (memory !== undefined) {
      const bytes = memory.toFixed(0)
      rows.push([`${name}, bytes a session`, '', `< ${BYTES}`, bytes, '', memory < BYTES ? 'met' : 'missed'])
    }
    return rows
  })
}

function multiples(
  result: Result,
  goal: Goal,
  results: readonly Result[],
  row: (what: string, of: string, goal: number, ours: number, best: string) => string[],
): string[][] {
  return (['read', 'write'] as const).flatMap((kind) => {
    const multiple = goal[kind]
    const [own, its] = [figureOf(result, kind, results), figureNamed(goal.of, kind, results)]
    if (multiple === undefined || own === undefined || its === undefined) return []
    return [row(kind, goal.of, multiple, own.paired / its.paired, (own.over / its.over).toFixed(2))]
  })
}
