import type Koa from 'koa'
import type { Context, Middleware } from 'koa'
import type { SessionContext } from '../session/context.js'
import { Session } from '../session/session.js'
import type { CookieSettings } from './cookie.js'
import { addSessionTo, putRequestSession, requestSessionAt, requestSessionsOf, slotOf } from './property.js'
import { redactCookie, redactHeader } from './redact-cookies.js'
import { RequestSession } from './request-session.js'
import { isUpgraded } from './response.js'
import { type PerRequest, SessionCookie } from './session-cookie.js'
import { SessionHeader } from './session-header.js'

/** What `sessions.middleware()` takes. */
export interface MiddlewareOptions {
  /**
   * Whether templates find the session as `ctx.state.session`: the same object as `await ctx.session`, opened before the
   * handlers run. Default: false. Costs one read of the store for each request that brings a session cookie, so put what
   * serves files above. A request whose views do not look into it counts as one that did not ask.
   */
  readonly inViews?: boolean | undefined
}

/** Where a request's session is found, and the cookie that leads to it. */
export interface SessionPlace {
  /** Its name on `ctx`. */
  readonly property: string
  readonly cookie: CookieSettings
  readonly perRequest: PerRequest
}

/**
 * Gives every request `ctx.session`, and commits it after the handlers have run and before the headers go out. A
 * request that does not ask for its session costs nothing.
 */
export function sessionMiddleware(
  context: SessionContext,
  { property, cookie: settings, perRequest }: SessionPlace,
  { inViews = false }: MiddlewareOptions = {},
): Middleware {
  const cookie = new SessionCookie(settings, context, perRequest)
  const { idFrom } = perRequest
  const header = idFrom === undefined ? undefined : new SessionHeader(idFrom)
  const slot = slotOf(property)
  const prepared = new WeakSet<Koa>()
  return async function tessera(ctx, next) {
    if (!prepared.has(ctx.app)) {
      claim(ctx.app, `cookie, ${settings.name}`, property, 'cookieName')
      if (idFrom !== undefined) claim(ctx.app, `header, ${idFrom}`, property, 'idFrom')
      prepared.add(ctx.app)
      addSessionTo(ctx.app.context, property)
      redactCookie(ctx.app, settings.name, context.fingerprint)
      if (idFrom !== undefined) redactHeader(ctx.app, idFrom, context.fingerprint)
    }
    const outer = requestSessionAt(ctx, slot)
    const same = requestSessionWithin(outer, context)
    if (same !== undefined) {
      // The same sessions twice: the outer middleware commits.
      if (inViews) await showInViews(ctx, same, property)
      if (same === outer) return next()
      // Sessions of another kind stand between the two.
      putRequestSession(ctx, slot, same)
      return next().finally(() => putRequestSession(ctx, slot, outer))
    }
    const requestSession = new RequestSession(
      ctx,
      context,
      cookie,
      outer,
      header?.isIn(ctx.req.headers) ? header : undefined,
    )
    putRequestSession(ctx, slot, requestSession)
    if (inViews) await showInViews(ctx, requestSession, property)
    // No cookie can be set, so the session is read-only, and there is nothing to commit.
    if (isUpgraded(ctx)) return next()
    try {
      await next()
    } catch (error) {
      await requestSession.endAfter(error)
      if (outer) putRequestSession(ctx, slot, outer)
      throw error
    }
    if (!requestSession.endAtOnce()) await requestSession.end()
    // The middleware and handlers further out see their own session again.
    if (outer) putRequestSession(ctx, slot, outer)
  }
}

/**
 * Puts the opened session where templates find it. Where the store does not answer, pages that show nothing of it are
 * served all the same.
 */
async function showInViews(ctx: Context, requestSession: RequestSession, property: string): Promise<void> {
  try {
    const opened = requestSession.openEarly()
    ctx.state[property] = opened instanceof Session ? opened : await opened
  } catch (error) {
    Object.defineProperty(ctx.state, property, {
      configurable: true,
      enumerable: true,
      get(): never {
        throw error
      },
    })
  }
}

/** By application, the properties of its session cookies and of the headers in their place. */
const claimed = new WeakMap<Koa, Map<string, string>>()

/** Two sessions side by side would write over each other's cookie, or header. */
function claim(app: Koa, carrier: string, property: string, option: string): void {
  const carriers = claimed.get(app) ?? new Map<string, string>()
  claimed.set(app, carriers)
  const other = carriers.get(carrier) ?? property
  if (other !== property)
    throw new TypeError(
      `ctx.${other} and ctx.${property} have the same ${carrier}: open one of them with another ${option} ` +
        'and another keyPrefix',
    )
  carriers.set(carrier, property)
}

/** The session of `ctx[property]`, for what works beside the handlers; the innermost, where there are several. */
export function requestSessionOf(ctx: Context, property: string): RequestSession | undefined {
  return requestSessionAt(ctx, slotOf(property))
}

/** This request's session of the kind that `context` belongs to; none where their middleware does not stand above. */
export function requestSessionIn(ctx: Context, context: SessionContext): RequestSession | undefined {
  for (const innermost of requestSessionsOf(ctx)) {
    const found = requestSessionWithin(innermost, context)
    if (found !== undefined) return found
  }
  return undefined
}

function requestSessionWithin(
  session: RequestSession | undefined,
  context: SessionContext,
): RequestSession | undefined {
  for (let at = session; at !== undefined; at = at.outer) if (at.context === context) return at
  return undefined
}
