import type { Context } from 'koa'
import { bindingOf } from '../csrf/token.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { SessionContext } from '../session/context.js'
import { ReadonlySession } from '../session/readonly-session.js'
import { Session, type SessionOwner } from '../session/session.js'
import { beginSession, openSession, resumeSession, type SessionHandle } from '../session/session-handle.js'
import { liveIn } from '../session/state.js'
import { type TakenOver, takeOver } from '../session/take-over.js'
import { reportLateChanges } from './late-changes.js'
import { bringsOld, cookiesOf, forgetOldCookies } from './old-cookies.js'
import { isGone, isUpgraded, statusOf } from './response.js'
import { type CookieFollower, SessionAnswer } from './session-answer.js'
import type { IdCarrier, SessionCookie } from './session-cookie.js'

/** A cookie shorter than this is forgotten at once, even if nobody asks for the session (Django item 72). */
const SHORTEST_ID = 8

const isLong = (id: string): boolean => id.length >= SHORTEST_ID
const ignore = (): undefined => undefined

/**
 * The session of one request: opened at most once, committed once, and only if anybody asked. What a request makes and
 * stores is an object of this class rather than functions: a closure would keep the whole request alive.
 */
export class RequestSession implements SessionOwner {
  readonly context: SessionContext
  /** That of another `sessions.middleware()` further out. */
  readonly outer: RequestSession | undefined
  readonly #ctx: Context
  readonly #cookie: SessionCookie
  /** The cookie, or the header that the request has instead. */
  readonly #carrier: IdCarrier
  #opening: Promise<Session> | undefined
  #handle: SessionHandle | undefined
  /** Whether a handler has asked for the session, rather than the commit. */
  #isAsked = false
  /** Whether the request's own commit is done. */
  #hasEnded = false
  #told: SessionAnswer | undefined
  /** Where another library had the session until this request. */
  #takenOver: TakenOver | undefined

  constructor(
    ctx: Context,
    context: SessionContext,
    cookie: SessionCookie,
    outer: RequestSession | undefined,
    header?: IdCarrier | undefined,
  ) {
    this.#ctx = ctx
    this.#carrier = header ?? cookie
    this.context = context
    this.#cookie = cookie
    this.outer = outer
  }

  get session(): Promise<Session> {
    this.#isAsked = true
    this.#opening ??= this.#open()
    return this.#opening
  }

  /**
   * The session for whoever cannot wait later: opened now where the request brought a cookie. It counts as asked for when
   * somebody has looked into it.
   */
  openEarly(): Session | Promise<Session> {
    if (
      this.#opening === undefined &&
      (this.isByHeader || !bringsOld(this.#ctx, this.context)) &&
      !isUpgraded(this.#ctx) &&
      this.#sentIds().length === 0
    ) {
      this.#handle = beginSession(this.context)
      const session = new Session(this.#handle.state, this.context, this)
      this.#opening = Promise.resolve(session)
      return session
    }
    this.#opening ??= this.#open()
    return this.#opening
  }

  /**
   * Ends at once where nothing is to be done and so nothing to wait for: nobody has opened the session, and what the request
   * brought can stay; or it was only read. Answers whether that is so.
   */
  endAtOnce(): boolean {
    this.#hasEnded = this.#isUsed ? this.#isQuiet() : this.#isIdle()
    if (this.#hasEnded && this.#handle) this.#handle.state.lateListener = this
    return this.#hasEnded
  }

  /**
   * What a token is bound to that is to be good with the cookie that the browser will hold, as far as this answer goes by
   * now. Asks nothing of the store, and opens nothing.
   */
  get binding(): string {
    const given = this.#carrier.given(this.#ctx)
    const held = given === undefined ? this.#sentIds() : [given].filter((value) => value !== '')
    return bindingOf(held, this.context.engine)
  }

  /** Whether the id comes with a header, which no page of another site can send. */
  get isByHeader(): boolean {
    return this.#carrier !== this.#cookie
  }

  /** Whether the session's cookie always has `Secure`. */
  get isSecure(): boolean {
    return this.#cookie.secure === true
  }

  /** Whether the handler has done what will change the {@link binding} with the commit. */
  get isMoving(): boolean {
    return this.#handle?.isMoving ?? false
  }

  /** Whether the request was overtaken, as far as anybody has looked: its answer must not set cookies (S27). */
  get isSuperseded(): boolean {
    return this.#handle?.isSuperseded ?? false
  }

  /** From now on `follower` follows this session's cookie. */
  addFollower(follower: CookieFollower): void {
    this.#answer.addFollower(follower)
  }

  /** Commits at once, for the handler. */
  async save(): Promise<void> {
    const handle = this.#handle
    if (handle === undefined) return
    try {
      const verdict = await this.#commitNow(handle, false, true)
      if (verdict) this.#answer.tell(verdict, handle.state)
    } catch (error) {
      this.#told?.forgetAfter(error)
      throw error
    }
  }

  /** After the handler, before the headers. */
  async end(): Promise<void> {
    try {
      const committed = await this.#commit(this.#ctx.status >= 500)
      // A handler that got an error instead of its session answers differently, so caches must know (S45).
      if (committed || this.#isAsked) this.#carrier.vary(this.#ctx)
    } catch (error) {
      if (this.#ctx.headerSent) {
        // The response has begun, so its status cannot change. The application hears of the error.
        this.#ctx.app.emit('error', error, this.#ctx)
        return
      }
      this.#answer.giveUp(error)
      throw error
    }
  }

  /**
   * After a handler that threw `error`, which goes on as it is. Should the commit fail too, that is reported, not thrown.
   */
  async endAfter(error: unknown): Promise<void> {
    try {
      const committed = await this.#commit(statusOf(error) >= 500)
      if (committed) this.#answer.keep()
    } catch (cause) {
      this.#told?.forgetAfter(cause)
      const second = new Error('after the handler had failed, its session could not be committed either', {
        cause,
      })
      this.#ctx.app.emit('error', second, this.#ctx)
    }
  }

  /** Called by the state. Changes after the commit are lost unless `save()` follows, and the application is told (Django W8). */
  changedLate(): void {
    if (this.#handle) reportLateChanges(this.#ctx, this.#handle.state, this)
  }

  /**
   * Whether a handler asked for the session, or a view looked into the one that was opened for it; or it was taken over, and
   * the browser needs its cookie.
   */
  get #isUsed(): boolean {
    const state = this.#handle?.state
    if (this.#isAsked || this.#takenOver !== undefined) return true
    return state !== undefined && (state.accessed || !state.isUntouched)
  }

  #isIdle(): boolean {
    if (this.context.saveEveryRequest) return false
    const ids = this.#sentIds()
    return ids.length === 0 || ids.some(isLong)
  }

  #isQuiet(): boolean {
    if (this.#takenOver !== undefined) return false
    try {
      if (!this.#handle?.isQuiet) return false
    } catch {
      // A value that cannot be looked at: the commit says so.
      return false
    }
    this.#carrier.vary(this.#ctx)
    return true
  }

  async #open(): Promise<Session> {
    try {
      const opened = await openSession(this.#sentIds(), this.context)
      if (isUpgraded(this.#ctx)) return new ReadonlySession(opened.state, this.context) as unknown as Session
      const handle =
        this.context.readThrough.length === 0 || this.isByHeader ? opened : await this.#orTakenOver(opened)
      this.#handle = handle
      if (this.#hasEnded) handle.state.lateListener = this
      return new Session(handle.state, this.context, this)
    } catch (error) {
      // A handler may read `ctx.session` without waiting for it. Its rejection must not end the process in an outage.
      this.#opening?.catch(ignore)
      throw error
    }
  }

  /** Answers whether there was a session to commit. */
  async #commit(failed: boolean): Promise<boolean> {
    const handle = this.#isUsed
      ? (this.#handle ?? (await this.#openForCommit()))
      : await this.#openUnasked(failed)
    this.#hasEnded = true
    if (handle === undefined) return false
    const verdict = await this.#commitNow(handle, failed, false)
    if (verdict) this.#answer.tell(verdict, handle.state)
    if (this.#takenOver !== undefined) await this.#tellOfTakeOver(this.#takenOver, handle)
    handle.state.lateListener = this
    return true
  }

  /** The session that the visitor has with another library, where there is none of ours. */
  async #orTakenOver(opened: SessionHandle): Promise<SessionHandle> {
    if (opened.isLive || opened.isSuperseded) return opened
    this.#takenOver = await takeOver(cookiesOf(this.#ctx), this.context)
    return this.#takenOver === undefined ? opened : resumeSession(this.#takenOver, this.context)
  }

  /**
   * Gives the browser our cookie for the old one, whatever the handler did. Unless another request that brought the old one
   * too has moved the session meanwhile: its answer has the newer cookie.
   */
  async #tellOfTakeOver({ from }: TakenOver, { state, isLive }: SessionHandle): Promise<void> {
    forgetOldCookies(
      this.#ctx,
      from.cookies.filter(({ name }) => name !== this.#cookie.name),
    )
    if (this.#told?.isGiven || !isLive) return
    const { kind } = await this.context.engine.load(liveIn(state).id)
    if (kind === 'found') this.#answer.tell({ cookie: 'send', now: this.context.clock() }, state)
  }

  async #openForCommit(): Promise<SessionHandle | undefined> {
    // If the session could not be opened, the handler has got the error. It is not thrown a second time.
    await this.#opening?.catch(ignore)
    return this.#handle
  }

  /** What there is to do for a request that did not ask for its session: hardly ever anything. */
  async #openUnasked(failed: boolean): Promise<SessionHandle | undefined> {
    const ids = this.#sentIds()
    if (ids.length === 0) return undefined
    // A short value that comes alone is removed. Beside a longer one it may belong to another application of this host, and
    // the removal would remove the session's cookie as well.
    if (!ids.some(isLong)) {
      this.#opening ??= this.#open()
      await this.#opening
      return this.#handle
    }
    if (failed || !this.context.saveEveryRequest) return undefined
    // Another middleware of the same cookie, further in, has saved the session already. The id that the request brought is old.
    if (this.#carrier.given(this.#ctx) !== undefined) return undefined
    try {
      this.#opening ??= this.#open()
      await this.#opening
      return this.#handle?.isLive ? this.#handle : undefined
    } catch (error) {
      if (!(error instanceof EngineUnavailable)) throw error
      this.context.logger.warn({ err: error }, 'a session could not be touched')
      return undefined
    }
  }

  #sentIds(): readonly string[] {
    return this.#carrier.sentIds(this.#ctx.req.headers)
  }

  get #answer(): SessionAnswer {
    this.#told ??= new SessionAnswer(this.#ctx, this.context, this.#carrier)
    return this.#told
  }

  #commitNow(handle: SessionHandle, failed: boolean, explicit: boolean): ReturnType<SessionHandle['commit']> {
    if (this.#cookie.isPerRequest && !this.isByHeader) this.#answer.askForLines()
    return handle.commit({ failed, tooLate: this.#ctx.headerSent, gone: isGone(this.#ctx), explicit })
  }
}
