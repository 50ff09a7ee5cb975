import type { ServerResponse } from 'node:http'
import type { Context } from 'koa'
import { append } from 'vary'

/** A header's value as Node holds it. */
type Value = number | string | readonly string[] | undefined

const NO_STORE = 'no-store'

/**
 * Puts `line` among the response's `Set-Cookie` lines, in place of any other for the cookie `name`: a response sets a
 * cookie once (S43). Keeps the response out of shared caches, which would give one visitor's cookie to others (S45).
 */
export function sendCookie(ctx: Context, name: string, line: string): void {
  const { res } = ctx
  if (res.headersSent) return
  res.setHeader('Set-Cookie', withCookie(res.getHeader('Set-Cookie'), name, line))
  forbidSharedCaches(res)
}

/** What the application has said stays if it says `private` or `no-store`. */
function forbidSharedCaches(res: ServerResponse): void {
  if (!isPrivate(res.getHeader('Cache-Control'))) res.setHeader('Cache-Control', NO_STORE)
  // Caches that understand one of these ignore Cache-Control (RFC 9213).
  for (const name of res.getHeaderNames()) {
    if (name === 'surrogate-control' || name.endsWith('cdn-cache-control')) res.removeHeader(name)
  }
}

/** Whether no shared cache may keep an answer with this `Cache-Control`. */
function isPrivate(cacheControl: Value): boolean {
  if (cacheControl === undefined) return false
  const directives = linesOf(cacheControl)
    .join()
    // In quotes a comma separates nothing.
    .replace(/"[^"]*"/g, '""')
    .split(',')
    .map((directive) => directive.trim().toLowerCase())
  if (directives.includes('public')) return false
  return directives.includes('private') || directives.includes(NO_STORE)
}

/** The `Set-Cookie` lines of the response so far. */
export function setCookieLines(ctx: Context): readonly string[] {
  return linesOf(ctx.res.getHeader('Set-Cookie'))
}

/**
 * The value that the response gives the cookie `name` so far: empty if it removes the cookie, `undefined` if it leaves it
 * alone.
 */
export function givenCookie(ctx: Context, name: string): string | undefined {
  const line = setCookieLines(ctx).findLast((one) => one.startsWith(`${name}=`))
  return line?.slice(name.length + 1).split(';', 1)[0]
}

export function varyOnCookie(ctx: Context): void {
  const { res } = ctx
  const vary = res.getHeader('Vary')
  if (vary !== 'Cookie' && !res.headersSent) res.setHeader('Vary', withVary(vary))
}

/**
 * The error with what an answer bears that has to do with the session: Koa removes every header before it answers an
 * error, except those on the error itself.
 *
 * A cookie goes on a copy, which is like the error in everything but identity. Applications throw one error object
 * from many requests, and on it one visitor's cookie would reach another.
 */
export function bearing(error: Error, name: string, line: string | undefined): Error {
  const headers: Record<string, Value> = { ...headersOf(error) }
  const key = (header: string): string =>
    Object.keys(headers).find((present) => present.toLowerCase() === header.toLowerCase()) ?? header

  headers[key('Vary')] = withVary(headers[key('Vary')])
  if (line === undefined && Object.isExtensible(error)) return Object.assign(error, { headers })
  if (line !== undefined) {
    headers[key('Set-Cookie')] = withCookie(headers[key('Set-Cookie')], name, line)
    if (!isPrivate(headers[key('Cache-Control')])) headers[key('Cache-Control')] = NO_STORE
  }
  return Object.create(Object.getPrototypeOf(error), {
    ...Object.getOwnPropertyDescriptors(error),
    // Not enumerable: whoever logs the error with all that it has would log the cookie (S12).
    headers: { value: headers, writable: true, enumerable: false, configurable: true },
  })
}

/** The headers that the error says it is to be answered with. */
export function headersOf(error: object): Record<string, Value> | undefined {
  return 'headers' in error && typeof error.headers === 'object' && error.headers !== null
    ? (error.headers as Record<string, Value>)
    : undefined
}

function withCookie(lines: Value, name: string, line: string): string[] {
  if (lines === undefined) return [line]
  return [...linesOf(lines).filter((other) => !other.startsWith(`${name}=`)), line]
}

function linesOf(lines: Value): readonly string[] {
  if (lines === undefined) return []
  return typeof lines === 'object' ? lines : [String(lines)]
}

function withVary(vary: Value): string {
  if (vary === undefined || vary === '') return 'Cookie'
  return append(typeof vary === 'object' ? vary.join(', ') : String(vary), 'Cookie')
}
