import {
  type CookieLife,
  type CookieOptions,
  type CookieSettings,
  maxAgeOf,
  removeCookie,
  setCookie,
} from './cookie.js'

/** The session's cookie as the browser is to have it. */
export class SessionCookie {
  readonly name: string
  readonly #secure: boolean | 'auto'
  readonly #overHttps: CookieLines
  readonly #overHttp: CookieLines
  readonly #warnOfPlainHttp: () => void

  constructor(cookie: CookieSettings, warnOfPlainHttp: () => void) {
    this.name = cookie.name
    this.#secure = cookie.secure
    this.#overHttps = new CookieLines({ ...cookie, secure: true })
    this.#overHttp = new CookieLines({ ...cookie, secure: false })
    this.#warnOfPlainHttp = warnOfPlainHttp
  }

  /** How it is written in an answer that goes over HTTPS, or over plain HTTP. */
  linesOver(isHttps: boolean): CookieLines {
    if (this.#secure === 'auto') return isHttps ? this.#overHttps : this.#overHttp
    if (this.#secure && !isHttps) this.#warnOfPlainHttp()
    return this.#secure ? this.#overHttps : this.#overHttp
  }
}

/** How many lines of one second are kept: nearly all sessions live equally long, give or take a second. */
const KEPT = 8

/**
 * The `Set-Cookie` lines of one cookie. Beside their value they differ once a second and by how long the session lives, so
 * what the library made is kept as long as that.
 */
class CookieLines {
  readonly #options: CookieOptions
  #second = Number.NaN
  /** By `Max-Age`: all that comes after the value. */
  readonly #rests = new Map<number | undefined, string>()

  constructor(options: CookieOptions) {
    this.#options = options
  }

  set(value: string, life: CookieLife): string {
    return `${this.#options.name}=${encoded(value)}${this.#restFor(life)}`
  }

  remove(): string {
    return removeCookie(this.#options)
  }

  #restFor(life: CookieLife): string {
    const maxAge = life === 'browser' ? undefined : maxAgeOf(life)
    if (life !== 'browser') this.#forgetBefore(Math.trunc(life.now / 1000))
    const kept = this.#rests.get(maxAge)
    if (kept !== undefined) return kept
    const rest = setCookie(this.#options, '', life).slice(this.#options.name.length + 1)
    this.#rests.set(maxAge, rest)
    return rest
  }

  #forgetBefore(second: number): void {
    if (second === this.#second && this.#rests.size < KEPT) return
    this.#rests.clear()
    this.#second = second
  }
}

/** Nearly every value needs no encoding. */
function encoded(value: string): string {
  return /^[\w.-]*$/.test(value) ? value : encodeURIComponent(value)
}
