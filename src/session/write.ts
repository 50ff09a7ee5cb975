import type { SessionRecord } from '../codecs/record.js'
import { ATTEMPTS, patience } from '../engines/again.js'
import type { Announce, Updated } from '../engines/contract.js'
import type { SessionContext } from './context.js'
import { SessionContended, SessionInterrupted } from './errors.js'
import type { ExpiryRules } from './expiry.js'
import type { Pending } from './pending.js'
import { moving, staying } from './people/on-the-way.js'
import { toMap, toRecord } from './record.js'
import { liveIn, type SessionState } from './state.js'

/** How a session is written: where it is, or under a new id. */
export type Way =
  | { readonly verb: 'update' }
  /** `grace`: it is a renewal, and the old id works for so many milliseconds more. */
  | { readonly verb: 'rotate'; readonly grace?: number | undefined }

/**
 * Stores what the session holds. `merge`: what to do again to a newer version; without it the record is written whatever
 * others wrote, and begins another session.
 *
 * @throws SessionInterrupted if the session ended or moved meanwhile.
 * @throws SessionContended if others were faster every time.
 */
export function write(
  way: Way,
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
): Promise<void> {
  const { rules, turns } = context
  const { id, version, renewed } = liveIn(state)
  const isMoving = way.verb === 'rotate'
  const record = state.toRecord(now, rules, isMoving && merge !== undefined ? now : state.renewedAt)
  const go = async (announce?: Announce): Promise<void> => {
    const put = putter(way, id, context, announce)
    let written: Written = { result: await put(record, version), record, renewed }
    if (written.result.kind === 'conflict') {
      written = await turns.take(id, () => writeAgain(way, put, id, record, merge, context))
    }

    const { result } = written
    if (result.kind === 'conflict') throw new SessionContended()
    if (result.kind === 'missing') throw new SessionInterrupted()
    if (written.record !== record) state.adopt(written.record)
    state.stored(written.record)
    const isBorrowed = written.renewed && result.id === id
    state.origin = {
      kind: 'live',
      id: result.id,
      version: result.version,
      ...(isBorrowed && { renewed: true }),
    }
  }
  if (isMoving) return moving(context, { id, before: state.saved?.user, record }, go)
  return staying(context, id, record)?.then(() => go()) ?? go()
}

/** `update` or `rotate`, with all that stays the same from one attempt to the next. */
type Put = (record: SessionRecord, version: number) => Promise<Updated>

function putter(way: Way, id: string, { engine }: SessionContext, announce: Announce | undefined): Put {
  if (way.verb === 'update') return (record, version) => engine.update(id, record, version)
  const { grace } = way
  const how = { ...(grace !== undefined && { grace }), ...(announce && { announce }) }
  return (record, version) => engine.rotate(id, record, version, how)
}

interface Written {
  readonly result: Updated
  readonly record: SessionRecord
  /** The session was found under an id that another request has renewed. */
  readonly renewed: boolean | undefined
}

/** On conflict: the newest record, this request's changes on top, and another try (no lost updates). */
async function writeAgain(
  way: Way,
  put: Put,
  id: string,
  record: SessionRecord,
  merge: Pending | undefined,
  context: SessionContext,
): Promise<Written> {
  const { engine, clock, rules } = context
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    await patience(attempt)
    const newest = await engine.load(id)
    if (newest.kind !== 'found') return { result: { kind: 'missing' }, record, renewed: undefined }
    const { renewed } = newest
    // A renewal that somebody else was quicker with is done; what is left to do is this request's own write.
    const isRenewed = renewed && way.verb === 'rotate' && way.grace !== undefined
    const putNow = isRenewed ? putter({ verb: 'update' }, id, context, undefined) : put
    const isMoving = way.verb === 'rotate' && !isRenewed
    const renewedAt = isMoving ? record.renewedAt : newest.record.renewedAt
    const merged =
      merge === undefined ? record : mergeInto(newest.record, { ...record, renewedAt }, merge, clock(), rules)
    const result = await putNow(merged, newest.version)
    if (result.kind !== 'conflict') return { result, record: merged, renewed }
  }
  return { result: { kind: 'conflict' }, record, renewed: undefined }
}

function mergeInto(
  newest: SessionRecord,
  record: SessionRecord,
  { changes, expiryChanged, logIn }: Pending,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const data = changes.applyTo(toMap(newest.data))
  const { createdAt } = newest
  const expiry = expiryChanged ? record.expiry : newest.expiry
  const user = logIn ? record.user : newest.user
  return toRecord(data, { createdAt, expiry, user, renewedAt: record.renewedAt }, now, rules)
}
