import type { Engine, Loaded } from '../engines/engine.js'
import { isHeard, openChannel, trace } from '../tracing.js'
import { commit, type Ending, isMoving, type Verdict } from './commit.js'
import type { SessionContext } from './context.js'
import { absoluteEnd, withoutFuture } from './expiry.js'
import type { LifecycleEvents } from './lifecycle-events.js'
import { renewDue } from './renewal.js'
import type { SessionOwner } from './session.js'
import { type Origin, SessionState } from './state.js'
import { touchDue } from './touch.js'

/** How many ids of one request the engine is asked for. It bounds the work that a stranger can cause. */
const MOST_ASKED = 3

/** An id that leads to a session, or did a moment ago. */
export interface Resolved {
  readonly id: string
  readonly loaded: Exclude<Loaded, { kind: 'missing' }>
}

/**
 * Opens the session that one of `ids` leads to; a new one without any, or where there is nothing under them. An id that
 * is not known is never adopted (S03).
 *
 * @throws EngineUnavailable if the store does not answer.
 */
export function openSession(ids: readonly string[], context: SessionContext): Promise<SessionHandle> {
  if (!isHeard(openChannel)) return open(ids, context)
  return trace(openChannel, {
    engine: context.engine.name,
    operation: 'open',
    run: () => open(ids, context),
    outcomeOf: ({ state }) => state.origin.kind,
    secrets: () => ids,
  })
}

function open(ids: readonly string[], context: SessionContext): Promise<SessionHandle> {
  const [id] = ids
  if (id === undefined) return Promise.resolve(beginSession(context))
  const isOnlyOne = ids.length === 1 && context.engine.isId?.(id) !== false
  return isOnlyOne ? openOnly(id, context) : openAmong(ids, context)
}

/** As nearly every request opens it: with one promise beside the engine's. */
function openOnly(id: string, context: SessionContext): Promise<SessionHandle> {
  return context.engine.load(id, true).then((loaded) => {
    if (loaded.kind !== 'missing') return resumeSession({ id, loaded }, context)
    context.lifecycle.missing(id, loaded)
    return unknownSession(context)
  })
}

async function openAmong(ids: readonly string[], context: SessionContext): Promise<SessionHandle> {
  const resolved = await resolveSession(ids, context.engine, context.lifecycle)
  return resolved === undefined ? unknownSession(context) : resumeSession(resolved, context)
}

/** The session of a request whose ids lead nowhere. */
function unknownSession(context: SessionContext): SessionHandle {
  const { sharedWith, revocable } = context.engine.capabilities
  // Where ids that were rotated away leave no mark, the browser may have the new one by now: its cookie stays. A cookie that
  // holds a session itself is good until its end, so one that is no session never will be.
  if (sharedWith !== undefined && revocable) return beginSession(context)
  return new SessionHandle(stateWithout({ kind: 'unknown' }, context), context)
}

/** The session that an id was found to lead to. */
export function resumeSession(resolved: Resolved, context: SessionContext): SessionHandle {
  return new SessionHandle(stateOf(resolved, context), context)
}

/** The session of a request that brought no id. Nothing is stored before something is put into it. */
export function beginSession(context: SessionContext): SessionHandle {
  return new SessionHandle(stateWithout({ kind: 'new' }, context), context)
}

/**
 * What the ids lead to. They are tried from the last one to the first, and the first that leads to a session counts. A
 * request may bring several: a sibling domain, or somebody in the network, can plant a cookie of our name beside ours, and
 * one that is junk or expired must not hide the session (S11). A malformed id costs no call, and at most three of the others
 * are tried. An id that was rotated away a moment ago ends the search too: the visitor's own session is behind it, and a
 * planted cookie must not take its place. `lifecycle` is told of ids that lead nowhere.
 *
 * @throws EngineUnavailable if the store does not answer: never fall back to an earlier cookie when a lookup fails.
 */
export async function resolveSession(
  ids: readonly string[],
  engine: Engine,
  lifecycle?: Pick<LifecycleEvents, 'malformed' | 'missing'>,
): Promise<Resolved | undefined> {
  let asked = 0
  let isMalformedTold = false
  for (let index = ids.length - 1; index >= 0 && asked < MOST_ASKED; index--) {
    const id = ids[index] ?? ''
    if (engine.isId?.(id) === false) {
      // One event for each request: a header of 16 kB holds a thousand of them.
      if (!isMalformedTold) lifecycle?.malformed()
      isMalformedTold = true
      continue
    }
    asked++
    const loaded = await engine.load(id)
    if (loaded.kind !== 'missing') return { id, loaded }
    lifecycle?.missing(id, loaded)
  }
  return undefined
}

function stateOf({ id, loaded }: Resolved, context: SessionContext): SessionState {
  const { engine, clock, nestedChanges, rules, lifecycle } = context
  if (loaded.kind === 'superseded') {
    lifecycle.superseded(id)
    return stateWithout({ kind: 'superseded', id }, context)
  }
  const { version, renewed, outdated } = loaded
  const now = clock()
  const { createdAt, savedAt, renewedAt, user } = loaded.record
  const isPlain = savedAt === undefined && renewedAt === undefined && user === undefined
  const record = isPlain && createdAt <= now ? loaded.record : withoutFuture(loaded.record, now, rules)
  // What was written under other settings may last longer than these allow.
  if (rules.absoluteTimeout !== undefined && absoluteEnd(record, rules) <= now) {
    lifecycle.expired(id, 'absolute')
    return stateWithout({ kind: 'unknown' }, context)
  }
  if (!engine.capabilities.revocable) lifecycle.usedInCookie(id)
  const origin: Origin = {
    kind: 'live',
    id,
    version,
    ...(renewed !== undefined && { renewed }),
    ...(outdated && { outdated }),
    ...(record !== loaded.record && { ahead: true }),
  }
  return new SessionState(origin, record, now, nestedChanges, engine.capabilities.reservedKeys)
}

function stateWithout(origin: Origin, { clock, nestedChanges, engine }: SessionContext): SessionState {
  return new SessionState(origin, undefined, clock(), nestedChanges, engine.capabilities.reservedKeys)
}

/** An open session, for whoever opened it: to commit it, and to know what the commit will do. */
export class SessionHandle {
  readonly state: SessionState
  readonly context: SessionContext
  /** The last commit that has not ended. */
  #underWay: Promise<unknown> | undefined

  constructor(state: SessionState, context: SessionContext) {
    this.state = state
    this.context = context
  }

  /** Whether the commit at the end of the request has nothing to do, as after nearly every request that only reads. */
  get isQuiet(): boolean {
    if (this.#underWay !== undefined || this.state.origin.kind === 'unknown') return false
    return !this.#needsUpkeep && this.state.isUnchanged
  }

  /** Whether there may be something to write although nothing was changed: a later end, a new id, a use to be noted. */
  get #needsUpkeep(): boolean {
    const { state, context } = this
    const { origin } = state
    if (origin.kind !== 'live') return false
    if (origin.outdated || origin.ahead || state.renewal !== undefined) return true
    if (!context.needsUpkeep) return false
    const now = context.clock()
    return touchDue(state, context, now) || renewDue(state, context, now)
  }

  /** Whether there is a record of it. */
  get isLive(): boolean {
    return this.state.origin.kind === 'live'
  }

  /** Whether the id that came was rotated away within the last minute: the browser may have the new one by now. */
  get isSuperseded(): boolean {
    return this.state.origin.kind === 'superseded'
  }

  /** Whether what was done so far will give the browser another id, or take away the one it has. */
  get isMoving(): boolean {
    return isMoving(this.state, this.context)
  }

  /**
   * Commits of one session go one after the other, so that each begins with what the one before has written. Answers
   * `undefined` where there is nothing to do, and so nothing to wait for.
   */
  commit(ending: Ending): Promise<Verdict | undefined> | undefined {
    if (this.#underWay === undefined) {
      const mine = commit(this.state, this.context, ending)
      return mine && this.#remember(mine)
    }
    return this.#remember(this.#underWay.then(() => commit(this.state, this.context, ending)))
  }

  #remember<Result>(commit: Promise<Result>): Promise<Result> {
    const ended: Promise<void> = commit.then(
      () => this.#forget(ended),
      () => this.#forget(ended),
    )
    this.#underWay = ended
    return commit
  }

  #forget(ended: Promise<unknown>): void {
    if (this.#underWay === ended) this.#underWay = undefined
  }
}

/** Saves a session outside a request, where there is no browser to be told, and no answer that could be too late. */
export class DetachedOwner implements SessionOwner {
  readonly #handle: SessionHandle

  constructor(handle: SessionHandle) {
    this.#handle = handle
  }

  async save(): Promise<void> {
    await this.#handle.commit({ failed: false, tooLate: false, gone: false, explicit: true })
  }
}
