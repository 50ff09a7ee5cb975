import { type ServerResponse, STATUS_CODES } from 'node:http'
import type { Context } from 'koa'
import onHeaders from 'on-headers'
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
  const lines = res.getHeader('Set-Cookie')
  // Node looks at each character of what it is given, so a line that stands there alone already is not given again.
  if (!Array.isArray(lines) || lines.length !== 1 || lines[0] !== line) {
    const others = linesOf(lines).filter((other) => !other.startsWith(`${name}=`))
    res.setHeader('Set-Cookie', [...others, line])
  }
  forbidSharedCaches(res)
}

/** Takes the lines for the cookie `name` out of the response. */
export function withdrawCookie(ctx: Context, name: string): void {
  const others = setCookieLines(ctx).filter((line) => !line.startsWith(`${name}=`))
  if (others.length > 0) ctx.set('Set-Cookie', [...others])
  else ctx.remove('Set-Cookie')
}

/** Keeps the response out of shared caches. What the application has said stays if it says `private` or `no-store`. */
export function forbidSharedCaches(res: ServerResponse): void {
  const cacheControl = res.getHeader('Cache-Control')
  const isFine = cacheControl === NO_STORE || (cacheControl !== undefined && isPrivate(cacheControl))
  if (!isFine) res.setHeader('Cache-Control', NO_STORE)
  // Caches that understand one of these ignore Cache-Control (RFC 9213).
  for (const name of res.getHeaderNames()) {
    if (name === 'surrogate-control' || name.endsWith('cdn-cache-control')) res.removeHeader(name)
  }
}

/** Whether no shared cache may keep an answer with this `Cache-Control`. */
function isPrivate(cacheControl: Value): boolean {
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
  varyOn(ctx, 'Cookie')
}

/** Says that the response depends on the header `field` of the request. */
export function varyOn({ res }: Context, field: string): void {
  const vary = res.getHeader('Vary')
  if (vary === field || res.headersSent) return
  const isEmpty = vary === undefined || vary === ''
  res.setHeader('Vary', isEmpty ? field : append(linesOf(vary).join(', '), field))
}

/** A cookie to look after when the headers go out. */
interface Kept {
  readonly ctx: Context
  readonly name: string
  /** The line that must not get lost, if there is one. */
  line: string | undefined
}

/** Where a response has its cookies that are looked after: on Node 24 a weak map, and a closure each, take 1 µs more. */
const KEPT = Symbol('tessera.kept')

type Holder = ServerResponse & { [KEPT]?: Kept[] }

/**
 * Sees to it that the response goes out with `line` for the cookie `name`, and with `Vary: Cookie`. Koa's error handler,
 * or an error boundary further out, removes every header before it answers, and an error may have headers of its own.
 * `undefined`: the cookie may get lost.
 *
 * Either way a response that goes out with the cookie is for no shared cache, whatever a handler or a middleware further
 * out has said since (S45).
 */
export function keepCookie(ctx: Context, name: string, line: string | undefined): void {
  const res: Holder = ctx.res
  if (res.headersSent) return
  const kept = res[KEPT]
  if (kept === undefined) {
    res[KEPT] = [{ ctx, name, line }]
    onHeaders(res, sendKept)
    return
  }
  const same = kept.find((one) => one.name === name)
  if (same) same.line = line
  else kept.push({ ctx, name, line })
}

function sendKept(this: Holder): void {
  for (const { ctx, name, line } of this[KEPT] ?? []) {
    if (line !== undefined) sendCookie(ctx, name, line)
    else if (givenCookie(ctx, name) !== undefined) forbidSharedCaches(this)
    varyOnCookie(ctx)
  }
}

function linesOf(lines: Value): readonly string[] {
  if (lines === undefined) return []
  return typeof lines === 'object' ? lines : [String(lines)]
}

/** Whether the client has gone: no cookie will arrive. */
export function isGone({ res }: { readonly res: ServerResponse }): boolean {
  // A response of HTTP/2 has no socket any more when its stream is gone.
  const connection =
    res.socket ?? (res as { readonly stream?: { readonly destroyed: boolean } | null }).stream
  return res.destroyed || connection?.destroyed === true
}

/** Whether there is no response: koa-websocket makes a context of the handshake, which is answered already. */
export function isUpgraded({ res }: { readonly res?: unknown }): boolean {
  return res === undefined
}

/** The status with which Koa answers a thrown value. The error may come from another realm, such as a vm context. */
export function statusOf(thrown: unknown): number {
  const isError = thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
  if (!isError) return 500
  const { status, statusCode } = thrown as { readonly status?: unknown; readonly statusCode?: unknown }
  const answered = status || statusCode
  return typeof answered === 'number' && STATUS_CODES[answered] !== undefined ? answered : 500
}
