/** The steps of a commit by which a session gets its first id, another one, or none any more. */

import type { SessionUser } from '../codecs/record.js'
import type { Pending } from './changes.js'
import type { SessionContext } from './context.js'
import { SessionInterrupted } from './errors.js'
import { NewId } from './new-id.js'
import type { Plan } from './plan.js'
import { recordOf } from './record.js'
import { liveIn, type SessionState } from './state.js'
import { write } from './write.js'

/** Stores the session for the first time, under an id that is drawn. */
export async function create(state: SessionState, context: SessionContext, now: number): Promise<void> {
  const { engine, rules, lifecycle } = context
  const record = recordOf(state, now, rules)
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
  const way = isRenewal ? 'renew' : 'rotate'
  const stored = await write(way, state, keep ? pending : undefined, context, now)
  if (stored === 'missing') {
    // Whoever logs in has proved who they are. That the session before has ended or moved says nothing against it.
    if (keep && !(pending.logIn && (await mayLogIn(state, from, before, context))))
      throw new SessionInterrupted()
    state.beginAnew(pending, now)
    await create(state, context, now)
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
 * Whether a log-in may begin a session in place of the one that is gone. A user who was logged in there already may do so
 * only if another request has given that session a new id, as after a double click. If that session was ended, it stays
 * ended.
 */
async function mayLogIn(
  { user }: SessionState,
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
