import { setTimeout as delay } from 'node:timers/promises'
import type { SessionRecord } from '../codecs/record.js'
import type { Engine, Updated } from '../engines/contract.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Logger } from '../logger.js'
import { SessionContended, SessionInterrupted, SessionTooLate } from './errors.js'
import { type ExpiryRules, expiryTime } from './expiry.js'
import { type Plan, plan } from './plan.js'
import { type Pending, type SessionState, toMap, toRecord } from './state.js'
import type { Turns } from './turns.js'
import type { NestedChanges } from './watch.js'

/** How often a commit that others overtook is tried again. */
const ATTEMPTS = 50
/** From this attempt on it waits a little first, so that the others can finish. */
const PATIENT = 3
const LONGEST_WAIT = 20

/** What all sessions of one application share. */
export interface SessionContext {
  readonly engine: Engine
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly rules: ExpiryRules
  readonly saveEveryRequest: boolean
  readonly nestedChanges: NestedChanges
  readonly turns: Turns
  readonly logger: Logger
}

/** How the request ended. */
export interface Ending {
  /** The response is a 500 or above. */
  readonly failed: boolean
  /** The response has begun. */
  readonly tooLate: boolean
  /** It was `save()` that asked. */
  readonly explicit: boolean
}

/** What the browser is to be told. */
export type Verdict = 'nothing' | 'send the cookie' | 'remove the cookie'

/**
 * Carries out everything that a request did to its session, in one place and at most once.
 *
 * @throws SessionInterrupted if the session ended or moved meanwhile; nothing was written then.
 * @throws SessionContended if others were faster every time.
 * @throws EngineUnavailable if the store does not answer.
 * @throws UnsupportedValue if there is something that JSON does not hold; nothing was written then.
 */
export async function commit(state: SessionState, context: SessionContext, ending: Ending): Promise<Verdict> {
  state.noticeNestedChanges()
  const now = context.clock()
  const step = planFor(state, context, ending, now)
  const pending = state.takePending()
  try {
    return await carryOut(step, state, pending, context, now)
  } catch (error) {
    state.giveBack(pending)
    throw error
  }
}

function planFor(state: SessionState, context: SessionContext, ending: Ending, now: number): Plan {
  const { end, rotate, modified } = state.pending
  return plan({
    failed: ending.failed,
    tooLate: ending.tooLate,
    explicit: ending.explicit,
    origin: state.origin.kind,
    end,
    rotate,
    modified,
    isEmpty: state.isEmpty,
    isOver: expiryTime(state.expiry, now, context.rules) <= now,
    saveEveryRequest: context.saveEveryRequest,
  })
}

async function carryOut(
  step: Plan,
  state: SessionState,
  pending: Pending,
  context: SessionContext,
  now: number,
): Promise<Verdict> {
  switch (step.do) {
    case 'nothing':
      return 'nothing'
    case 'forget':
      return 'remove the cookie'
    case 'refuse':
      throw new SessionInterrupted()
    case 'too late':
      throw new SessionTooLate()
    case 'create':
      return create(state, context, now)
    case 'delete':
      return end(state, context)
    case 'touch':
      return touch(state, context, now)
    case 'update':
      return write('update', state, pending, context, now)
    case 'rotate':
      return write('rotate', state, step.keep ? pending : undefined, context, now)
  }
}

async function create(state: SessionState, { engine, rules }: SessionContext, now: number): Promise<Verdict> {
  const id = await engine.create(state.toRecord(now, rules))
  state.origin = { kind: 'live', id, version: 1 }
  return 'send the cookie'
}

async function end(state: SessionState, { engine }: SessionContext): Promise<Verdict> {
  const ended = await engine.delete(liveIn(state).id)
  // The session goes on under an id that somebody logged in with meanwhile: "you are logged out" would be a lie.
  if (ended === 'superseded') throw new SessionInterrupted()
  state.origin = { kind: 'unknown' }
  // Somebody else ended it, and may have given the browser a newer session since.
  return ended === 'missing' ? 'nothing' : 'remove the cookie'
}

async function touch(
  state: SessionState,
  { engine, rules, logger }: SessionContext,
  now: number,
): Promise<Verdict> {
  try {
    const touched = await engine.touch(liveIn(state).id, expiryTime(state.expiry, now, rules))
    return touched === 'touched' ? 'send the cookie' : 'nothing'
  } catch (error) {
    // The request asked for nothing that was not done: its answer is right without a longer life of its session.
    if (!(error instanceof EngineUnavailable)) throw error
    logger.warn({ err: error }, 'a session could not be touched')
    return 'nothing'
  }
}

/** `merge`: what to do again to a newer version; without it the record is written whatever others wrote. */
async function write(
  verb: 'update' | 'rotate',
  state: SessionState,
  merge: Pending | undefined,
  context: SessionContext,
  now: number,
): Promise<Verdict> {
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
  return 'send the cookie'
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

function liveIn(state: SessionState): { id: string; version: number } {
  if (state.origin.kind !== 'live')
    throw new TypeError(`a session that is ${state.origin.kind} has no record`)
  return state.origin
}
