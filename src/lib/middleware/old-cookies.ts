import type { Context } from 'koa'
import type { SessionContext } from '../session/context.js'
import type { CookiesByName, OldCookie } from '../session/old-sessions.js'
import { readCookies, removeCookie } from './cookie.js'
import { keepCookie, sendCookie } from './response.js'

/** The request's cookies by name. Made when it is needed: as a member it would be a function for each request. */
export function cookiesOf(ctx: Context): CookiesByName {
  const { cookie } = ctx.req.headers
  return (name) => readCookies(cookie, name)
}

/** Whether the request brings the cookie of a session of another library. Asks no store. */
export function bringsOld(ctx: Context, { readThrough }: SessionContext): boolean {
  return readThrough.some((old) => old.keyOf(cookiesOf(ctx)) !== undefined)
}

/** Removes cookies of another library from the browser, also where Koa's error handler answers. */
export function forgetOldCookies(ctx: Context, cookies: readonly OldCookie[]): void {
  for (const cookie of cookies) {
    const line = removeCookie({ ...cookie, httpOnly: true, secure: ctx.secure, sameSite: false })
    sendCookie(ctx, cookie.name, line)
    keepCookie(ctx, cookie.name, line)
  }
}
