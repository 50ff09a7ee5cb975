import type { Origin } from './state.js'

/** What a commit does: one step, decided here and nowhere else. */
export type Step =
  | { readonly do: 'nothing' }
  /** There is no such session: the cookie is removed. */
  | { readonly do: 'forget' }
  | { readonly do: 'create' }
  | { readonly do: 'update' }
  | { readonly do: 'touch' }
  | { readonly do: 'delete' }
  /**
   * `keep`: the same session under a new id. Otherwise another session, begun after `flush()`, in its place.
   * `isRenewal`: no handler asked for the new id, and the old one goes on working for the grace.
   */
  | { readonly do: 'rotate'; readonly keep: boolean; readonly isRenewal: boolean }
  /** A session that was only read gets a new id, as `RENEW_AFTER` says. */
  | { readonly do: 'renew' }
  /** The new id of a renewal has come for the first time: the grace of the old one begins. */
  | { readonly do: 'acknowledge' }
  /** The session ended or moved meanwhile: what was changed is refused. */
  | { readonly do: 'refuse' }

/** What the request did, and how it ended. */
export interface Situation {
  readonly origin: Origin['kind']
  /** `flush()` */
  readonly end: boolean
  /** `cycleKey()` */
  readonly rotate: boolean
  /** `login()` */
  readonly logIn: boolean
  /** There is something to be written: it was modified, is to be rotated, or somebody called `save()`. */
  readonly writes: boolean
  readonly modified: boolean
  /** Neither id nor anything to store. */
  readonly isEmpty: boolean
  /** The session's own expiry is a moment that has passed: what would be written could never be read. */
  readonly isOver: boolean
  /** `save()` was called, so there is something to be written even if nothing was changed. */
  readonly explicit: boolean
  /** The response is a 500 or above. */
  readonly failed: boolean
  /** Its use makes it live longer, by enough to be worth a write; or its id is to be replaced. */
  readonly touchDue: boolean
  /** Its id is old, and the answer can bear another one. */
  readonly renewDue: boolean
  /** The id is that of a renewal, and nobody has come with it before. */
  readonly isFirstUse: boolean
  /** The response has begun: no cookie can be sent any more. */
  readonly tooLate: boolean
  /** The connection is gone: no cookie will arrive. */
  readonly gone: boolean
  /** The cookie itself holds the session (the engine cannot revoke): only a new cookie changes or ends it. */
  readonly inCookie: boolean
}

export type Plan = Step | { readonly do: 'too late' }

/**
 * Priority: delete > rotate > write > touch. A failed response saves and rotates nothing, but a `flush()` still ends
 * the session: whoever pressed "log out" is logged out.
 */
export function plan(situation: Situation): Plan {
  const step = stepOf(situation)
  return isTooLate(step, situation) ? { do: 'too late' } : step
}

/**
 * A new id has to reach the browser. An update need not, if somebody who streams asked for it by `save()`, nor a
 * delete; unless the session is in the cookie, for then the browser would keep what it has.
 */
function isTooLate(step: Step, { tooLate, gone, explicit, inCookie }: Situation): boolean {
  switch (step.do) {
    case 'create':
    case 'rotate':
      return tooLate || gone
    case 'update':
      return inCookie ? tooLate || gone : tooLate && !explicit
    case 'delete':
      return inCookie && (tooLate || gone)
    default:
      return false
  }
}

function stepOf(situation: Situation): Step {
  switch (situation.origin) {
    case 'live':
      return situation.end ? stepAfterFlush(situation) : stepForLive(situation)
    case 'superseded':
      return stepForSuperseded(situation)
    case 'unknown':
      return isCreation(situation) ? { do: 'create' } : { do: 'forget' }
    case 'new':
      return isCreation(situation) ? { do: 'create' } : { do: 'nothing' }
  }
}

/**
 * The data lives on under another id, and what was changed here would be lost: refused. A log-in, or what was set after a
 * `flush()`, begins a session of its own.
 */
function stepForSuperseded(situation: Situation): Step {
  if (situation.failed || !situation.writes) return { do: 'nothing' }
  const begins = (situation.logIn || situation.end) && isCreation(situation)
  return begins ? { do: 'create' } : { do: 'refuse' }
}

function stepForLive(situation: Situation): Step {
  if (situation.failed) return { do: 'nothing' }
  if (situation.writes) {
    if (situation.isOver) return { do: 'delete' }
    if (situation.rotate) return { do: 'rotate', keep: true, isRenewal: false }
    return situation.renewDue ? { do: 'rotate', keep: true, isRenewal: true } : { do: 'update' }
  }
  if (situation.renewDue) return { do: 'renew' }
  if (situation.isFirstUse) return { do: 'acknowledge' }
  // Where the session is in the cookie, a touch is a new cookie.
  const canTouch = situation.touchDue && !(situation.inCookie && (situation.tooLate || situation.gone))
  return canTouch ? { do: 'touch' } : { do: 'nothing' }
}

/**
 * A session that is begun in the place of another takes its place by `rotate` rather than by `delete` and `create`:
 * one step instead of two, and requests under way with the old id find its tombstone.
 */
function stepAfterFlush(situation: Situation): Step {
  return isCreation(situation) ? { do: 'rotate', keep: false, isRenewal: false } : { do: 'delete' }
}

function isCreation({ failed, isOver, isEmpty, modified, rotate, explicit, end }: Situation): boolean {
  if (failed || isOver) return false
  return rotate || (modified && !isEmpty) || (explicit && !end)
}
