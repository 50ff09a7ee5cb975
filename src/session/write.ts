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
 * version; without it the record is written whatever others wrote.
 *
 * @throws SessionInterrupted if the session ended or moved meanwhile.
 * @throws SessionContended if others were faster every time.
 */
export async function write(
  verb: 'update' | 'rotate',
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
): Promise<void> {
  const { engine, rules, turns } = context
  const { id, version } = liveIn(state)
  const record = state.toRecord(now, rules)
  let written: Written = { result: await engine[verb](id, record, version), record }
  if (written.result.kind === 'conflict') {
    written = await turns.take(id, () => writeAgain(verb, id, record, merge, context))
  }

  const { result } = written
  if (result.kind === 'conflict') throw new SessionContended()
  if (result.kind === 'missing') throw new SessionInterrupted()
  if (written.record !== record) state.adopt(written.record)
  state.origin = { kind: 'live', id: result.id, version: result.version }
}

interface Written {
  readonly result: Updated
  readonly record: SessionRecord
}

/** On conflict: the newest record, this request's changes on top, and another try (no lost updates). */
async function writeAgain(
  verb: 'update' | 'rotate',
  id: string,
  record: SessionRecord,
  merge: Pending | undefined,
  { engine, clock, rules }: SessionContext,
): Promise<Written> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (attempt >= PATIENT) await delay(Math.random() * Math.min(LONGEST_WAIT, attempt))
    const newest = await engine.load(id)
    if (newest.kind !== 'found') return { result: { kind: 'missing' }, record }
    const merged = merge === undefined ? record : mergeInto(newest.record, record, merge, clock(), rules)
    const result = await engine[verb](id, merged, newest.version)
    if (result.kind !== 'conflict') return { result, record: merged }
  }
  return { result: { kind: 'conflict' }, record }
}

function mergeInto(
  newest: SessionRecord,
  record: SessionRecord,
  { changes, expiryChanged }: Pending,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const data = changes.applyTo(toMap(newest.data))
  return toRecord(data, newest.createdAt, expiryChanged ? record.expiry : newest.expiry, now, rules)
}
