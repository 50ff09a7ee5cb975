import { parseCookie, type SetCookie, stringifySetCookie } from 'cookie'
import type { Context } from 'koa'
import type { PlainCookie } from '../../inspector/cookies.js'

/**
 * Sets a cookie whose value anybody can read and change: the demos compare sessions with it. The value is
 * percent-encoded, because a cookie can hold neither commas nor emoji. Without `maxAge`, in seconds, it lasts until the
 * browser closes. Koa's own `ctx.cookies` writes `Expires` only, and the demos are about `Max-Age`.
 */
export function setPlainCookie(
  ctx: Context,
  name: PlainCookie,
  value: string,
  { maxAge }: { maxAge?: number } = {},
): void {
  const attributes = { ...attributesOf(ctx), name, value }
  if (maxAge === undefined) {
    append(ctx, attributes)
    return
  }
  // The system's time, not a test's clock: `Expires` is for browsers, which have no other.
  append(ctx, { ...attributes, maxAge, expires: new Date(Date.now() + maxAge * 1000) })
}

export function removePlainCookie(ctx: Context, name: PlainCookie): void {
  append(ctx, { ...attributesOf(ctx), name, value: '', maxAge: 0, expires: new Date(0) })
}

/** The value of the request's cookie; undefined without one, or if it cannot be decoded. */
export function plainCookie(ctx: Context, name: PlainCookie): string | undefined {
  const value = rawPlainCookie(ctx, name)
  if (value === undefined) return undefined
  try {
    return decodeURIComponent(value)
  } catch {
    return undefined
  }
}

/** The same, as it was sent. */
export function rawPlainCookie(ctx: Context, name: PlainCookie): string | undefined {
  return parseCookie(ctx.req.headers.cookie ?? '', RAW)[name]
}

const RAW = { decode: (value: string): string => value }

function attributesOf(ctx: Context) {
  return { path: '/', httpOnly: true, secure: ctx.secure, sameSite: 'lax' } as const
}

function append(ctx: Context, line: SetCookie): void {
  ctx.append('Set-Cookie', stringifySetCookie(line))
}
