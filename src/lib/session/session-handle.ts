import { commit, type Ending, isMoving, type Verdict } from './commit.js'
import type { SessionContext } from './context.js'
import { absoluteEnd } from './expiry.js'
import { type Found, resolveSession } from './resolve-session.js'
import { Session, type SessionParts } from './session.js'
import { type LateListener, type Origin, SessionState } from './state.js'

/**
 * Who a session is opened for. An object rather than functions made for each request: what a request makes and stores
 * costs it the more, the longer the garbage collector has to carry it along.
 */
export interface CommitSink extends LateListener {
  /** Whether the response has begun. */
  readonly isTooLate: boolean
  /** Hears what the browser is to be told, after each commit. */
  deliver(verdict: Verdict, state: SessionState): void
}

/** A session together with what only its opener may do: commit it with the response at hand. */
export class SessionHandle implements SessionParts {
  readonly session: Session
  readonly state: SessionState
  readonly context: SessionContext
  readonly #opener: CommitSink
  /** The last commit that is not over. */
  #underWay: Promise<unknown> | undefined

  constructor(state: SessionState, context: SessionContext, opener: CommitSink) {
    this.state = state
    this.context = context
    this.#opener = opener
    this.session = new Session(this)
  }

  /** Whether there is a record of it. */
  get isLive(): boolean {
    return this.state.origin.kind === 'live'
  }

  /** Whether the id that came was rotated away a moment ago: the browser may have the new one by now. */
  get isSuperseded(): boolean {
    return this.state.origin.kind === 'superseded'
  }

  /** Whether what was done so far will give the browser another id, or take away the one it has. */
  get isMoving(): boolean {
    return isMoving(this.state, this.context)
  }

  /** Whether something was changed and not committed. */
  get hasUnsaved(): boolean {
    return this.state.pending.modified
  }

  /** From now on the opener hears of changes. */
  watchLateChanges(): void {
    this.state.lateListener = this.#opener
  }

  /**
   * Commits of one session go one after the other, so that each begins with what the one before has written. Answers
   * `undefined` where there is nothing to do, and so nothing to wait for.
   */
  commit(ending: Ending): Promise<void> | undefined {
    const before = this.#underWay
    const mine = before === undefined ? this.#commit(ending) : before.then(() => this.#commit(ending))
    if (mine === undefined) return undefined
    const over: Promise<void> = mine.then(
      () => this.#isOver(over),
      () => this.#isOver(over),
    )
    this.#underWay = over
    return mine
  }

  async save(): Promise<void> {
    await this.commit({ failed: false, tooLate: this.#opener.isTooLate, explicit: true })
    this.state.watch.restart(this.state.data)
  }

  #commit(ending: Ending): Promise<void> | undefined {
    return commit(this.state, this.context, ending)?.then((verdict) =>
      this.#opener.deliver(verdict, this.state),
    )
  }

  #isOver(commit: Promise<unknown>): void {
    if (this.#underWay === commit) this.#underWay = undefined
  }
}

/**
 * Opens the session that one of `ids` leads to (see `resolveSession`); without any, or where there is nothing under them, a
 * new one. An id that is not known is never adopted (S03).
 *
 * @throws EngineUnavailable if the store does not answer.
 */
export async function openSession(
  ids: readonly string[],
  context: SessionContext,
  opener: CommitSink,
): Promise<SessionHandle> {
  const found = ids.length === 0 ? undefined : await resolveSession(ids, context.engine, context.lifecycle)
  return new SessionHandle(stateFor(found, ids, context), context, opener)
}

function stateFor(found: Found | undefined, ids: readonly string[], context: SessionContext): SessionState {
  const { engine, clock, nestedChanges, rules, lifecycle } = context
  const without = (origin: Origin): SessionState =>
    new SessionState(origin, undefined, clock(), nestedChanges)
  if (ids.length === 0) return without({ kind: 'new' })
  if (found === undefined) return without({ kind: 'unknown' })
  const { id, loaded } = found
  if (loaded.kind === 'superseded') {
    lifecycle.superseded(id)
    return without({ kind: 'superseded', id })
  }
  const { record, version, renewed, outdated } = loaded
  // What was written under other settings may last longer than these allow.
  if (absoluteEnd(record, rules) <= clock()) {
    lifecycle.expired(id, 'absolute')
    return without({ kind: 'unknown' })
  }
  lifecycle.found(id, engine.capabilities.revocable)
  const origin: Origin = {
    kind: 'live',
    id,
    version,
    ...(renewed && { renewed }),
    ...(outdated && { outdated }),
  }
  return new SessionState(origin, record, clock(), nestedChanges)
}
