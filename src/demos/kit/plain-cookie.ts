import type { Context } from 'koa'
import { readCookie } from '../../middleware/cookie.js'

/**
 * A cookie with a value in it that anybody can read and change: what the demos set sessions against. The value is
 * percent-encoded, since a cookie holds neither commas nor emoji.
 */
export function setPlainCookie(
  ctx: Context,
  name: string,
  value: string,
  life: { maxAge?: number } = {},
): void {
  const { maxAge } = life
  ctx.cookies.set(name, encodeURIComponent(value), {
    signed: false,
    httpOnly: true,
    sameSite: 'lax',
    // Seconds, as in the header; the library counts milliseconds.
    ...(maxAge !== undefined && { maxAge: maxAge * 1000 }),
  })
}

export function removePlainCookie(ctx: Context, name: string): void {
  ctx.cookies.set(name, null, { signed: false, httpOnly: true, sameSite: 'lax' })
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
