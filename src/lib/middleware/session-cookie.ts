import type { Logger } from '../logger.js'
import {
  type CookieLife,
  type CookieOptions,
  type CookieSettings,
  maxAgeOf,
  removeCookie,
  setCookie,
} from './cookie.js'

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

/** Makes the `Set-Cookie` lines of the session's cookie. */
export class SessionCookie {
  readonly name: string
  /** `true`: always with `Secure`. `auto`: over HTTPS only. */
  readonly secure: boolean | 'auto'
  readonly #overHttps: CookieLines
  readonly #overHttp: CookieLines
  readonly #parts: SessionCookieParts
  #lastWarning = Number.NEGATIVE_INFINITY

  constructor(cookie: CookieSettings, parts: SessionCookieParts) {
    this.name = cookie.name
    this.secure = cookie.secure
    this.#overHttps = new CookieLines({ ...cookie, secure: true })
    this.#overHttp = new CookieLines({ ...cookie, secure: false })
    this.#parts = parts
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
class CookieLines {
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
 * A session's id is its cookie's value as it is: what would have to be encoded would not be found again (S42).
 *
 * @throws TypeError for an id that is not made of `A-Za-z0-9_.-`.
 */
function checkedId(id: string): string {
  if (/^[\w.-]*$/.test(id)) return id
  throw new TypeError(
    `the engine made an id of other characters than A-Za-z0-9_.-: ${JSON.stringify(id.replace(/[\w.-]/g, '*'))}`,
  )
}
