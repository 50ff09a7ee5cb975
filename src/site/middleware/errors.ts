import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http'
import { inspect } from 'node:util'
import type { Context, Middleware } from 'koa'
import type { Logger } from '../../lib/index.js'
import { LineLimit } from '../log.js'

/** An error as Koa reads it: with the status and the headers of its response, and whether clients may see its message. */
type HttpError = Error & {
  readonly status?: unknown
  readonly statusCode?: unknown
  readonly expose?: unknown
  readonly headers?: unknown
}

export interface ErrorPagesOptions {
  /** The command that starts the store, for the page of a 503; undefined on a server for other people. */
  readonly storeCommand?: string | undefined
  /** The page to go back to from an address, where the browser does not say which page led there. */
  readonly pageOf?: (path: string) => string | undefined
}

/**
 * Answers what no handler answered, and what a handler threw: a page (the view `error`, with `status`, `title` and
 * `message`), JSON or plain text, as the client accepts. Clients see an error's message only if it has `expose: true`.
 * Use it above all other middleware, and log with {@link logFailures}.
 */
export function errorPages(options: ErrorPagesOptions = {}): Middleware {
  return async (ctx, next) => {
    // Middleware above set these for every response: security headers, for example.
    const above = ctx.res.getHeaders()
    try {
      await next()
    } catch (thrown) {
      await answerFailure(ctx, thrown, above, options)
      return
    }
    if (isUnanswered(ctx)) await answer(ctx, { ...options, status: ctx.status, message: reason(ctx.status) })
  }
}

/** The most characters of a path or a message in the log. */
const LONGEST_LOGGED = 200

/**
 * The listener for the app's `error` event. Failures of the server are logged with their causes and a stack trace; errors
 * of a client (4xx) in one line, and no more of one status in a minute than {@link LineLimit} allows.
 */
export function logFailures(
  logger: Logger,
  clock: () => number = Date.now,
): (thrown: unknown, ctx?: Context) => void {
  const limits = new Map<number, LineLimit>()
  const limitOf = (status: number): LineLimit => {
    const limit =
      limits.get(status) ??
      new LineLimit((unsaid) => logger.warn({ status, unsaid }, 'a request was refused, and again'))
    limits.set(status, limit)
    return limit
  }
  return (thrown, ctx) => {
    const err = toError(thrown)
    const status = statusOf(err)
    const method = ctx?.method
    const path = ctx?.path.slice(0, LONGEST_LOGGED)
    if (status >= 500) {
      logger.error({ err, method, path }, 'the request failed')
    } else if (limitOf(status).hasRoom(clock())) {
      const [reason = ''] = err.message.split('\n')
      logger.warn({ status, method, path, reason: reason.slice(0, LONGEST_LOGGED) }, 'a request was refused')
    }
  }
}

async function answerFailure(
  ctx: Context,
  thrown: unknown,
  above: OutgoingHttpHeaders,
  options: ErrorPagesOptions,
): Promise<void> {
  // The response has begun or is the handler's own: Koa reports the error, and answers only if that is still possible.
  if (ctx.headerSent || !ctx.writable || ctx.respond === false) throw thrown

  const error = toError(thrown)
  ctx.app.emit('error', error, ctx)
  // As Koa does: the headers that the handler set belong to another response. The error has those of this one.
  for (const name of ctx.res.getHeaderNames()) ctx.remove(name)
  const own = typeof error.headers === 'object' && error.headers !== null ? error.headers : {}
  // Headers that describe a body are overwritten below.
  for (const [name, value] of [...Object.entries(above), ...Object.entries(own)]) {
    ctx.set(name, Array.isArray(value) ? value.map(String) : String(value))
  }

  const status = statusOf(error)
  const message = error.expose === true ? error.message : reason(status)
  await answer(ctx, { ...options, status, message })
}

/** What is answered. */
interface Failure extends ErrorPagesOptions {
  readonly status: number
  readonly message: string
}

async function answer(ctx: Context, failure: Failure): Promise<void> {
  const { status, message } = failure
  ctx.status = status
  ctx.vary('Accept')
  if (!ctx.res.hasHeader('Cache-Control')) ctx.set('Cache-Control', 'no-store')

  const type = acceptedType(ctx)
  if (type === 'json') {
    ctx.body = { status, message }
  } else if (type !== 'html' || !(await rendered(ctx, errorPageOf(ctx, failure)))) {
    ctx.type = 'text'
    ctx.body = message
  }
}

/** Octets of an `Accept` header that is read. Browsers send 200; the parser's time grows with the square of an unclosed quote. */
const LONGEST_ACCEPT = 1000

/** A longer header is disregarded, as RFC 9110 (12.5.1) lets a server do. */
function acceptedType(ctx: Context): string | false {
  const { length } = ctx.get('Accept')
  return length > LONGEST_ACCEPT ? 'html' : ctx.accepts('html', 'json', 'text')
}

interface ErrorPage {
  readonly status: number
  readonly title: string
  readonly message: string
  /** The address to ask again, where that may help. */
  readonly again?: string | undefined
  /** The page that led here, if it is one of this site. */
  readonly back?: string | undefined
  /** The page of this site that belongs to the address, for where `back` is not known. */
  readonly step?: string | undefined
  readonly command?: string | undefined
}

function errorPageOf(ctx: Context, { status, message, storeCommand, pageOf }: Failure): ErrorPage {
  const step = pageOf?.(ctx.path)
  const page = {
    status,
    title: reason(status),
    message,
    back: pageBefore(ctx),
    // A reload of a page that fails would lead nowhere.
    ...(step !== ctx.path && { step }),
  }
  if (status !== 500 && status !== 503) return page
  // Two slashes would lead to another host. A form is not sent again by a link.
  const again = ctx.method === 'GET' && !ctx.url.startsWith('//') ? ctx.url : undefined
  return { ...page, again, ...(status === 503 && { command: storeCommand }) }
}

/** The path of the page that led here, by the header `Referer`; undefined for other sites, and if it is this very page. */
function pageBefore(ctx: Context): string | undefined {
  const referrer = ctx.get('Referer')
  if (!URL.canParse(referrer)) return undefined
  const { host, pathname, search } = new URL(referrer)
  const path = pathname + search
  // A form may be sent to the address of its own page.
  const isHere = ctx.method === 'GET' && path === ctx.url
  return host === ctx.host && !path.startsWith('//') && !isHere ? path : undefined
}

/** Renders the error page. False if that fails: the client then gets plain text. */
async function rendered(ctx: Context, page: ErrorPage): Promise<boolean> {
  try {
    await ctx.render('error', page)
    return true
  } catch (viewError) {
    ctx.app.emit('error', viewError, ctx)
    return false
  }
}

/** A failure status without a body: no route, a method that a route does not take, or a handler's bare `ctx.status`. */
function isUnanswered(ctx: Context): boolean {
  const open = ctx.respond !== false && !ctx.headerSent && ctx.writable
  return open && ctx.status >= 400 && (ctx.body === undefined || ctx.body === null)
}

function toError(thrown: unknown): HttpError {
  return thrown instanceof Error ? thrown : new Error(`thrown, but not an error: ${inspect(thrown)}`)
}

/** The status of the response. 500 instead of a status that HTTP does not know, or after which a client waits (1xx). */
function statusOf(error: HttpError): number {
  const status = error.status || error.statusCode
  return typeof status === 'number' && status >= 200 && STATUS_CODES[status] !== undefined ? status : 500
}

function reason(status: number): string {
  return STATUS_CODES[status] ?? String(status)
}
