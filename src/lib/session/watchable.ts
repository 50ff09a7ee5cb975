import type { SessionContext } from './context.js'
import { ReadonlySession, readPartsOf } from './readonly-session.js'
import { contextOf, Session, stateOf } from './session.js'
import type { Watchable } from './watcher.js'

const TAKES =
  'sessions.watch() takes a session, from `await ctx.session` or `await sessions.read(req)`, and a function: watch(session, onEnd)'

/**
 * What of a session is watched.
 *
 * @throws TypeError if it cannot be: the message says what to do.
 */
export function watchableOf(session: unknown, onEnd: unknown, context: SessionContext): Watchable {
  if (typeof onEnd !== 'function') throw new TypeError(TAKES)
  const { state, owner } = partsOf(session)
  if (owner !== context)
    throw new TypeError(
      'sessions.watch() was given a session of other sessions: watch it with those that opened it',
    )
  const { origin, saved } = state
  if (origin.kind !== 'live')
    throw new TypeError(
      'this session is not stored, so there is nothing to watch: answer visitors without a session otherwise, or ' +
        '`await session.save()` first',
    )
  const isMoving = !state.isUntouched && (state.pending.rotate || state.pending.end)
  if (isMoving)
    throw new TypeError(
      'this session is about to end or to get another id: `await session.save()` first, then watch it',
    )
  return { id: origin.id, expires: saved?.expires ?? 0 }
}

function partsOf(session: unknown) {
  if (session instanceof ReadonlySession) {
    const { state, context } = readPartsOf(session)
    return { state, owner: context }
  }
  if (session instanceof Session) return { state: stateOf(session), owner: contextOf(session) }
  throw new TypeError(TAKES)
}
