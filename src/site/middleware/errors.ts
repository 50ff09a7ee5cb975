import { type OutgoingHttpHeaders, STATUS_CODES } from 'node:http'
import { inspect } from 'node:util'
import type { Context, Middleware } from 'koa'
import type { Logger } from '../../lib/index.js'
import { headersOf, property, statusOf } from '../../lib/internal.js'

/**
 * Answers what no handler answered, and what a handler threw: a page (the view `error`, with `status`, `title` and
 * `message`), JSON or plain text, as the client accepts. Clients see the message of an error that says
 * `expose: true`, never another one's. Use it first of all, and log with {@link logFailures}.
 */
export function errorPages(): Middleware {
  return async (ctx, next) => {
    // What stands above says it of every answer, as security headers do.
    const above = ctx.res.getHeaders()
    try {
      await next()
    } catch (thrown) {
      await answerFailure(ctx, toError(thrown), above)
      return
    }
    if (isUnanswered(ctx)) await answer(ctx, ctx.status, reason(ctx.status))
  }
}

/** The listener for the app's `error` event: logs the failures that are the server's own, with their causes. */
export function logFailures(logger: Logger): (thrown: unknown, ctx?: Context) => void {
  return (thrown, ctx) => {
    const err = toError(thrown)
    if (answerStatus(err) < 500) return
    logger.error({ err, method: ctx?.method, path: ctx?.path }, 'the request failed')
  }
}

async function answerFailure(ctx: Context, error: Error, above: OutgoingHttpHeaders): Promise<void> {
  // The answer has begun or is the handler's own: Koa reports the error, and answers only if that is still possible.
  if (ctx.headerSent || !ctx.writable || ctx.respond === false) throw error

  ctx.app.emit('error', error, ctx)
  // As Koa does: what the handler set belongs to an answer that never came to be, what is to be kept stands on the error.
  for (const name of ctx.res.getHeaderNames()) ctx.remove(name)
  // Those that describe a body are overwritten below by this page's own.
  for (const [name, value] of [...Object.entries(above), ...Object.entries(headersOf(error) ?? {})]) {
    ctx.set(name, Array.isArray(value) ? value.map(String) : String(value))
  }

  const status = answerStatus(error)
  await answer(ctx, status, property(error, 'expose') === true ? error.message : reason(status))
}

async function answer(ctx: Context, status: number, message: string): Promise<void> {
  ctx.status = status
  ctx.vary('Accept')
  if (!ctx.res.hasHeader('Cache-Control')) ctx.set('Cache-Control', 'no-store')

  const type = ctx.accepts('html', 'json', 'text')
  if (type === 'json') {
    ctx.body = { status, message }
  } else if (type !== 'html' || !(await rendered(ctx, { status, title: reason(status), message }))) {
    ctx.type = 'text'
    ctx.body = message
  }
}

/** Renders the error page; false if that fails too, which must not keep the client from an answer. */
async function rendered(
  ctx: Context,
  page: { status: number; title: string; message: string },
): Promise<boolean> {
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

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`thrown, but not an error: ${inspect(thrown)}`)
}

/** The status to answer with. After a 1xx a client would go on waiting. */
function answerStatus(error: Error): number {
  const status = statusOf(error)
  return status < 200 ? 500 : status
}

function reason(status: number): string {
  return STATUS_CODES[status] ?? String(status)
}
