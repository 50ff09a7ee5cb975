import { EngineUnavailable } from '../engines/errors.js'
import { commitChannel, isHeard, trace } from '../tracing.js'
import type { Pending } from './changes.js'
import type { SessionContext } from './context.js'
import { SessionContended, SessionInterrupted, SessionTooLate, TooManySessions } from './errors.js'
import { expiryTime } from './expiry.js'
import { create, end, rotate } from './identity.js'
import { type Plan, plan } from './plan.js'
import { recordOf } from './record.js'
import { acknowledge, isFirstUse, renew, renewDue } from './renewal.js'
import type { SessionState } from './state.js'
import { touch, touchDue } from './touch.js'
import { write } from './write.js'

/** How the request ended. */
export interface Ending {
  /** The response is a 500 or above. */
  readonly failed: boolean
  /** The response has begun. */
  readonly tooLate: boolean
  /** The connection is gone: nobody will receive a cookie. */
  readonly gone: boolean
  /** It was `save()` that asked. */
  readonly explicit: boolean
}

/** What the browser is to be told. */
export interface Verdict {
  readonly cookie: 'leave' | 'send' | 'remove'
  /** The one reading of the clock that the whole commit went by: milliseconds since 1970. */
  readonly now: number
}

/**
 * Carries out everything that a request did to its session, in one place and at most once. Answers `undefined` where
 * there is nothing to do.
 *
 * @throws SessionInterrupted if the session ended or moved meanwhile; nothing was written then.
 * @throws SessionContended if others were faster every time.
 * @throws TooManySessions if a user logged in for whom it is one too many; nothing was written then.
 * @throws EngineUnavailable if the store does not answer.
 * @throws UnsupportedValue if there is something that JSON does not hold; nothing was written then.
 */
export function commit(
  state: SessionState,
  context: SessionContext,
  ending: Ending,
): Promise<Verdict> | undefined {
  if (!noticeNestedChanges(state, ending)) return undefined
  const { reported } = state.pending
  if (!ending.explicit && reported !== undefined && !mayPass(reported)) return undefined
  const now = context.clock()
  const step = planFor(state, context, ending, now)
  if (step.do !== 'nothing') {
    // Whoever traces runs code of their own in between.
    return isHeard(commitChannel)
      ? traced(step, state, context, ending, now)
      : state.whileNobodyChanges(() => carryOutOrGiveBack(step, state, context, ending, now))
  }
  state.dropPending()
  return undefined
}

function traced(
  ...[step, state, context, ending, now]: Parameters<typeof carryOutOrGiveBack>
): Promise<Verdict> {
  return trace(commitChannel, {
    engine: context.engine.name,
    operation: step.do,
    run: () => carryOutOrGiveBack(step, state, context, ending, now),
    outcomeOf: ({ cookie }) => cookie,
    secrets: () => ('id' in state.origin ? [state.origin.id] : []),
  })
}

/** False if there is what JSON does not hold, as `save()` has said before. */
function noticeNestedChanges(state: SessionState, { explicit }: Ending): boolean {
  try {
    state.noticeNestedChanges()
    state.isSavedEarly = explicit
    if (explicit) state.trackOnwards()
    return true
  } catch (error) {
    if (!explicit && String(error) === String(state.pending.reported)) return false
    if (explicit) state.pending.reported = error
    throw error
  }
}

/** Whether the commit at the end may succeed where `save()` has failed: a store that did not answer then may answer now. */
function mayPass(reported: unknown): boolean {
  return reported instanceof EngineUnavailable || reported instanceof SessionContended
}

async function carryOutOrGiveBack(
  step: Exclude<Plan, { do: 'nothing' }>,
  state: SessionState,
  context: SessionContext,
  ending: Ending,
  now: number,
): Promise<Verdict> {
  const pending = state.takePending()
  try {
    const own = ending.explicit ? { ...pending, changes: pending.changes.copied() } : pending
    const cookie = await carryOut(step, state, own, context, ending, now)
    if (ending.explicit) state.trackedIsStored()
    const { origin, saved } = state
    if (pending.logIn && saved?.user && origin.kind === 'live')
      context.lifecycle.loggedIn(origin.id, saved.user.id)
    return { cookie, now }
  } catch (error) {
    // A refused log-in is not tried again at the end of the request: the handler answers as it likes.
    if (error instanceof TooManySessions) {
      state.restore(now)
      if (context.nestedChanges === 'ignore') await forgetNestedChanges(state, context)
    } else {
      const isTold = pending.reported !== undefined
      if (ending.explicit) pending.reported = error
      state.giveBack(pending)
      if (!ending.explicit) state.restartTracking()
      if (isTold && !ending.explicit) return { cookie: 'leave', now }
    }
    if (error instanceof SessionInterrupted && !state.isInterrupted) {
      state.isInterrupted = true
      context.lifecycle.interrupted('id' in state.origin ? state.origin.id : undefined)
    }
    throw error
  }
}

/**
 * Takes the data from the store again. Where changes in place are ignored, nobody knows how the values were that a handler
 * has been given.
 */
async function forgetNestedChanges(state: SessionState, { engine }: SessionContext): Promise<void> {
  if (state.origin.kind !== 'live') return
  const loaded = await engine.load(state.origin.id)
  if (loaded.kind !== 'found') return
  state.origin = { ...state.origin, version: loaded.version }
  state.saved = loaded.record
  state.adopt(loaded.record)
}

const MOVES: ReadonlySet<Plan['do']> = new Set(['create', 'rotate', 'renew', 'delete', 'forget'])

/** Whether the session, were it committed now, would get another id, its first one, or none any more. */
export function isMoving(state: SessionState, context: SessionContext): boolean {
  const ending = { failed: false, tooLate: false, gone: false, explicit: false }
  const { do: step } = planFor(state, context, ending, context.clock())
  return MOVES.has(step)
}

function planFor(state: SessionState, context: SessionContext, ending: Ending, now: number): Plan {
  const { end, rotate, logIn, modified } = state.pending
  const { origin } = state
  const isLive = origin.kind === 'live'
  const isToBeRewritten = isLive && (origin.outdated || origin.ahead) === true
  const { failed, tooLate, gone, explicit } = ending
  // Not spread: on Node 20 that costs as much as storing the session does.
  return plan({
    failed,
    tooLate,
    gone,
    explicit,
    origin: origin.kind,
    end,
    rotate,
    logIn,
    modified,
    writes: modified || rotate || explicit,
    isEmpty: (!isLive || end) && state.isEmpty,
    isOver: expiryTime(state.expiry, now, context.rules) <= now,
    touchDue: isToBeRewritten || (context.needsUpkeep && touchDue(state, context, now)),
    // No handler asked for a renewal, so it waits for a request that can still send the cookie.
    renewDue: context.needsUpkeep && !tooLate && !gone && renewDue(state, context, now),
    isFirstUse: isLive && isFirstUse(state, origin.renewed),
    inCookie: !context.engine.capabilities.revocable,
  })
}

async function carryOut(
  step: Exclude<Plan, { do: 'nothing' }>,
  state: SessionState,
  pending: Pending,
  context: SessionContext,
  ending: Ending,
  now: number,
): Promise<Verdict['cookie']> {
  switch (step.do) {
    case 'forget':
      return 'remove'
    case 'refuse':
      throw new SessionInterrupted()
    case 'too late':
      throw new SessionTooLate(ending.gone && !ending.tooLate)
    case 'create':
      await create(recordOf(state, now, context.rules), state, context)
      return 'send'
    case 'delete':
      return end(state, pending, context, ending.failed)
    case 'touch':
      return (await touch(state, context, now)) ? 'send' : 'leave'
    case 'update':
      if ((await write('update', state, pending, context, now)) === 'missing') throw new SessionInterrupted()
      return cookieFor(state)
    case 'rotate':
      await rotate(step, state, pending, context, now)
      return cookieFor(state)
    case 'acknowledge':
      await acknowledge(state, context, now)
      return 'leave'
    case 'renew':
      return (await renew(state, context, now)) ? 'send' : 'leave'
  }
}

/** Where another request renewed the id, its answer has the newer cookie. */
function cookieFor({ origin }: SessionState): Verdict['cookie'] {
  return origin.kind === 'live' && origin.renewed !== undefined ? 'leave' : 'send'
}
