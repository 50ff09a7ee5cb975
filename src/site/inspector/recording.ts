import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../../lib/index.js'
import { watchEngine } from '../../lib/internal.js'

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

/** The same engine; what a recorded request asks of it is written down. */
export function observe(engine: Engine): Engine {
  return watchEngine(engine, async (call, run, args) => {
    const calls = underWay.getStore()
    if (calls === undefined) return run(...args)
    const begun = performance.now()
    let outcome = 'unavailable'
    try {
      const answer = await run(...args)
      outcome = outcomeOf(call, answer)
      return answer
    } finally {
      calls.push({ call, outcome, took: performance.now() - begun })
    }
  })
}

/** What these calls answer is an id, which is nobody's business, or says nothing in a word. */
const outcomes: Readonly<Record<string, (answer: unknown) => string>> = {
  'revocations.revokeUser': () => 'revoked',
  'index.read': (list) => (list === undefined ? 'missing' : 'found'),
  'index.write': (isWritten) => (isWritten === true ? 'written' : 'conflict'),
}

function outcomeOf(call: string, answer: unknown): string {
  const known = outcomes[call]
  if (known !== undefined) return known(answer)
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
