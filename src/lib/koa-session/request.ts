import type { Context } from 'koa'
import type { RequestSession } from '../middleware/request-session.js'
import { DEFAULT_KEY } from '../read-through/koa-session.js'
import type { SessionContext } from '../session/context.js'
import { type Session, stateOf } from '../session/session.js'
import { type KoaSessionOptions, lifeOf } from './options.js'
import { type CommitOptions, type KoaSession, type KoaSessionOwner, SessionObject } from './session-object.js'

/** How the request's session was opened, and how it goes back to the browser. */
export interface Opened {
  readonly session: Session
  readonly context: SessionContext
  /** The ids that the request brought. */
  readonly sent: readonly string[]
  /** Removes the cookie from a browser that may still have one of another path, or an old signature. */
  forget(): void
}

/** What koa-session fills in, so that `ctx.sessionOptions` tells it. */
const DEFAULTS: KoaSessionOptions = {
  key: DEFAULT_KEY,
  autoCommit: true,
  overwrite: true,
  httpOnly: true,
  signed: true,
  rolling: false,
  renew: false,
}

/** koa-session's `ctx.session` for one request. */
export class RequestObject implements KoaSessionOwner {
  /** What `ctx.sessionOptions` is: this request's own copy. */
  readonly options: KoaSessionOptions
  /** Whether the request brought no session that counts. */
  #isFirst = true
  /** `ctx.session = {…}`. */
  #isAssigned = false
  readonly #ctx: Context
  #opened: Opened | undefined
  #failure: unknown
  #object: SessionObject | undefined
  /** `ctx.session = null`. */
  #isNull = false
  /** What was set before the middleware has run. */
  #early: Record<string, unknown> | undefined
  /** The stored session does not count for this request. */
  #isIgnored = false
  /** `maxAge` was set, or the session has to be saved for another reason. */
  #mustSave = false

  constructor(ctx: Context, options: KoaSessionOptions) {
    this.#ctx = ctx
    this.options = { ...DEFAULTS, ...options }
  }

  /** As with koa-session, an object that was assigned is none that the request has found missing. */
  get isNew(): boolean {
    return this.#isFirst && !this.#isAssigned
  }

  get isOpen(): boolean {
    return this.#opened !== undefined || this.#failure !== undefined
  }

  /** What is thrown to whoever looks into the session, since it could not be opened. */
  fail(error: unknown): void {
    this.#failure = error
  }

  open(opened: Opened): void {
    this.#opened = opened
    const { session } = opened
    const { origin } = stateOf(session)
    this.#isFirst = origin.kind !== 'live'
    if (origin.kind === 'unknown') this.#tellOfMissing(opened)
    if (!this.#isFirst) this.#checkValid(session)
    const hasStore = this.options.store !== undefined || this.options.ContextStore !== undefined
    if (this.#early !== undefined && !hasStore) Object.assign(this.#view(opened).object, this.#early)
  }

  /** What `ctx.session` reads. */
  get(): KoaSession | Record<string, unknown> | null {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isNull) return null
    if (this.#opened !== undefined) return this.#view(this.#opened).object
    this.#early ??= {}
    return this.#early
  }

  /** What `ctx.session = …` does. */
  set(value: unknown): void {
    if (this.#failure !== undefined) throw this.#failure
    if (value !== null && typeof value !== 'object')
      throw new TypeError('ctx.session can be set to null or to an object only')
    if (this.#opened === undefined) {
      this.#early = value === null ? {} : { ...value }
      return
    }
    const { session } = this.#opened
    this.#isNull = value === null
    this.#isAssigned = value !== null
    this.#object = undefined
    if (value === null) {
      session.flush()
      return
    }
    // A session that is assigned to itself is not emptied before it is copied.
    const data = Object.entries(value)
    session.clear()
    const { object } = this.#view(this.#opened)
    for (const [name, each] of data) Reflect.set(object, name, each)
  }

  get externalKey(): string | undefined {
    return this.#opened?.session.id
  }

  get maxAge(): number | 'session' | undefined {
    const expiry = this.#opened && stateOf(this.#opened.session).expiry
    if (typeof expiry === 'number') return expiry === 0 ? 'session' : expiry * 1000
    return this.options.maxAge
  }

  set maxAge(maxAge: number | 'session' | undefined) {
    Object.assign(this.options, { maxAge })
    this.#mustSave = true
    this.#opened?.session.setExpiry(maxAge === 'session' ? 0 : lifeOf(maxAge) / 1000)
  }

  /** Saves now, if there is something to be saved or `options` say so. */
  async commit({ save = false, regenerate = false }: CommitOptions): Promise<void> {
    const opened = this.#opened
    if (opened === undefined) return
    const { session } = opened
    if (!this.prepare(save || regenerate)) return
    if (regenerate && !this.#isNull) session.cycleKey()
    await session.save()
    this.#mustSave = false
  }

  /** The end of the request: without `autoCommit`, what was not saved by hand is forgotten. */
  end(): void {
    const opened = this.#opened
    if (opened === undefined || !this.#isTouched(opened)) return
    if (this.options.autoCommit === false) opened.session.discard()
    else this.prepare(false)
  }

  /** To be called before each commit. Answers whether there is something to be saved. */
  prepare(isForced: boolean): boolean {
    const opened = this.#opened
    if (opened === undefined) return false
    const { session } = opened
    if (this.#isNull) {
      // Another answer may just have given a newer cookie to a browser that sent one.
      if (stateOf(session).origin.kind === 'new') opened.forget()
      return true
    }
    const view = this.#view(opened)
    view.settle()
    const state = stateOf(session)
    state.noticeNestedChanges()
    const isEmpty = session.size === 0 && !this.#mustSave
    if (isEmpty && this.#isIgnored && !isForced) {
      // What does not count for this request is left alone.
      view.detach()
      session.discard()
      this.#opened = undefined
      this.#object = undefined
      return false
    }
    const isNothing = isEmpty && this.#isFirst && !isForced
    if (!state.isModified && !isForced && this.#renewIsDue(opened)) session.modified = true
    if (isNothing || !(state.isModified || isForced || this.options.rolling)) return isForced
    this.options.beforeSave?.(this.#ctx, view.object)
    view.settle()
    this.#giveLife(session)
    return true
  }

  #view(opened: Opened): SessionObject {
    const comparesItself = opened.context.nestedChanges === 'ignore'
    this.#object ??= new SessionObject(opened.session, this, comparesItself)
    return this.#object
  }

  /** Whether anybody has looked into the session, or it ends. */
  #isTouched({ session }: Opened): boolean {
    return this.#object !== undefined || this.#isNull || stateOf(session).accessed
  }

  /** The setting is in whole seconds; a `maxAge` that is not goes with each session. */
  #giveLife(session: Session): void {
    const { maxAge } = this.options
    const isWhole = typeof maxAge !== 'number' || maxAge % 1000 === 0
    if (!isWhole && maxAge > 0 && stateOf(session).expiry === undefined) session.setExpiry(maxAge / 1000)
  }

  #renewIsDue({ session, context }: Opened): boolean {
    if (!this.options.renew) return false
    const { saved } = stateOf(session)
    const { maxAge } = this
    if (saved === undefined || typeof maxAge !== 'number') return false
    return saved.expires - context.clock() < maxAge / 2
  }

  #checkValid(session: Session): void {
    const { valid } = this.options
    if (valid === undefined) return
    const value = Object.fromEntries(session)
    if (valid(this.#ctx, value)) return
    this.#emit('invalid', { key: session.id, value })
    session.flush()
    this.#isFirst = true
    this.#isIgnored = true
  }

  /** Looks once more why there is nothing, if anybody listens. */
  #tellOfMissing({ context, sent }: Opened): void {
    const { app } = this.#ctx
    const key = sent.at(-1)
    if (key === undefined || app.listenerCount('session:missed') + app.listenerCount('session:expired') === 0)
      return
    context.engine.load(key).then(
      (loaded) => {
        const isExpired = loaded.kind === 'missing' && loaded.why === 'expired'
        this.#emit(isExpired ? 'expired' : 'missed', { key, value: undefined })
      },
      () => {},
    )
  }

  #emit(event: string, about: { readonly key: string | undefined; readonly value: unknown }): void {
    const ctx = this.#ctx
    setImmediate(() => ctx.app.emit(`session:${event}`, { ...about, ctx }))
  }
}

/** The session of a request, opened now. */
export async function openRequest(
  requestSession: RequestSession,
  rest: Pick<Opened, 'sent' | 'forget'>,
  object: RequestObject,
): Promise<void> {
  try {
    const session = await requestSession.openEarly()
    object.open({ session, context: requestSession.context, ...rest })
  } catch (error) {
    object.fail(error)
  }
}
