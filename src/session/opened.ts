import { commit, type Ending, isMoving, type Verdict } from './commit.js'
import type { SessionContext } from './context.js'
import { absoluteEnd } from './expiry.js'
import { type Found, firstFound } from './found.js'
import { Session } from './session.js'
import { type Origin, SessionState } from './state.js'

/** Called with what the browser is to be told, after each commit. */
export type Deliver = (verdict: Verdict, state: SessionState) => void

/** A session together with what only its opener may do: commit it with the response at hand. */
export class OpenedSession {
  readonly session: Session
  readonly #state: SessionState
  readonly #context: SessionContext
  readonly #deliver: Deliver
  #underWay: Promise<void> = Promise.resolve()

  constructor(state: SessionState, context: SessionContext, tooLate: () => boolean, deliver: Deliver) {
    this.#state = state
    this.#context = context
    this.#deliver = deliver
    const save = async (): Promise<void> => {
      await this.commit({ failed: false, tooLate: tooLate(), explicit: true })
      this.#state.watch.restart(this.#state.data)
    }
    const { rules, clock, fingerprint } = context
    this.session = new Session({ state, rules, clock, save, fingerprint })
  }

  /** Whether there is a record of it. */
  get isLive(): boolean {
    return this.#state.origin.kind === 'live'
  }

  /** Whether the id that came was rotated away a moment ago: the browser may have the new one by now. */
  get isSuperseded(): boolean {
    return this.#state.origin.kind === 'superseded'
  }

  /** Whether what was done so far will give the browser another id, or take away the one it has. */
  get isMoving(): boolean {
    return isMoving(this.#state, this.#context)
  }

  /** Whether something was changed and not committed. */
  get hasUnsaved(): boolean {
    return this.#state.pending.modified
  }

  /** Calls `report`, once, if the session is changed from now on. */
  whenChanged(report: () => void): void {
    this.#state.onLateChange = () => {
      this.#state.onLateChange = undefined
      report()
    }
  }

  /** Commits of one session go one after the other, so that each begins with what the one before has written. */
  commit(ending: Ending): Promise<void> {
    const mine = this.#underWay.then(async () => {
      this.#deliver(await commit(this.#state, this.#context, ending), this.#state)
    })
    this.#underWay = mine.catch(() => {})
    return mine
  }
}

/**
 * Opens the session that one of `ids` leads to (see `firstFound`); without any, or where there is nothing under them, a
 * new one. An id that is not known is never adopted (S03).
 *
 * @throws EngineUnavailable if the store does not answer.
 */
export async function openSession(
  ids: readonly string[],
  context: SessionContext,
  tooLate: () => boolean,
  deliver: Deliver,
): Promise<OpenedSession> {
  const found = ids.length === 0 ? undefined : await firstFound(ids, context.engine, context.witness)
  return new OpenedSession(stateFor(found, ids, context), context, tooLate, deliver)
}

function stateFor(found: Found | undefined, ids: readonly string[], context: SessionContext): SessionState {
  const { engine, clock, nestedChanges, rules, witness } = context
  const without = (origin: Origin): SessionState =>
    new SessionState(origin, undefined, clock(), nestedChanges)
  if (ids.length === 0) return without({ kind: 'new' })
  if (found === undefined) return without({ kind: 'unknown' })
  const { id, loaded } = found
  if (loaded.kind === 'superseded') {
    witness.superseded(id)
    return without({ kind: 'superseded', id })
  }
  const { record, version, renewed, outdated } = loaded
  // What was written under other settings may last longer than these allow.
  if (absoluteEnd(record, rules) <= clock()) {
    witness.expired(id, 'absolute')
    return without({ kind: 'unknown' })
  }
  witness.found(id, engine.capabilities.revocable)
  const origin: Origin = {
    kind: 'live',
    id,
    version,
    ...(renewed && { renewed }),
    ...(outdated && { outdated }),
  }
  return new SessionState(origin, record, clock(), nestedChanges)
}
