import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../../lib/index.js'

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

const WATCHED = ['load', 'create', 'update', 'touch', 'rotate', 'delete', 'clearExpired']
const WATCHED_OF_PARTS = {
  index: ['load', 'evict', 'read', 'write'],
  revocations: ['revokeUser'],
} as const

/** The same engine; what a recorded request asks of it is written down. */
export function observe(engine: Engine): Engine {
  const { index, revocations } = engine
  const parts = {
    ...(index && { index: observed(index, WATCHED_OF_PARTS.index, 'index.') }),
    ...(revocations && { revocations: observed(revocations, WATCHED_OF_PARTS.revocations, 'revocations.') }),
  }
  return observed(engine, WATCHED, '', parts)
}

/** `prefix` goes before the names of the calls; `parts` stand in place of the members of those names. */
function observed<Watched extends object>(
  watched: Watched,
  calls: readonly string[],
  prefix: string,
  parts: Partial<Watched> = {},
): Watched {
  return new Proxy(watched, {
    get(target, name) {
      if (Object.hasOwn(parts, name)) return Reflect.get(parts, name)
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      const method = member.bind(target)
      return calls.includes(String(name)) ? timed(`${prefix}${String(name)}`, method) : method
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

/** What these calls answer is an id, which is nobody's business, or says nothing in a word. */
const outcomes: Readonly<Record<string, (answer: unknown) => string>> = {
  create: () => 'created',
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
