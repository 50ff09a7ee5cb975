import type { Context } from 'koa'
import { LRUCache } from 'lru-cache'
import { EngineUnavailable } from '../../lib/index.js'
import { CSRF_COOKIE, givenCookie, readCookie, setCookieLines } from '../../lib/internal.js'
import type { IsSecret } from './cookies.js'
import { type Exchange, exchangeOf } from './exchange.js'
import { type EngineCall, recording } from './recording.js'
import { type Excerpt, excerpt } from './source.js'
import { recordOn, type Shelf, type StoredRecord } from './stored-record.js'

/** What happened under the hood of a page. */
export interface Panel {
  /** The request that this page answers. */
  readonly exchange: Exchange
  /** The form that was sent before and led here. */
  readonly before: Exchange | undefined
  /** The visitor's own records, after the response. Undefined while the store does not answer. */
  readonly records: readonly StoredRecord[] | undefined
  readonly excerpts: readonly Excerpt[]
}

/** For how long a form's exchange waits for the page that it leads to: milliseconds. */
const PATIENCE = 20_000

/** Looks under the hood, for those who learn. What it finds is the visitor's own; ids are shown as a hash only. */
export class Inspector {
  readonly #shelves: readonly Shelf[]
  readonly #isSecret: IsSecret
  readonly #before = new LRUCache<string, Exchange>({ max: 1000, ttl: PATIENCE })

  constructor(shelves: readonly Shelf[]) {
    const secrets = new Set([CSRF_COOKIE, ...shelves.map(({ cookieName }) => cookieName)])
    this.#shelves = shelves
    this.#isSecret = (name) => secrets.has(name)
  }

  /** Runs the handlers, and answers what they asked of the engine. */
  async watch(next: () => Promise<void>): Promise<readonly EngineCall[]> {
    const calls: EngineCall[] = []
    await recording(calls, next)
    return calls
  }

  /** Keeps the exchange of a form that was sent for the page that the browser asks for next. */
  remember(ctx: Context, calls: readonly EngineCall[]): void {
    // The page will be asked for with the token that this answer gives, if it gives one.
    const visitor = givenCookie(ctx, CSRF_COOKIE) ?? readCookie(ctx.req.headers.cookie, CSRF_COOKIE)
    if (visitor !== undefined) this.#before.set(visitor, exchangeOf(ctx, calls, this.#isSecret))
  }

  async panel(ctx: Context, calls: readonly EngineCall[], sources: readonly string[]): Promise<Panel> {
    return {
      exchange: exchangeOf(ctx, calls, this.#isSecret),
      before: this.#takeBefore(ctx),
      records: await this.#recordsOf(ctx),
      excerpts: sources.map(excerpt),
    }
  }

  /** The page itself may not need the store: that it is down is told on the panel, and takes nothing else away. */
  async #recordsOf(ctx: Context): Promise<readonly StoredRecord[] | undefined> {
    try {
      const wire = { cookie: ctx.req.headers.cookie, setCookie: setCookieLines(ctx) }
      const records = await Promise.all(this.#shelves.map((shelf) => recordOn(shelf, wire)))
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
