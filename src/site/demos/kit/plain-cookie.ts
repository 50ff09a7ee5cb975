import type { Context } from 'koa'
import { type CookieOptions, readCookie, removeCookie, setCookie } from '../../../lib/internal.js'

/**
 * A cookie with a value in it that anybody can read and change: what the demos set sessions against. The value is
 * percent-encoded, since a cookie holds neither commas nor emoji. Without `maxAge`, seconds, it lasts until the browser
 * closes. Koa's own `ctx.cookies` never writes the `Max-Age` that the demos are about, only `Expires`.
 */
export function setPlainCookie(
  ctx: Context,
  name: string,
  value: string,
  { maxAge }: { maxAge?: number } = {},
): void {
  // The real time, not a test's: `Expires` is for browsers, which have no other.
  const life = maxAge === undefined ? 'browser' : { age: maxAge, now: Date.now() }
  ctx.append('Set-Cookie', setCookie(optionsOf(ctx, name), value, life))
}

export function removePlainCookie(ctx: Context, name: string): void {
  ctx.append('Set-Cookie', removeCookie(optionsOf(ctx, name)))
}

/** The value of the request's cookie; undefined without one, or if somebody made it unreadable. */
export function plainCookie(ctx: Context, name: string): string | undefined {
  const value = readCookie(ctx.req.headers.cookie, name)
  if (value === undefined) return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

function optionsOf(ctx: Context, name: string): CookieOptions {
  return { name, path: '/', domain: undefined, httpOnly: true, secure: ctx.secure, sameSite: 'Lax' }
}
