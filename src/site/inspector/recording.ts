import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine, EngineFactory, Settings } from '../../lib/index.js'
import { openEngine, watchEngine } from '../../lib/internal.js'
import { type CallDetails, detailsOf } from './call-details.js'

/** One call of the engine during a request. */
export interface EngineCall extends CallDetails {
  readonly call: string
  /** Whether the engine keeps sessions in cookies, so that no store is asked. */
  readonly isInCookie?: boolean
  /** The engine's answer, in one word. */
  readonly outcome: string
  /** Milliseconds. */
  readonly took: number
}

const underWay = new AsyncLocalStorage<EngineCall[]>()

/** Runs `work`, and adds to `calls` every call of an observed engine during it. */
export function recording<Result>(calls: EngineCall[], work: () => Result): Result {
  return underWay.run(calls, work)
}

/** The engine that the settings name, observed. */
export function openObserved(settings: Settings): EngineFactory {
  return async (tools) => observe(await openEngine(settings.engine, settings, tools))
}

/** Whether the engine keeps a session in its cookie, and nothing in a store. */
export function keepsInCookie(engine: Engine): boolean {
  return engine.name === 'signed_cookies'
}

/** The same engine, but its calls are recorded wherever {@link recording} is under way. */
export function observe(engine: Engine): Engine {
  const isInCookie = keepsInCookie(engine)
  return watchEngine(engine, async (call, run, args) => {
    const calls = underWay.getStore()
    if (calls === undefined) return run(...args)
    const begun = performance.now()
    let outcome = 'unavailable'
    let details: CallDetails = {}
    try {
      const answer = await run(...args)
      outcome = outcomeOf(call, answer)
      details = detailsOf(call, args, answer)
      return answer
    } finally {
      calls.push({ call, isInCookie, outcome, took: performance.now() - begun, ...details })
    }
  })
}

/** For calls whose answer is not one word. */
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
 * The calls of the request under way. The commit adds to this list after the handler. Empty where nobody records.
 */
export function callsUnderWay(): readonly EngineCall[] {
  return underWay.getStore() ?? []
}
