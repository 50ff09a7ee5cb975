import {
  parseCookie,
  parseSetCookie,
  type SetCookie,
  type StringifyOptions,
  stringifySetCookie,
} from 'cookie'
import type { Context } from 'koa'
import { type CookiesRead, everyCookie, type PlainCookie, type SentCookie } from '../../inspector/cookies.js'

/**
 * Sets a cookie whose value anybody can read and change: the demos compare sessions with it. The value is
 * percent-encoded, because a cookie can hold neither commas nor emoji. Without `maxAge`, in seconds, it lasts until the
 * browser closes. Koa's own `ctx.cookies` writes `Expires` only, and the demos are about `Max-Age`.
 */
export function setPlainCookie(
  ctx: Context,
  name: PlainCookie,
  value: string,
  { maxAge, ...more }: Pick<SetCookie, 'maxAge' | 'path' | 'priority' | 'httpOnly'> = {},
): void {
  const attributes = { ...attributesOf(ctx), ...more, name, value }
  if (maxAge === undefined) {
    append(ctx, attributes)
    return
  }
  // The system's time, not a test's clock: `Expires` is for browsers, which have no other.
  append(ctx, { ...attributes, maxAge, expires: new Date(Date.now() + maxAge * 1000) })
}

/**
 * Sets the cookie of a lab to a value as it is, as its visitor could with the browser's developer tools. `value` has
 * characters of a cookie's value only.
 */
export function setRawCookie(ctx: Context, name: string, value: string): void {
  // Browsers keep a cookie with such a prefix over HTTPS only.
  const secure = ctx.secure || name.startsWith('__')
  append(ctx, { ...attributesOf(ctx), secure, name, value }, AS_IS)
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

/** Every cookie of the request, in the order of its header. What gives access is a hash. */
export function allCookies(ctx: Context): SentCookie[] {
  const sent = everyCookie(ctx.req.headers.cookie)
  for (const { name } of sent) noteRead(ctx, name)
  return sent
}

/** The value of any cookie of the request, as it was sent. */
export function rawPlainCookie(ctx: Context, name: string): string | undefined {
  noteRead(ctx, name)
  return parseCookie(ctx.req.headers.cookie ?? '', RAW)[name]
}

/** The value that the browser holds when it has the response; undefined without one. */
export function plainCookieNow(ctx: Context, name: string): string | undefined {
  const lines = [ctx.res.getHeader('Set-Cookie') ?? []].flat().map((line) => parseSetCookie(String(line)))
  const given = lines.findLast((line) => line.name === name)
  if (given === undefined) return parseCookie(ctx.req.headers.cookie ?? '')[name]
  return given.maxAge === 0 ? undefined : given.value
}

function noteRead(ctx: Context, name: string): void {
  const state: CookiesRead = ctx.state
  state.cookiesRead ??= new Set()
  state.cookiesRead.add(name)
}

const AS_IS = { encode: (value: string): string => value }

const RAW = { decode: (value: string): string => value }

function attributesOf(ctx: Context) {
  return { path: '/', httpOnly: true, secure: ctx.secure, sameSite: 'lax' } as const
}

function append(ctx: Context, line: SetCookie, options: StringifyOptions = {}): void {
  ctx.append('Set-Cookie', stringifySetCookie(line, options))
}
