import type { Context } from 'koa'
import { type CookieOptions, readCookie, removeCookie, setCookie } from '../../middleware/cookie.js'

/**
 * A cookie with a value in it that anybody can read and change: what the demos set sessions against. The value is
 * percent-encoded, since a cookie holds neither commas nor emoji.
 *
 * `maxAge` is how long the browser is to keep it, in seconds; without it, until the browser closes.
 */
export function setPlainCookie(
  ctx: Context,
  name: string,
  value: string,
  life: { maxAge?: number } = {},
): void {
  const { maxAge } = life
  const until = maxAge === undefined ? 'browser' : ({ age: maxAge, now: Date.now() } as const)
  ctx.append('Set-Cookie', setCookie(optionsOf(ctx, name), value, until))
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
