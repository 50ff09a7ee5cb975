import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../index.js'

/** One call of the engine on a request's way. */
export interface EngineCall {
  readonly call: string
  /** What the engine answered, in a word. */
  readonly outcome: string
  /** Milliseconds. */
  readonly took: number
}

const underWay = new AsyncLocalStorage<EngineCall[]>()

/** Runs `work` and collects in `calls` what is asked of observed engines meanwhile. */
export function recording<Result>(calls: EngineCall[], work: () => Result): Result {
  return underWay.run(calls, work)
}

const WATCHED: ReadonlySet<string | symbol> = new Set([
  'load',
  'create',
  'update',
  'touch',
  'rotate',
  'delete',
  'clearExpired',
])

/** The same engine; what a recorded request asks of it is written down. */
export function observe(engine: Engine): Engine {
  return new Proxy(engine, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const method = member.bind(target)
      return WATCHED.has(name) ? timed(String(name), method) : method
    },
  })
}

function timed(call: string, method: (...args: unknown[]) => Promise<unknown>) {
  return async (...args: unknown[]): Promise<unknown> => {
    const calls = underWay.getStore()
    if (calls === undefined) return method(...args)
    const begun = performance.now()
    let outcome = 'unavailable'
    try {
      const answer = await method(...args)
      outcome = outcomeOf(call, answer)
      return answer
    } finally {
      calls.push({ call, outcome, took: performance.now() - begun })
    }
  }
}

function outcomeOf(call: string, answer: unknown): string {
  if (call === 'create') return 'created' // the answer itself is the id, which is nobody's business
  if (typeof answer === 'object' && answer !== null && 'kind' in answer) return String(answer.kind)
  return String(answer)
}

/**
 * What the request under way has asked of observed engines. The list is still being written: its commit comes after the
 * handler. Empty while nobody records.
 */
export function callsUnderWay(): readonly EngineCall[] {
  return underWay.getStore() ?? []
}
