import type { Context, DefaultContext, Middleware } from 'koa'
import type { SessionContext } from '../session/context.js'
import type { Session } from '../session/session.js'
import type { CookieSettings } from './cookie.js'
import { redactCookie } from './redact-cookies.js'
import { RequestSession } from './request-session.js'
import { SessionCookie } from './session-cookie.js'

const VISIT = Symbol('tessera.visit')

interface Visited {
  [VISIT]?: RequestSession
}

/**
 * Gives every request `ctx.session`, and commits it after the handlers have run and before the headers go out. A
 * request that does not ask for its session costs nothing.
 */
export function sessionMiddleware(context: SessionContext, cookie: CookieSettings): Middleware {
  const sent = new SessionCookie(cookie, context)
  let prepared: Context['app'] | undefined
  return async function tessera(ctx, next) {
    if (ctx.app !== prepared) {
      prepared = ctx.app
      addSessionTo(prepared.context)
      redactCookie(prepared, cookie.name, context.fingerprint)
    }
    const visit = new RequestSession(ctx, context, sent)
    const visited: Visited & typeof ctx = ctx
    visited[VISIT] = visit
    try {
      await next()
    } catch (error) {
      throw await visit.endWith(error)
    }
    if (!visit.isIdle) await visit.end()
  }
}

/** This request's dealings with its session; the innermost, where there are several. */
export function requestSessionOf(ctx: Context): RequestSession | undefined {
  const visited: Visited & Context = ctx
  return visited[VISIT]
}

/** Once an application, not once a request: `ctx.session` is a getter of the prototype of all its contexts. */
function addSessionTo(prototype: DefaultContext): void {
  if (Object.hasOwn(prototype, VISIT)) return
  Object.defineProperty(prototype, VISIT, { value: undefined, writable: true })
  Object.defineProperty(prototype, 'session', {
    configurable: true,
    get(this: Context & Visited): Promise<Session> {
      const visit = this[VISIT]
      if (visit === undefined)
        throw new Error('ctx.session is there only behind app.use(sessions.middleware())')
      return visit.session
    },
  })
}
