import { commit, type Ending, isMoving, type Verdict } from './commit.js'
import type { SessionContext } from './context.js'
import type { SessionState } from './state.js'

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
