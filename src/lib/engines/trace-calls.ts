import { engineChannel, isHeard, trace } from '../tracing.js'
import type { Around } from './watch-engine.js'

/** The same way around the calls of an engine, which publishes each call to `koa-tessera:engine` while somebody listens. */
export function traceCalls(engine: string, around: Around): Around {
  return (call, run, args) => {
    if (!isHeard(engineChannel)) return around(call, run, args)
    return trace(engineChannel, {
      engine,
      operation: call,
      run: () => around(call, run, args),
      outcomeOf,
      secrets: () => idsIn(args[0]),
    })
  }
}

/** What calls answer in words. An answer that is none of them may be an id. */
const OUTCOMES: ReadonlySet<unknown> = new Set([
  ...['found', 'missing', 'superseded', 'created', 'taken', 'updated', 'conflict', 'touched', 'deleted'],
])

function outcomeOf(answer: unknown): string {
  const outcome = typeof answer === 'object' && answer !== null && 'kind' in answer ? answer.kind : answer
  if (outcome === false) return 'conflict'
  return typeof outcome === 'string' && OUTCOMES.has(outcome) ? outcome : 'done'
}

/** The first argument of a call is an id, or a rotation with two. */
export function idsIn(asked: unknown): readonly string[] {
  if (typeof asked === 'string') return asked === '' ? [] : [asked]
  if (typeof asked !== 'object' || asked === null) return []
  return [Reflect.get(asked, 'id'), Reflect.get(asked, 'to')].flatMap(idsIn)
}
