/** The steps of a commit by which a session gets its first id, another one, or none any more. */

import type { SessionRecord, SessionUser } from '../codecs/record.js'
import { newHandle } from '../users/log-in.js'
import type { Pending } from './changes.js'
import type { SessionContext } from './context.js'
import { SessionInterrupted } from './errors.js'
import { NewId } from './new-id.js'
import type { Plan } from './plan.js'
import { recordOf } from './record.js'
import { liveIn, type SessionState } from './state.js'
import { write } from './write.js'

/** Stores the session for the first time, under an id that is drawn. `record`: what it held when the commit began. */
export async function create(
  record: SessionRecord,
  state: SessionState,
  context: SessionContext,
): Promise<void> {
  const { engine, lifecycle } = context
  const newId = new NewId(context, { record })
  try {
    const { id, version } = await newId.store((drawn) => engine.create(drawn, record))
    await newId.arrived()
    state.origin = { kind: 'live', id, version }
    state.stored(record)
    lifecycle.created(id)
  } catch (error) {
    await newId.failed(error)
    throw error
  }
}

/**
 * `keep`: the same session under a new id. Otherwise another one begins in its place. `isRenewal`: nobody asked for it,
 * and another request may have been quicker.
 */
export async function rotate(
  { keep, isRenewal }: Extract<Plan, { do: 'rotate' }>,
  state: SessionState,
  pending: Pending,
  context: SessionContext,
  now: number,
): Promise<void> {
  const { lifecycle, userIndex } = context
  const { id: from } = liveIn(state)
  const before = state.saved?.user
  // Of this commit. A handler that does not wait for `save()` may change the state's meanwhile.
  const { user, expiry } = state
  const way = isRenewal ? 'renew' : 'rotate'
  const stored = await write(way, state, keep ? pending : undefined, context, now)
  if (stored === 'missing') {
    // Whoever logs in has proved who they are. That the session before has ended or moved says nothing against it.
    if (keep && !(pending.logIn && (await mayLogIn(user, from, before, context))))
      throw new SessionInterrupted()
    const record = recordAnew({ pending, before, user, expiry }, now, context)
    state.beginAnew(record)
    await create(record, state, context)
    return
  }
  if (before && before.handle !== state.saved?.user?.handle) await userIndex?.remove(before)
  const { id: to } = liveIn(state)
  if (!keep) {
    lifecycle.loggedOut(from)
    lifecycle.created(to)
  } else if (to !== from) {
    lifecycle.renewed(from, to)
  }
}

/**
 * The record of another session in the place of one that has ended or moved, for a log-in or for what was set after a
 * `flush()`. It holds what the commit was to carry out, and nothing of the one before.
 */
function recordAnew(
  { pending, before, user, expiry }: Anew,
  now: number,
  { rules }: SessionContext,
): SessionRecord {
  // The log-in that is proven again may go on in another session. A log-out there must not remove this one from the user's
  // list, so this one gets a handle of its own.
  const isProvenAgain = user !== undefined && user.handle === before?.handle
  const parts = {
    data: pending.changes.applyTo(new Map()),
    createdAt: now,
    expiry: pending.expiryChanged ? expiry : undefined,
    user: isProvenAgain ? { ...user, handle: newHandle() } : user,
    renewedAt: undefined,
    renewal: undefined,
  }
  return recordOf(parts, now, rules)
}

interface Anew extends Pick<SessionRecord, 'user' | 'expiry'> {
  readonly pending: Pending
  /** Who was logged in before. */
  readonly before: SessionUser | undefined
}

/**
 * Whether a log-in may begin a session in place of the one that is gone. A user who was logged in there already may do so
 * only if another request has given that session a new id, as after a double click. If that session was ended, it stays
 * ended.
 */
async function mayLogIn(
  user: SessionUser | undefined,
  id: string,
  before: SessionUser | undefined,
  { engine, userIndex }: SessionContext,
): Promise<boolean> {
  if (before === undefined || before.handle !== user?.handle) return true
  if ((await engine.load(id)).kind !== 'superseded') return false
  return (await userIndex?.isListed(before)) ?? false
}

/** Answers what becomes of the cookie. `failed`: the response is a 500 or above. */
export async function end(
  state: SessionState,
  pending: Pending,
  { engine, lifecycle, userIndex }: SessionContext,
  failed: boolean,
): Promise<'leave' | 'remove'> {
  const { id } = liveIn(state)
  const before = state.saved?.user
  const ended = await engine.delete(id)
  // The session goes on under an id that somebody logged in with meanwhile: "you are logged out" would be a lie.
  if (ended === 'superseded' && !failed) throw new SessionInterrupted()
  state.origin = { kind: 'unknown' }
  state.saved = undefined
  // Somebody else ended it, and may have given the browser a newer session since.
  if (ended !== 'deleted') return 'leave'
  if (before) await userIndex?.remove(before)
  if (pending.end) lifecycle.loggedOut(id)
  else lifecycle.expired(id, 'own')
  return 'remove'
}
