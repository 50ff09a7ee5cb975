import { format } from 'node:util'
import type { Context } from 'koa'
import { bindingOf } from '../csrf/token.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { Verdict } from '../session/commit.js'
import type { SessionContext } from '../session/context.js'
import { SessionInterrupted, SessionTooLate } from '../session/errors.js'
import { endsWithBrowser } from '../session/expiry.js'
import type { Session } from '../session/session.js'
import { type CommitSink, openSession, type SessionHandle } from '../session/session-handle.js'
import type { SessionState } from '../session/state.js'
import { cookieAge } from '../session/touch.js'
import { readCookies } from './cookie.js'
import { sessionCookieSet } from './cookie-listener.js'
import { bearing, givenCookie, sendCookie, varyOnCookie } from './headers.js'
import type { SessionCookie } from './session-cookie.js'
import { statusOf } from './status.js'

/** A cookie shorter than this is forgotten at once, even if nobody asks for the session (Django item 72). */
const SHORTEST_ID = 8

const isLong = (id: string): boolean => id.length >= SHORTEST_ID
const ignore = (): void => {}

/** One request's dealings with its session: opened at most once, committed once, and only if anybody asked. */
export class RequestSession implements CommitSink {
  readonly #ctx: Context
  readonly #context: SessionContext
  readonly #cookie: SessionCookie
  #opening: Promise<Session> | undefined
  #opened: SessionHandle | undefined
  /** Whether a handler has, rather than the commit. */
  #isAsked = false
  /** The `Set-Cookie` that the last commit asked for. */
  #line: string | undefined

  constructor(ctx: Context, context: SessionContext, cookie: SessionCookie) {
    this.#ctx = ctx
    this.#context = context
    this.#cookie = cookie
  }

  get session(): Promise<Session> {
    this.#isAsked = true
    return this.#open()
  }

  /** Whether the response has begun. */
  get isTooLate(): boolean {
    return this.#ctx.headerSent
  }

  /**
   * Whether nothing is to be done at the end: nobody has asked for the session, and what the request brought can stay.
   */
  get isIdle(): boolean {
    if (this.#opening !== undefined || this.#context.saveEveryRequest) return false
    const ids = this.#sentIds()
    return ids.length === 0 || ids.some(isLong)
  }

  /**
   * What a token is bound to that is to be good with the cookie that the browser will hold, as far as this answer goes by
   * now. Asks nothing of the store, and opens nothing.
   */
  get binding(): string {
    const given = givenCookie(this.#ctx, this.#cookie.name)
    const held =
      given === undefined
        ? readCookies(this.#ctx.req.headers.cookie, this.#cookie.name)
        : [given].filter((value) => value !== '')
    return bindingOf(held, this.#context.engine)
  }

  /** Whether the session's cookie always has `Secure`. */
  get isSecure(): boolean {
    return this.#cookie.secure === true
  }

  /** Whether the handler has done what will change the {@link binding} with the commit. */
  get isMoving(): boolean {
    return this.#opened?.isMoving ?? false
  }

  /** Whether the request was overtaken, as far as anybody has looked: its answer must not set cookies (S27). */
  get isSuperseded(): boolean {
    return this.#opened?.isSuperseded ?? false
  }

  /** After the handler, before the headers. */
  async end(): Promise<void> {
    try {
      const committed = await this.#commit(this.#ctx.status >= 500)
      // Whoever asked in vain answers otherwise than with a session at hand (S45).
      if (committed || this.#isAsked) varyOnCookie(this.#ctx)
    } catch (error) {
      if (this.#ctx.headerSent) {
        // The answer is on its way and can only be cut off; the application is told.
        this.#ctx.app.emit('error', error, this.#ctx)
        return
      }
      // The cookies that the handler set belong to an answer that is not given.
      this.#ctx.remove('Set-Cookie')
      throw this.#withSaved(error, error)
    }
  }

  /**
   * After a handler that threw; answers what to throw on. The handler's error goes first: should the commit fail too,
   * that is reported, not thrown.
   */
  async endWith(error: unknown): Promise<unknown> {
    try {
      const committed = await this.#commit(statusOf(error) >= 500)
      if (!committed) return error
      if (error instanceof Error) return bearing(error, this.#cookie.name, this.#line)
      // Only an Error can bear the cookie, without which a log-out from a session in the cookie would be none. Koa
      // makes this same Error of what was thrown.
      const instead = new Error(format('non-error thrown: %j', error), { cause: error })
      return this.#line === undefined ? error : bearing(instead, this.#cookie.name, this.#line)
    } catch (cause) {
      const second = new Error('after the handler had failed, its session could not be committed either', {
        cause,
      })
      this.#ctx.app.emit('error', second, this.#ctx)
      return this.#withSaved(error, cause)
    }
  }

  /**
   * What to throw when the commit has failed. A `save()` before it may have moved the session, and then only the new
   * cookie leads to it, unless it ended since.
   */
  #withSaved(error: unknown, failure: unknown): unknown {
    const lost =
      this.#line === undefined || failure instanceof SessionInterrupted || !(error instanceof Error)
    return lost ? error : bearing(error, this.#cookie.name, this.#line)
  }

  /** As the {@link CommitSink}: tells the browser. */
  deliver(verdict: Verdict, state: SessionState): void {
    if (verdict === 'nothing') return
    this.#line = this.#lineFor(verdict, state)
    sendCookie(this.#ctx, this.#cookie.name, this.#line)
    varyOnCookie(this.#ctx)
    sessionCookieSet(this.#ctx)
  }

  /** As the {@link CommitSink}: what a body still being streamed changes is lost unless it says `save()`; not in silence (Django W8). */
  changedLate(): void {
    const { res, app } = this.#ctx
    const report = (): void => {
      if (this.#opened?.hasUnsaved) app.emit('error', new SessionTooLate(), this.#ctx)
    }
    if (res.closed) setImmediate(report)
    else res.once('close', report)
  }

  #open(): Promise<Session> {
    this.#opening ??= this.#openNow()
    return this.#opening
  }

  async #openNow(): Promise<Session> {
    try {
      this.#opened = await openSession(this.#sentIds(), this.#context, this)
      return this.#opened.session
    } catch (error) {
      // A handler that asks and does not wait must not bring the process down when the store is.
      this.#opening?.catch(ignore)
      throw error
    }
  }

  /** Whether there was a session to commit. A promise of it only where that takes time. */
  #commit(failed: boolean): boolean | Promise<boolean> {
    return this.#opened === undefined ? this.#openAndCommit(failed) : this.#commitTo(this.#opened, failed)
  }

  async #openAndCommit(failed: boolean): Promise<boolean> {
    // Whoever asked for a session that could not be opened has had the error, and answers for it.
    const asked = this.#opening?.then(() => this.#opened, ignore)
    const opened = await (asked ?? this.#openUnasked(failed))
    return opened !== undefined && this.#commitTo(opened, failed)
  }

  #commitTo(opened: SessionHandle, failed: boolean): true | Promise<true> {
    const committing = opened.commit({ failed, tooLate: this.isTooLate, explicit: false })
    const done = (): true => {
      opened.watchLateChanges()
      return true
    }
    return committing === undefined ? done() : committing.then(done)
  }

  /** What there is to do for a request that did not ask for its session: hardly ever anything. */
  async #openUnasked(failed: boolean): Promise<SessionHandle | undefined> {
    const ids = this.#sentIds()
    if (ids.length === 0) return undefined
    // Beside a longer one it may be somebody else's, and to remove it would be to remove both.
    if (!ids.some(isLong)) {
      await this.#open()
      return this.#opened
    }
    if (failed || !this.#context.saveEveryRequest) return undefined
    // Further in, another middleware of the same cookie has saved this session: what the request brought is old.
    if (givenCookie(this.#ctx, this.#cookie.name) !== undefined) return undefined
    try {
      await this.#open()
      return this.#opened?.isLive ? this.#opened : undefined
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error
      this.#context.logger.warn({ err: error }, 'a session could not be touched')
      return undefined
    }
  }

  #sentIds(): readonly string[] {
    return readCookies(this.#ctx.req.headers.cookie, this.#cookie.name)
  }

  #lineFor(verdict: Verdict, state: SessionState): string {
    const lines = this.#cookie.linesOver(this.#ctx.secure)
    if (verdict === 'remove the cookie') return lines.remove()
    const { origin, expiry } = state
    if (origin.kind !== 'live') throw new TypeError(`a session that is ${origin.kind} has no cookie`)
    const { rules, clock } = this.#context
    if (endsWithBrowser(expiry, rules)) return lines.set(origin.id, 'browser')
    const now = clock()
    return lines.set(origin.id, { age: cookieAge(state, this.#context, now), now })
  }
}
