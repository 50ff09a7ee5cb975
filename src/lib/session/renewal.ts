import type { SessionRecord } from '../codecs/record.js'
import type { SessionContext } from './context.js'
import { SessionInterrupted } from './errors.js'
import { NewId } from './new-id.js'
import { recordOf } from './record.js'
import { type LiveOrigin, liveIn, type SessionState } from './state.js'
import { endOf } from './touch.js'
import { canWait } from './upkeep.js'

/** How long the old id still works, in milliseconds: never longer than until the next renewal is due. */
export function graceOf({ renewal: { renewAfter, renewGrace } }: SessionContext): number {
  return Math.min(renewGrace, renewAfter ?? renewGrace) * 1000
}

/** The number of renewals in a row that may get lost. After them the session keeps its id, and the old id still leads to it. */
const MOST_LOST = 8

export type IdFacts = Pick<SessionRecord, 'renewedAt' | 'renewal'>

/** How the id came to the session: `undefined` if it is its own, else how many renewals ago it was. */
type Renewed = LiveOrigin['renewed']

/** Whether the session came with the id of a renewal for the first time: its cookie has arrived. */
export function isFirstUse({ renewal }: IdFacts, renewed: Renewed): boolean {
  return renewed === undefined && renewal !== undefined && renewal.until === undefined
}

/**
 * Whether it is time for a new id (S24). It always is for a request with the old id of a renewal whose new id was never
 * seen: the browser needs a cookie that lasts, and only a hash of that new id is known. Where the cookie holds the session
 * there is no id to renew.
 */
export function renewDue(
  { origin, renewedAt, renewal, createdAt }: SessionState,
  { renewal: { renewAfter }, engine }: SessionContext,
  now: number,
): boolean {
  if (renewAfter === undefined || origin.kind !== 'live' || !engine.capabilities.revocable) return false
  if (origin.renewed !== undefined) return renewal?.until === undefined && origin.renewed < MOST_LOST
  return now - (renewedAt ?? createdAt) >= renewAfter * 1000
}

/** What the record of a renewed session says of its id. */
export function factsOfRenewed({ renewal }: IdFacts, renewed: Renewed, now: number): IdFacts {
  const isSeries = renewed !== undefined && renewal?.until === undefined
  return { renewedAt: now, renewal: { since: (isSeries && renewal?.since) || now } }
}

/** The same for a session that keeps its id. */
export function factsOfKept(facts: IdFacts, renewed: Renewed, context: SessionContext, now: number): IdFacts {
  const { renewedAt, renewal } = facts
  if (renewal === undefined || !isFirstUse(facts, renewed)) return { renewedAt, renewal }
  return { renewedAt, renewal: { since: renewal.since, until: now + graceOf(context) } }
}

/** Notes that the new id of a renewal has been seen: from now on the old one works for the grace only. */
export async function acknowledge(state: SessionState, context: SessionContext, now: number): Promise<void> {
  const { engine, logger } = context
  const { id, version, renewed } = liveIn(state)
  const { saved } = state
  if (saved === undefined) return
  try {
    const record = { ...saved, ...factsOfKept(saved, renewed, context, now) }
    const updated = await engine.update(id, record, version)
    // Somebody was faster, and has noted it too.
    if (updated.kind !== 'updated') return
    state.origin = { kind: 'live', id, version: updated.version }
    state.stored(record)
  } catch (error) {
    if (!canWait(error)) throw error
    logger.warn({ err: error }, 'the use of a new id could not be noted')
  }
}

/**
 * Gives a session that was only read a new id; true if the browser is to be told. Of several requests one does so, and
 * the others have nothing to say.
 */
export async function renew(state: SessionState, context: SessionContext, now: number): Promise<boolean> {
  const { engine, logger, lifecycle } = context
  const { id, version, renewed } = liveIn(state)
  const before = state.saved?.user
  const savedAt = state.saved?.savedAt
  const facts = factsOfRenewed(state, renewed, now)
  const expires = endOf(state, context, now)
  const record = { ...recordOf(state, now, context.rules), ...facts, savedAt, expires }
  const newId = new NewId(context, { id, before, record })
  try {
    const rotated = await newId.store((to) => engine.rotate({ id, to, record, version, isRenewal: true }))
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
    // The old id still works.
    if (!canWait(error)) throw error
    logger.warn({ err: error }, 'the id of a session could not be renewed')
    return false
  }
}
