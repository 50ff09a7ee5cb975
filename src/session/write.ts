import { setTimeout as delay } from 'node:timers/promises'
import type { SessionRecord } from '../codecs/record.js'
import type { Updated } from '../engines/contract.js'
import type { SessionContext } from './context.js'
import { SessionContended, SessionInterrupted } from './errors.js'
import type { ExpiryRules } from './expiry.js'
import { liveIn, type Pending, type SessionState, toMap, toRecord } from './state.js'

/** How often a commit that others overtook is tried again. */
const ATTEMPTS = 50
/** From this attempt on it waits a little first, so that others can finish. */
const PATIENT = 3
/** Milliseconds. */
const LONGEST_WAIT = 20

/**
 * Stores what the session holds, under its id or, to rotate, under a new one. `merge`: what to do again to a newer
 * version; without it the record is written whatever others wrote. `grace`: the rotation is a renewal, and the old id
 * works for so many milliseconds more.
 *
 * @throws SessionInterrupted if the session ended or moved meanwhile.
 * @throws SessionContended if others were faster every time.
 */
export async function write(
  verb: Verb,
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
  grace?: number,
): Promise<void> {
  const { rules, turns } = context
  const { id, version, renewed } = liveIn(state)
  const record = state.toRecord(now, rules, verb === 'rotate' && merge !== undefined ? now : state.renewedAt)
  const put = (how: Verb, newest: SessionRecord, its: number): Promise<Updated> =>
    send(how, id, newest, its, context, grace)
  let written: Written = { result: await put(verb, record, version), record, renewed }
  if (written.result.kind === 'conflict') {
    written = await turns.take(id, () => writeAgain(verb, id, record, merge, context, put))
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

type Verb = 'update' | 'rotate'
type Put = (verb: Verb, record: SessionRecord, version: number) => Promise<Updated>

function send(
  verb: Verb,
  id: string,
  record: SessionRecord,
  version: number,
  { engine }: SessionContext,
  grace: number | undefined,
): Promise<Updated> {
  if (verb === 'update') return engine.update(id, record, version)
  return grace === undefined
    ? engine.rotate(id, record, version)
    : engine.rotate(id, record, version, { grace })
}

interface Written {
  readonly result: Updated
  readonly record: SessionRecord
  /** The session was found under an id that another request has renewed. */
  readonly renewed: boolean | undefined
}

/** On conflict: the newest record, this request's changes on top, and another try (no lost updates). */
async function writeAgain(
  wanted: Verb,
  id: string,
  record: SessionRecord,
  merge: Pending | undefined,
  { engine, clock, rules }: SessionContext,
  put: Put,
): Promise<Written> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt >= PATIENT) await delay(Math.random() * Math.min(LONGEST_WAIT, attempt))
    const newest = await engine.load(id)
    if (newest.kind !== 'found') return { result: { kind: 'missing' }, record, renewed: undefined }
    const { renewed } = newest
    // A renewal that somebody else was quicker with is done; what is left to do is this request's own write.
    const verb = renewed && merge !== undefined && !merge.rotate ? 'update' : wanted
    const merged =
      merge === undefined ? record : mergeInto(newest.record, record, merge, verb, clock(), rules)
    const result = await put(verb, merged, newest.version)
    if (result.kind !== 'conflict') return { result, record: merged, renewed }
  }
  return { result: { kind: 'conflict' }, record, renewed: undefined }
}

function mergeInto(
  newest: SessionRecord,
  record: SessionRecord,
  { changes, expiryChanged }: Pending,
  verb: Verb,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const data = changes.applyTo(toMap(newest.data))
  const { createdAt, user } = newest
  const expiry = expiryChanged ? record.expiry : newest.expiry
  const renewedAt = verb === 'rotate' ? record.renewedAt : newest.renewedAt
  return toRecord(data, { createdAt, expiry, user, renewedAt }, now, rules)
}
