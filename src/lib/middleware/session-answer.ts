import type { Context } from 'koa'
import type { Verdict } from '../session/commit.js'
import type { SessionContext } from '../session/context.js'
import { SessionInterrupted } from '../session/errors.js'
import { cookieAge, endsWithBrowser } from '../session/expiry.js'
import { liveIn, type SessionState } from '../session/state.js'
import type { CookieLife } from './cookie.js'
import type { IdCarrier, IdLines } from './session-cookie.js'

const NOBODY: readonly CookieFollower[] = []

/** What follows the session's cookie: a cookie of its own that goes by the id. */
export interface CookieFollower {
  /** Called whenever the response is given the session's cookie, or its removal. */
  follow(): void
}

/** What the answer to one request tells the browser of its session. Made for the first commit. */
export class SessionAnswer {
  readonly #ctx: Context
  readonly #context: SessionContext
  /** The cookie, or the header that the request has instead. */
  readonly #carrier: IdCarrier
  #lines: IdLines | undefined
  /** The `Set-Cookie` that the last commit asked for. */
  #line: string | undefined
  #followers: readonly CookieFollower[] = NOBODY

  constructor(ctx: Context, context: SessionContext, carrier: IdCarrier) {
    this.#ctx = ctx
    this.#context = context
    this.#carrier = carrier
  }

  /** From now on `follower` follows, after those from before: of two with the same cookie the last one's stands. */
  addFollower(follower: CookieFollower): void {
    this.#followers = [...this.#followers, follower]
  }

  /** Whether a commit has given the response a cookie, or its removal, that stands. */
  get isGiven(): boolean {
    return this.#line !== undefined
  }

  /** Before a commit: where the application's answer is wrong, nothing may be stored that no cookie leads to. */
  askForLines(): void {
    this.#lines = this.#carrier.linesFor(this.#ctx)
  }

  /** Tells the browser what a commit has done. */
  tell({ cookie, now }: Verdict, state: SessionState): void {
    if (cookie === 'leave') return
    const lines = this.#lines ?? this.#carrier.linesFor(this.#ctx)
    this.#line = cookie === 'remove' ? lines.remove() : lines.set(liveIn(state).id, this.#lifeOf(state, now))
    this.#carrier.send(this.#ctx, this.#line)
    this.#carrier.vary(this.#ctx)
    this.keep()
    for (const follower of this.#followers) follower.follow()
  }

  /** Sees to it that what was told survives Koa's error handler. */
  keep(): void {
    this.#carrier.keep(this.#ctx, this.#line)
  }

  /**
   * After an error that the answer now is about: takes back the cookies, which belong to an answer that is not given. A
   * `save()` before may have moved the session, and then only the new cookie leads to it, unless it ended since.
   */
  giveUp(error: unknown): void {
    this.#ctx.remove('Set-Cookie')
    this.#carrier.clear(this.#ctx)
    this.forgetAfter(error)
  }

  /**
   * If the session has ended since the cookie was set by a `save()` before, the browser must not get it: another answer may
   * just have given it a newer one.
   */
  forgetAfter(error: unknown): void {
    if (!(error instanceof SessionInterrupted) || !this.isGiven) return
    this.#line = undefined
    this.keep()
    this.#carrier.withdraw(this.#ctx)
    for (const follower of this.#followers) follower.follow()
  }

  #lifeOf(state: SessionState, now: number): CookieLife {
    if (endsWithBrowser(state.expiry, this.#context.rules)) return 'browser'
    return { age: cookieAge(state, now, this.#context), now }
  }
}
