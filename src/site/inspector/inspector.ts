import type { Context } from 'koa'
import { LRUCache } from 'lru-cache'
import { EngineUnavailable } from '../../lib/index.js'
import { CSRF_COOKIE, givenCookie, readCookie } from '../../lib/internal.js'
import { type GivenCookie, givenCookies, type SentCookie, sentCookies } from './cookies.js'
import { type EngineCall, recording } from './recording.js'
import { type Excerpt, excerpt } from './source.js'
import { type InspectedSessions, type StoredRecord, storedRecordOf } from './stored-record.js'

/** One request and its response as they were sent, and the engine's calls meanwhile. */
export interface Exchange {
  readonly method: string
  readonly path: string
  readonly status: number
  /** Where the response redirects to; empty if it does not. */
  readonly location: string
  readonly sent: readonly SentCookie[]
  readonly given: readonly GivenCookie[]
  readonly calls: readonly EngineCall[]
}

/** What the inspector shows beside a page. */
export interface Panel {
  /** The request that this page answers. */
  readonly exchange: Exchange
  /** The form that was sent before and redirected here. */
  readonly before: Exchange | undefined
  /** The visitor's own records after the response. Undefined while the store does not answer. */
  readonly records: readonly StoredRecord[] | undefined
  readonly excerpts: readonly Excerpt[]
}

/** For how long a form's exchange is kept for the page that it redirects to: milliseconds. */
const BEFORE_TTL = 20_000

/** Shows visitors their own requests, cookies and records. Ids are shown as hashes only. */
export class Inspector {
  readonly #inspected: readonly InspectedSessions[]
  readonly #before = new LRUCache<string, Exchange>({ max: 1000, ttl: BEFORE_TTL })

  constructor(inspected: readonly InspectedSessions[]) {
    this.#inspected = inspected
  }

  /** Runs the handlers, and answers the engine's calls meanwhile. */
  async record(next: () => Promise<void>): Promise<readonly EngineCall[]> {
    const calls: EngineCall[] = []
    await recording(calls, next)
    return calls
  }

  /** Keeps the exchange of a form for the page that it redirects to. */
  remember(ctx: Context, calls: readonly EngineCall[]): void {
    const visitor = givenCookie(ctx, CSRF_COOKIE) ?? readCookie(ctx.req.headers.cookie, CSRF_COOKIE)
    if (visitor !== undefined) this.#before.set(visitor, exchangeOf(ctx, calls))
  }

  async panel(ctx: Context, calls: readonly EngineCall[], sources: readonly string[]): Promise<Panel> {
    return {
      exchange: exchangeOf(ctx, calls),
      before: this.#takeBefore(ctx),
      records: await this.#recordsOf(ctx),
      excerpts: sources.map(excerpt),
    }
  }

  /** A page may not need the store: while it is down, the panel says so and the page is shown. */
  async #recordsOf(ctx: Context): Promise<readonly StoredRecord[] | undefined> {
    try {
      const headers = { cookie: ctx.req.headers.cookie, setCookie: setCookieLines(ctx) }
      const records = await Promise.all(this.#inspected.map((one) => storedRecordOf(one, headers)))
      return records.filter((record) => record !== undefined)
    } catch (error) {
      if (error instanceof EngineUnavailable) return undefined
      throw error
    }
  }

  #takeBefore(ctx: Context): Exchange | undefined {
    const visitor = readCookie(ctx.req.headers.cookie, CSRF_COOKIE) ?? ''
    const before = this.#before.get(visitor)
    if (before?.location.split('?')[0] !== ctx.path) return undefined
    this.#before.delete(visitor)
    return before
  }
}

/** Call it when the response is complete but for its body. */
function exchangeOf(ctx: Context, calls: readonly EngineCall[]): Exchange {
  return {
    method: ctx.method,
    path: ctx.path,
    status: ctx.status,
    // Koa's types promise a string, but without the header it is undefined.
    location: ctx.response.get('Location') ?? '',
    sent: sentCookies(ctx.req.headers.cookie),
    given: givenCookies(setCookieLines(ctx)),
    calls,
  }
}

function setCookieLines({ res }: Context): readonly string[] {
  return [res.getHeader('Set-Cookie') ?? []].flat().map(String)
}
