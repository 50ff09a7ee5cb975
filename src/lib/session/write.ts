import type { SessionRecord } from '../codecs/record.js'
import { backoff, MAX_ATTEMPTS } from '../engines/concurrency.js'
import type { Announce, Updated } from '../engines/engine.js'
import { moving, staying } from '../users/on-the-way.js'
import type { SessionContext } from './context.js'
import { SessionContended, SessionInterrupted } from './errors.js'
import type { ExpiryRules } from './expiry.js'
import type { Pending } from './pending.js'
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
    const put: Put = (how, newest, its) => send(how, id, newest, its, context, announce)
    let written: Written = { result: await put(way, record, version), record, renewed }
    if (written.result.kind === 'conflict') {
      written = await turns.runExclusive(id, () => writeAgain(way, put, id, record, merge, context))
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

/** Stores a record over one version, with all that stays the same from one attempt to the next. */
type Put = (way: Way, record: SessionRecord, version: number) => Promise<Updated>

function send(
  way: Way,
  id: string,
  record: SessionRecord,
  version: number,
  { engine }: SessionContext,
  announce: Announce | undefined,
): Promise<Updated> {
  if (way.verb === 'update') return engine.update(id, record, version)
  const { grace } = way
  return engine.rotate(id, record, version, {
    ...(grace !== undefined && { grace }),
    ...(announce && { announce }),
  })
}

interface Written {
  readonly result: Updated
  readonly record: SessionRecord
  /** The session was found under an id that another request has renewed. */
  readonly renewed: boolean | undefined
}

/** On conflict: the newest record, this request's changes on top, and another try (no lost updates). */
async function writeAgain(
  wanted: Way,
  put: Put,
  id: string,
  record: SessionRecord,
  merge: Pending | undefined,
  { engine, clock, rules }: SessionContext,
): Promise<Written> {
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    await backoff(attempt)
    const newest = await engine.load(id)
    if (newest.kind !== 'found') return { result: { kind: 'missing' }, record, renewed: undefined }
    const { renewed } = newest
    // A renewal that somebody else was quicker with is done; what is left to do is this request's own write.
    const isRenewed = renewed && wanted.verb === 'rotate' && wanted.grace !== undefined
    const way: Way = isRenewed ? { verb: 'update' } : wanted
    const { renewedAt } = way.verb === 'rotate' ? record : newest.record
    const merged =
      merge === undefined ? record : mergeInto(newest.record, { ...record, renewedAt }, merge, clock(), rules)
    const result = await put(way, merged, newest.version)
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
