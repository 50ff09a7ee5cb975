import type { SessionContext } from './context.js'
import { endOfUsed, savedEnd } from './expiry.js'
import { recordOf } from './record.js'
import { liveIn, type SessionState } from './state.js'
import { canWait } from './upkeep.js'

/**
 * Whether the session's use makes it live longer by enough to be worth a write. With an idle timeout a session is used
 * more often than is worth remembering: what a touch gains has to be a share of it.
 */
export function touchDue(state: SessionState, context: SessionContext, now: number): boolean {
  const { saveEveryRequest, rules, touchAfter } = context
  if (saveEveryRequest) return true
  if (rules.idleTimeout === undefined || state.saved === undefined) return false
  const gain = endOf(state, context, now) - state.saved.expires
  // Less than nothing: it was written under other settings, or by a clock that was ahead (S25).
  return gain < 0 || (gain > 0 && gain >= touchAfter * rules.idleTimeout * 1000)
}

/** The end of a session that is used now and not saved. */
export function endOf(state: SessionState, context: SessionContext, now: number): number {
  return endOfUsed(state, savedEnd(state, now, context), now, context.rules)
}

/** Makes the session live longer; true if the browser's cookie has to as well. */
export async function touch(state: SessionState, context: SessionContext, now: number): Promise<boolean> {
  const { engine, rules, saveEveryRequest, logger } = context
  try {
    const { id, version, renewed, ahead } = liveIn(state)
    const { saved } = state
    // Where only an outdated id is to be replaced, its session ends when it would have.
    const isKept = saved !== undefined && !ahead && !touchDue(state, context, now)
    const expires = isKept ? saved.expires : endOf(state, context, now)
    if (saved?.user) await context.userIndex?.extend(saved.user, id, expires)
    const touched = ahead
      ? await engine.update(id, { ...recordOf(state, now, rules), savedAt: saved?.savedAt, expires }, version)
      : await engine.touch(id, expires)
    // Whoever has written it meanwhile has corrected it too.
    if (touched.kind === 'missing' || touched.kind === 'conflict') return false
    state.origin = {
      kind: 'live',
      id: touched.id,
      version: touched.kind === 'updated' ? touched.version : version,
      ...(renewed !== undefined && { renewed }),
    }
    state.saved = saved && { ...saved, expires }
    // The cookie of a session that is only used lasts as long as the last save says; the server counts the idle time.
    return (saveEveryRequest && renewed === undefined) || touched.id !== id
  } catch (error) {
    if (!canWait(error)) throw error
    logger.warn({ err: error }, 'a session could not be touched')
    return false
  }
}
