import { randomBytes } from 'node:crypto'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { Context } from 'koa'
import { LRUCache } from 'lru-cache'
import { EngineUnavailable } from '../../lib/index.js'
import { type Change, changesOf, type DataLine, dataLines } from './changes.js'
import {
  type CookiesRead,
  type GivenCookie,
  givenCookies,
  OWN_PREFIX,
  type SentCookie,
  sentCookies,
} from './cookies.js'
import { type EngineCall, recording } from './recording.js'
import { type Sent, type Sequence, sequenceOf } from './sequence.js'
import { type Excerpt, excerpt } from './source.js'
import { type InspectedSessions, type StoredRecord, storedRecordOf } from './stored-record.js'

/** One request and its response as they were sent, and the engine's calls meanwhile. */
export interface Exchange extends Sent {
  /** Whether it asked for a session: without a call of the engine, no cookie of that session came. */
  readonly asksSession: boolean
  readonly changes: readonly Change[]
}

/** An exchange as the panel shows it. */
export interface ShownExchange extends Exchange {
  /** What it was: the form that was sent, or the page itself. */
  readonly kind: 'form' | 'page'
  readonly sequence: Sequence
}

/** A stored record as the panel shows it. */
export interface ShownRecord extends StoredRecord {
  /** Whether this step asked the store for it. A record that was not asked for is folded. */
  readonly isUsed: boolean
  readonly lines: readonly DataLine[]
}

/** What the inspector shows beside a page. */
export interface Panel {
  /** The form that was sent before and redirected here, if there was one, and the request that this page answers. */
  readonly exchanges: readonly ShownExchange[]
  /** The visitor's own records after the response, those that this step used first. Undefined while the store does not answer. */
  readonly records: readonly ShownRecord[] | undefined
  readonly excerpts: readonly Excerpt[]
}

/** In a request's state: whether a handler asked for a session. */
interface SessionAsked {
  asksSession?: boolean
}

/** For how long a form's exchange is kept for the page that it redirects to: seconds. */
const BEFORE_AGE = 20

/** Shows visitors their own requests, cookies and records. Ids are shown as hashes only. */
export class Inspector {
  readonly #inspected: readonly InspectedSessions[]
  /** By a cookie that only the browser which sent the form has. */
  readonly #before = new LRUCache<string, Exchange>({ max: 1000, ttl: BEFORE_AGE * 1000 })

  constructor(inspected: readonly InspectedSessions[]) {
    this.#inspected = inspected
  }

  /** Runs the handlers, and answers the engine's calls meanwhile. */
  async record(ctx: Context, next: () => Promise<void>): Promise<readonly EngineCall[]> {
    const calls: EngineCall[] = []
    const state: SessionAsked = ctx.state
    // Without a cookie no engine is called, so only this tells that a handler asked for its session.
    Object.defineProperty(ctx, 'session', {
      configurable: true,
      get: () => {
        state.asksSession = true
        return Reflect.get(Object.getPrototypeOf(ctx), 'session', ctx)
      },
    })
    await recording(calls, next)
    return calls
  }

  /**
   * Keeps the exchange of a form for the page that it redirects to. A random cookie of this one response leads to it: a
   * cookie that the browser had before may have been planted by somebody who knows it, and two tabs share their cookies.
   */
  remember(ctx: Context, calls: readonly EngineCall[]): void {
    const exchange = this.#exchangeOf(ctx, calls)
    if (exchange.location === '') return
    const name = OWN_PREFIX + randomBytes(6).toString('hex')
    const value = randomBytes(24).toString('base64url')
    this.#before.set(`${name}=${value}`, exchange)
    setOwnCookie(ctx, { name, value, path: pathOf(exchange.location), maxAge: BEFORE_AGE })
  }

  async panel(ctx: Context, calls: readonly EngineCall[], sources: readonly string[]): Promise<Panel> {
    const page = this.#exchangeOf(ctx, calls)
    const form = this.#takeBefore(ctx)
    const exchanges = form === undefined ? [page] : [form, page]
    return {
      exchanges: exchanges.map((one) => ({
        ...one,
        kind: one === page ? 'page' : 'form',
        sequence: sequenceOf(one),
      })),
      records: shownRecords(await this.#recordsOf(ctx), exchanges),
      excerpts: sources.map(excerpt),
    }
  }

  /** Call it when the response is complete but for its body. */
  #exchangeOf(ctx: Context, calls: readonly EngineCall[]): Exchange {
    const sent = sentCookies(ctx.req.headers.cookie)
    const given = givenCookies(setCookieLines(ctx))
    return {
      method: ctx.method,
      path: ctx.path,
      status: ctx.status,
      // Koa's types promise a string, but without the header it is undefined.
      location: ctx.response.get('Location') ?? '',
      sent,
      used: usedOf(ctx, sent, given, calls),
      asksSession: (ctx.state as SessionAsked).asksSession === true,
      given,
      // What they said of the data is in the changes; it is not kept twice.
      calls: calls.map(({ data: _, ...call }) => call),
      changes: changesOf(calls, sent, given),
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

  /** The exchange of the form that redirected to this very address. It is shown once. */
  #takeBefore(ctx: Context): Exchange | undefined {
    for (const [name, value] of Object.entries(parseCookie(ctx.req.headers.cookie ?? ''))) {
      const key = `${name}=${value}`
      const before = name.startsWith(OWN_PREFIX) ? this.#before.get(key) : undefined
      if (before?.location !== ctx.url) continue
      this.#before.delete(key)
      setOwnCookie(ctx, { name, value: '', path: pathOf(before.location), maxAge: 0 })
      return before
    }
    return undefined
  }
}

/** The names of the cookies that matter to this step: whatever else the browser holds was sent too. */
function usedOf(
  ctx: Context,
  sent: readonly SentCookie[],
  given: readonly GivenCookie[],
  calls: readonly EngineCall[],
): ReadonlySet<string> {
  const { cookiesRead }: CookiesRead = ctx.state
  const asked = new Set(calls.map(({ key }) => key))
  const answered = new Set(given.map(({ name }) => name))
  const isUsed = ({ name, value }: SentCookie): boolean =>
    cookiesRead?.has(name) === true ||
    asked.has(value) ||
    answered.has(name) ||
    // The form's own token is compared with this cookie.
    (ctx.method === 'POST' && name.endsWith('csrftoken'))
  return new Set(sent.filter(isUsed).map(({ name }) => name))
}

function shownRecords(
  records: readonly StoredRecord[] | undefined,
  exchanges: readonly Exchange[],
): readonly ShownRecord[] | undefined {
  const calls = exchanges.flatMap((one) => one.calls)
  const asked = new Set(calls.flatMap(({ key, newKey }) => [key, newKey]))
  const changes = exchanges.flatMap((one) => one.changes)
  return records
    ?.map((record) => {
      const isUsed = asked.has(record.id)
      return { ...record, isUsed, lines: dataLines(record.data, isUsed ? changes : []) }
    })
    .sort((one, other) => Number(other.isUsed) - Number(one.isUsed))
}

interface OwnCookie {
  readonly name: string
  readonly value: string
  readonly path: string
  /** Seconds. */
  readonly maxAge: number
}

function setOwnCookie(ctx: Context, cookie: OwnCookie): void {
  const attributes = { httpOnly: true, secure: ctx.secure, sameSite: 'strict' } as const
  ctx.append('Set-Cookie', stringifySetCookie({ ...cookie, ...attributes }))
}

function pathOf(location: string): string {
  return location.split('?', 1)[0] ?? '/'
}

function setCookieLines({ res }: Context): readonly string[] {
  return [res.getHeader('Set-Cookie') ?? []].flat().map(String)
}
