import Koa, { type Context, type DefaultContext, type Middleware } from 'koa'
import type { SessionContext } from '../session/context.js'
import { Session } from '../session/session.js'
import type { CookieSettings } from './cookie.js'
import { redactCookie } from './redact-cookies.js'
import { isUpgraded, RequestSession } from './request-session.js'
import { SessionCookie } from './session-cookie.js'

/** What `sessions.middleware()` takes. */
export interface MiddlewareOptions {
  /**
   * Whether templates find the session as `ctx.state.session`: the same object as `await ctx.session`, opened before the
   * handlers run. Default: false. Costs one read of the store for each request that brings a session cookie, so put what
   * serves files above. A request whose views do not look into it counts as one that did not ask.
   */
  readonly inViews?: boolean | undefined
}

const REQUEST_SESSION = Symbol('tessera.request-session')

interface WithRequestSession {
  [REQUEST_SESSION]?: RequestSession | undefined
}

/**
 * Gives every request `ctx.session`, and commits it after the handlers have run and before the headers go out. A
 * request that does not ask for its session costs nothing.
 */
export function sessionMiddleware(
  context: SessionContext,
  settings: CookieSettings,
  { inViews = false }: MiddlewareOptions = {},
): Middleware {
  const cookie = new SessionCookie(settings, context)
  const prepared = new WeakSet<Koa>()
  return async function tessera(ctx, next) {
    if (!prepared.has(ctx.app)) {
      prepared.add(ctx.app)
      addSessionTo(ctx.app.context)
      redactCookie(ctx.app, settings.name, context.fingerprint)
    }
    const holder: WithRequestSession & typeof ctx = ctx
    const outer = holder[REQUEST_SESSION]
    const same = requestSessionWithin(outer, context)
    if (same !== undefined) {
      // The same sessions twice: the outer middleware commits.
      if (inViews) await showInViews(ctx, same)
      if (same === outer) return next()
      // Sessions of another kind stand between the two.
      holder[REQUEST_SESSION] = same
      return next().finally(() => {
        holder[REQUEST_SESSION] = outer
      })
    }
    const requestSession = new RequestSession(ctx, context, cookie, outer)
    holder[REQUEST_SESSION] = requestSession
    if (inViews) await showInViews(ctx, requestSession)
    // No cookie can be set, so the session is read-only, and there is nothing to commit.
    if (isUpgraded(ctx)) return next()
    try {
      await next()
    } catch (error) {
      await requestSession.endAfter(error)
      if (outer) holder[REQUEST_SESSION] = outer
      throw error
    }
    if (!requestSession.endIfIdle()) await requestSession.end()
    // The middleware and handlers further out see their own session again.
    if (outer) holder[REQUEST_SESSION] = outer
  }
}

/**
 * Puts the opened session where templates find it. Where the store does not answer, pages that show nothing of it are
 * served all the same.
 */
async function showInViews(ctx: Context, requestSession: RequestSession): Promise<void> {
  try {
    const opened = requestSession.openEarly()
    ctx.state.session = opened instanceof Session ? opened : await opened
  } catch (error) {
    Object.defineProperty(ctx.state, 'session', {
      configurable: true,
      enumerable: true,
      get(): never {
        throw error
      },
    })
  }
}

/** This request's session, for what works beside the handlers; the innermost, where there are several. */
export function requestSessionOf(ctx: Context): RequestSession | undefined {
  const holder: WithRequestSession & Context = ctx
  return holder[REQUEST_SESSION]
}

/** This request's session of the kind that `context` belongs to; none where their middleware does not stand above. */
export function requestSessionIn(ctx: Context, context: SessionContext): RequestSession | undefined {
  return requestSessionWithin(requestSessionOf(ctx), context)
}

function requestSessionWithin(
  session: RequestSession | undefined,
  context: SessionContext,
): RequestSession | undefined {
  for (let at = session; at !== undefined; at = at.outer) if (at.context === context) return at
  return undefined
}

/** Once an application, not once a request: `ctx.session` is a getter of the prototype of all its contexts. */
function addSessionTo(prototype: DefaultContext): void {
  if (Object.hasOwn(prototype, REQUEST_SESSION)) return
  Object.defineProperty(prototype, REQUEST_SESSION, { value: undefined, writable: true })
  Object.defineProperty(prototype, 'session', { configurable: true, get: readSession, set: refuseSession })
}

function readSession(this: Context & WithRequestSession): Promise<Session> {
  const requestSession = this[REQUEST_SESSION]
  if (requestSession === undefined) throw new Error(NO_MIDDLEWARE)
  return guardAgainstMisuse(requestSession.session)
}

const NO_MIDDLEWARE =
  'there is no ctx.session here: app.use(sessions.middleware()) is missing, or stands below this handler'

function refuseSession(): never {
  throw new TypeError(
    'ctx.session cannot be assigned: to end the session write `(await ctx.session).flush()`, to change it ' +
      '`(await ctx.session).set(key, value)`',
  )
}

/**
 * A handler above the middleware may be the only one that ever runs, and then no application was prepared. So Koa's own
 * prototype has the getter too; an application with sessions of another library defines its own, which goes before it.
 */
export function explainMissingMiddleware(): void {
  const shared: object = Object.getPrototypeOf(new Koa().context)
  if (Object.hasOwn(shared, 'session')) return
  Object.defineProperty(shared, 'session', {
    configurable: true,
    get(): never {
      throw new Error(NO_MIDDLEWARE)
    },
    set(this: object, value: unknown): void {
      Object.defineProperty(this, 'session', { value, writable: true, configurable: true, enumerable: true })
    },
  })
}

/** It reads and calls what no promise has, and would take it that nobody is logged in. */
const PASSPORT =
  'Passport cannot wait for a session: write app.use(passportSessions(sessions)), of koa-tessera/passport, between ' +
  'app.use(sessions.middleware()) and app.use(passport.initialize())'
const FORGOT_AWAIT = 'ctx.session is a promise: write `const session = await ctx.session` first, then '

/** The names of a session's members that a promise does not have. */
const sessionMembers = new Set<string>()
for (
  let at: object | null = Session.prototype;
  at !== null && at !== Object.prototype;
  at = Object.getPrototypeOf(at)
) {
  for (const name of Object.getOwnPropertyNames(at)) sessionMembers.add(name)
}
for (const name of ['constructor', 'toJSON', 'then']) sessionMembers.delete(name)

/** The prototype of every promise of a session: it refuses members that only the session itself has. */
const misuse = new Proxy(Object.create(Promise.prototype), {
  get(target: object, name, receiver) {
    if (name === 'passport' || name === 'regenerate') throw new TypeError(PASSPORT)
    if (typeof name === 'string' && sessionMembers.has(name))
      throw new TypeError(`${FORGOT_AWAIT}\`session.${name}\``)
    return Reflect.get(target, name, receiver)
  },
  set(target: object, name, value, receiver) {
    if (typeof name === 'string') throw new TypeError(`${FORGOT_AWAIT}\`session.set('${name}', …)\``)
    return Reflect.set(target, name, value, receiver)
  },
})

/** `await` and `then` find what they need here, before the proxy, so it costs them nothing. */
const { then, catch: onRejected, finally: onSettled } = Promise.prototype
const sessionPromise = Object.create(misuse, {
  // biome-ignore lint/suspicious/noThenProperty: a promise it is
  then: { value: then },
  catch: { value: onRejected },
  finally: { value: onSettled },
  constructor: { value: Promise },
})

/**
 * The same promise, which throws where it is taken for the session itself, as in `ctx.session.views = 1`, and says what to
 * write instead.
 */
function guardAgainstMisuse(session: Promise<Session>): Promise<Session> {
  return Object.setPrototypeOf(session, sessionPromise)
}
