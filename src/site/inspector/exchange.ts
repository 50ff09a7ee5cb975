import type { Context } from 'koa'
import { setCookieLines } from '../../lib/internal.js'
import { type GivenCookie, givenCookies, type IsSecret, type SentCookie, sentCookies } from './cookies.js'
import type { EngineCall } from './recording.js'

/** One request and its response, as they were seen on the wire, and what the engine had to do for them. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly status: number
  /** Where the response sends the browser; empty if it does not. */
  readonly location: string
  readonly sent: readonly SentCookie[]
  readonly given: readonly GivenCookie[]
  readonly calls: readonly EngineCall[]
}

/** What is known when the response is complete but for its body. */
export function exchangeOf(ctx: Context, calls: readonly EngineCall[], isSecret: IsSecret): Exchange {
  return {
    method: ctx.method,
    path: ctx.path,
    status: ctx.status,
    // Whatever Koa's types say: without the header there is nothing.
    location: ctx.response.get('Location') ?? '',
    sent: sentCookies(ctx.req.headers.cookie, isSecret),
    given: givenCookies(setCookieLines(ctx), isSecret),
    calls,
  }
}
