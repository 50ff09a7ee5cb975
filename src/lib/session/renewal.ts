import { EngineUnavailable } from '../engines/errors.js'
import type { SessionContext } from './context.js'
import { SessionContended, SessionInterrupted } from './errors.js'
import { NewId } from './new-id.js'
import { recordOf } from './record.js'
import { liveIn, type SessionState } from './state.js'
import { endOf } from './touch.js'

/** How long the old id still works, in milliseconds: never longer than until the next renewal is due. */
export function graceOf({ renewal: { renewAfter, renewGrace } }: SessionContext): number {
  return Math.min(renewGrace, renewAfter ?? renewGrace) * 1000
}

/** Whether it is time for a new id (S24). Where the cookie is the session there is no id to renew. */
export function renewDue(
  { origin, renewedAt, createdAt }: SessionState,
  { renewal: { renewAfter }, engine }: SessionContext,
  now: number,
): boolean {
  if (renewAfter === undefined || origin.kind !== 'live' || origin.renewed) return false
  return engine.capabilities.revocable && now - (renewedAt ?? createdAt) >= renewAfter * 1000
}

/**
 * Gives a session that was only read a new id; true if the browser is to be told. Of several requests one does so, and
 * the others have nothing to say.
 */
export async function renew(state: SessionState, context: SessionContext, now: number): Promise<boolean> {
  const { engine, logger, lifecycle } = context
  const { id, version } = liveIn(state)
  const before = state.saved?.user
  const savedAt = state.saved?.savedAt
  const record = {
    ...recordOf(state, now, context.rules, now),
    savedAt,
    expires: endOf(state, context, now),
  }
  const newId = new NewId(context, { id, before, record })
  try {
    const rotated = await newId.store((to) =>
      engine.rotate({ id, to, record, version, grace: graceOf(context) }),
    )
    if (rotated.kind !== 'updated') return false
    await newId.arrived()
    state.origin = { kind: 'live', id: rotated.id, version: rotated.version }
    state.stored(record)
    lifecycle.renewed(id, rotated.id)
    return true
  } catch (error) {
    await newId.failed(error)
    // Revoked while the request ran, which has read what it came for.
    if (error instanceof SessionInterrupted) return false
    // Nobody asked for it, and the old id still works.
    if (!(error instanceof EngineUnavailable || error instanceof SessionContended)) throw error
    logger.warn({ err: error }, 'the id of a session could not be renewed')
    return false
  }
}
