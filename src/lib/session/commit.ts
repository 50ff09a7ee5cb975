import { leaving, moving } from '../users/on-the-way.js'
import type { SessionContext } from './context.js'
import { SessionInterrupted, SessionTooLate, TooManySessions } from './errors.js'
import { expiryTime } from './expiry.js'
import type { Pending } from './pending.js'
import { type Plan, plan } from './plan.js'
import { graceOf, renew, renewDue } from './renewal.js'
import { liveIn, type SessionState } from './state.js'
import { touch, touchDue } from './touch.js'
import { write } from './write.js'

/** How the request ended. */
export interface Ending {
  /** The response is a 500 or above. */
  readonly failed: boolean
  /** The response has begun. */
  readonly tooLate: boolean
  /** It was `save()` that asked. */
  readonly explicit: boolean
}

/** What the browser is to be told. */
export type Verdict = 'nothing' | 'send the cookie' | 'remove the cookie'

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
  state.noticeNestedChanges()
  const now = context.clock()
  const step = planFor(state, context, ending, now)
  if (step.do !== 'nothing') return carryOutOrGiveBack(step, state, context, ending, now)
  state.dropPending()
  return undefined
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
    return await carryOut(step, state, pending, context, ending, now)
  } catch (error) {
    // A log-in that is refused leaves nothing to be tried again: the handler may answer otherwise.
    if (error instanceof TooManySessions) state.restore(now)
    else state.giveBack(pending)
    if (error instanceof SessionInterrupted && !state.isInterrupted) {
      state.isInterrupted = true
      context.lifecycle.interrupted('id' in state.origin ? state.origin.id : undefined)
    }
    throw error
  }
}

const MOVES: ReadonlySet<Plan['do']> = new Set(['create', 'rotate', 'renew', 'delete', 'forget'])

/** Whether the session, were it committed now, would get another id, its first one, or none any more. */
export function isMoving(state: SessionState, context: SessionContext): boolean {
  const ending = { failed: false, tooLate: false, explicit: false }
  const { do: step } = planFor(state, context, ending, context.clock())
  return MOVES.has(step)
}

function planFor(state: SessionState, context: SessionContext, ending: Ending, now: number): Plan {
  const { end, rotate, modified } = state.pending
  return plan({
    failed: ending.failed,
    tooLate: ending.tooLate,
    explicit: ending.explicit,
    origin: state.origin.kind,
    end,
    rotate,
    modified,
    isEmpty: state.isEmpty,
    isOver: expiryTime(state.expiry, now, context.rules) <= now,
    touchDue: touchDue(state, context, now),
    renewDue: renewDue(state, context, now),
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
): Promise<Verdict> {
  switch (step.do) {
    case 'forget':
      return 'remove the cookie'
    case 'refuse':
      throw new SessionInterrupted()
    case 'too late':
      throw new SessionTooLate()
    case 'create':
      return create(state, context, now)
    case 'delete':
      return end(state, pending, context, ending)
    case 'touch':
      return (await touch(state, context, now)) ? 'send the cookie' : 'nothing'
    case 'update':
      await write({ verb: 'update' }, state, pending, context, now)
      return cookieFor(state)
    case 'rotate':
      return rotate(state, step.keep ? pending : undefined, context, now, step.grace)
    case 'renew':
      return (await renew(state, context, now)) ? 'send the cookie' : 'nothing'
  }
}

/** Where another request renewed the id, its answer has the newer cookie. */
function cookieFor({ origin }: SessionState): Verdict {
  return origin.kind === 'live' && origin.renewed ? 'nothing' : 'send the cookie'
}

async function create(state: SessionState, context: SessionContext, now: number): Promise<Verdict> {
  const { engine, rules, lifecycle } = context
  const record = state.toRecord(now, rules)
  const id = await moving(context, { record }, (announce) => engine.create(record, announce))
  state.origin = { kind: 'live', id, version: 1 }
  state.stored(record)
  lifecycle.created(id)
  return 'send the cookie'
}

/**
 * `merge`: of a session that goes on, as in `write`. Without it another one begins in its place. `isRenewal`: nobody asked
 * for it, and another request may have been quicker.
 */
async function rotate(
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
  isRenewal: boolean,
): Promise<Verdict> {
  const { lifecycle } = context
  const { id: from } = liveIn(state)
  const before = state.saved?.user
  const grace = isRenewal ? graceOf(context) : undefined
  await write({ verb: 'rotate', grace }, state, merge, context, now)
  if (before?.handle !== state.saved?.user?.handle) await leaving(context, before)
  const { id: to } = liveIn(state)
  if (merge === undefined) {
    lifecycle.loggedOut(from)
    lifecycle.created(to)
  } else if (to !== from) {
    lifecycle.renewed(from, to)
  }
  return cookieFor(state)
}

async function end(
  state: SessionState,
  pending: Pending,
  context: SessionContext,
  { failed }: Ending,
): Promise<Verdict> {
  const { engine, lifecycle } = context
  const { id } = liveIn(state)
  const before = state.saved?.user
  const ended = await engine.delete(id)
  // The session goes on under an id that somebody logged in with meanwhile: "you are logged out" would be a lie.
  if (ended === 'superseded' && !failed) throw new SessionInterrupted()
  state.origin = { kind: 'unknown' }
  state.saved = undefined
  if (ended === 'deleted') {
    await leaving(context, before)
    if (pending.end) lifecycle.loggedOut(id)
    else lifecycle.expired(id, 'own')
  }
  // Somebody else ended it, and may have given the browser a newer session since.
  return ended === 'deleted' ? 'remove the cookie' : 'nothing'
}
