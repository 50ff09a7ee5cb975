import type { Context } from 'koa'
import type { Logger } from '../logger.js'
import {
  type CookieLife,
  type CookieOptions,
  type CookieSettings,
  maxAgeOf,
  readCookies,
  removeCookie,
  setCookie,
} from './cookie.js'
import { givenCookie, keepCookie, sendCookie, varyOn, varyOnCookie, withdrawCookie } from './response.js'

/** Milliseconds from one warning about plain HTTP to the next, which every request could cause. */
const WARNING_INTERVAL = 60_000

const PLAIN_HTTP =
  'the session cookie is Secure, but the request came over plain HTTP, where browsers drop such a cookie without ' +
  'notice: serve HTTPS; behind a proxy that does, set app.proxy = true; for development, set COOKIE_SECURE to auto or false'

export interface SessionCookieParts {
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** What an id becomes on its way to the client: a line of `Set-Cookie`, or a header's value. */
export interface IdLines {
  set(id: string, life: CookieLife): string
  remove(): string
}

/** How ids travel between a client and its session. */
export interface IdCarrier {
  /** The ids that a request brings. */
  sentIds(headers: Context['req']['headers']): readonly string[]
  /** The id that the response gives so far: empty if it removes the one that the client has. */
  given(ctx: Context): string | undefined
  /** @throws TypeError if what the application says of this request's cookie is wrong. */
  linesFor(ctx: Context): IdLines
  send(ctx: Context, line: string): void
  /** Takes back what `send` has given the response. */
  withdraw(ctx: Context): void
  /** Sees to it that the response goes out with `line`. `undefined`: it may get lost. */
  keep(ctx: Context, line: string | undefined): void
  /** Tells caches what the response depends on. */
  vary(ctx: Context): void
  /** Takes back what the response was given so far, other parts' cookies too. */
  clear(ctx: Context): void
}

/** The part of the cookie that the application may say for each request. */
export type CookiePlace = Partial<Pick<CookieOptions, 'domain' | 'path'>>

export interface PerRequest {
  /** Answers domain and path, where they are not the settings'. @throws TypeError if an answer is wrong. */
  readonly placeOf?: ((ctx: Context) => CookiePlace) | undefined
  /** The header that may bring an id instead of the cookie, in small letters. */
  readonly idFrom?: string | undefined
}

/** Domains and paths whose lines are kept: whoever chooses a Host header can name any number. */
const MOST_PLACES = 100

/** The session's cookie: what requests bring, and the `Set-Cookie` lines of responses. */
export class SessionCookie implements IdCarrier {
  readonly name: string
  /** `true`: always with `Secure`. `auto`: over HTTPS only. */
  readonly secure: boolean | 'auto'
  readonly #overHttps: CookieLines
  readonly #overHttp: CookieLines
  readonly #cookie: CookieSettings
  readonly #parts: SessionCookieParts
  readonly #perRequest: PerRequest
  /** By domain and path, where the application says them. */
  readonly #places = new Map<string, SessionCookie>()
  #lastWarning = Number.NEGATIVE_INFINITY

  constructor(cookie: CookieSettings, parts: SessionCookieParts, perRequest: PerRequest = {}) {
    this.#cookie = cookie
    this.#perRequest = perRequest
    this.name = cookie.name
    this.secure = cookie.secure
    this.#overHttps = new CookieLines({ ...cookie, secure: true })
    this.#overHttp = new CookieLines({ ...cookie, secure: false })
    this.#parts = parts
  }

  /** Whether the application is to be asked before a session is stored. */
  get isPerRequest(): boolean {
    return this.#perRequest.placeOf !== undefined
  }

  sentIds({ cookie }: Context['req']['headers']): readonly string[] {
    return readCookies(cookie, this.name)
  }

  given(ctx: Context): string | undefined {
    return givenCookie(ctx, this.name)
  }

  linesFor(ctx: Context): IdLines {
    const { placeOf } = this.#perRequest
    if (placeOf === undefined) return this.linesOver(ctx.secure)
    const place = placeOf(ctx)
    const key = JSON.stringify([place.domain, place.path])
    if (this.#places.size >= MOST_PLACES) this.#places.clear()
    const cookie = this.#places.get(key) ?? new SessionCookie({ ...this.#cookie, ...place }, this.#parts)
    this.#places.set(key, cookie)
    return cookie.linesOver(ctx.secure)
  }

  send(ctx: Context, line: string): void {
    sendCookie(ctx, this.name, line)
  }

  withdraw(ctx: Context): void {
    withdrawCookie(ctx, this.name)
  }

  keep(ctx: Context, line: string | undefined): void {
    keepCookie(ctx, this.name, line)
  }

  vary(ctx: Context): void {
    varyOnCookie(ctx)
    if (this.#perRequest.idFrom !== undefined) varyOn(ctx, this.#perRequest.idFrom)
  }

  clear(ctx: Context): void {
    ctx.remove('Set-Cookie')
  }

  /** The lines for an answer that goes over HTTPS, or over plain HTTP. */
  linesOver(isHttps: boolean): CookieLines {
    if (this.secure === 'auto') return isHttps ? this.#overHttps : this.#overHttp
    if (this.secure && !isHttps) this.#warnOfPlainHttp()
    return this.secure ? this.#overHttps : this.#overHttp
  }

  #warnOfPlainHttp(): void {
    const now = this.#parts.clock()
    // A clock that was set back must not silence the warning for long (S25).
    if (now >= this.#lastWarning && now < this.#lastWarning + WARNING_INTERVAL) return
    this.#lastWarning = now
    this.#parts.logger.warn({ cookieName: this.name }, PLAIN_HTTP)
  }
}

/** How many lines of one second are cached: nearly all sessions live equally long, give or take a second. */
const MOST_CACHED = 8

/**
 * The `Set-Cookie` lines of one cookie. Apart from the value a line changes once a second, with `Expires`, and with the
 * session's life. So what the library made is cached for a second.
 */
class CookieLines implements IdLines {
  readonly #options: CookieOptions
  #second = -1
  /** Everything that follows the value, by `Max-Age`. */
  readonly #attributes = new Map<number | undefined, string>()

  constructor(options: CookieOptions) {
    this.#options = options
  }

  set(value: string, life: CookieLife): string {
    return `${this.#options.name}=${checkedId(value)}${this.#attributesFor(life)}`
  }

  remove(): string {
    return removeCookie(this.#options)
  }

  #attributesFor(life: CookieLife): string {
    const second = life === 'browser' ? this.#second : Math.trunc(life.now / 1000)
    if (second !== this.#second || this.#attributes.size >= MOST_CACHED) {
      this.#attributes.clear()
      this.#second = second
    }
    const maxAge = life === 'browser' ? undefined : maxAgeOf(life)
    const cached = this.#attributes.get(maxAge)
    if (cached !== undefined) return cached
    const attributes = setCookie(this.#options, '', life).slice(this.#options.name.length + 1)
    this.#attributes.set(maxAge, attributes)
    return attributes
  }
}

/**
 * A session's id is its cookie's value as it is: what would have to be encoded would not be found again (S42). Django puts
 * colons into a cookie that it signs, and reads none that is encoded.
 *
 * @throws TypeError for an id that is not made of `A-Za-z0-9_.:-`.
 */
function checkedId(id: string): string {
  if (/^[\w.:-]*$/.test(id)) return id
  throw new TypeError(
    `the engine made an id of other characters than A-Za-z0-9_.:- (${JSON.stringify(id.replace(/[\w.:-]/g, '*'))})`,
  )
}
