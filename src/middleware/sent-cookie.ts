import {
  type CookieLife,
  type CookieOptions,
  maxAgeOf,
  removeCookie,
  type SessionCookie,
  setCookie,
} from './cookie.js'

/** The session's cookie as the browser is to have it. */
export class SentCookie {
  readonly name: string
  readonly #secure: boolean | 'auto'
  readonly #overHttps: CookieLines
  readonly #overHttp: CookieLines
  readonly #warnOfPlainHttp: () => void

  constructor(cookie: SessionCookie, warnOfPlainHttp: () => void) {
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

/**
 * The `Set-Cookie` lines of one cookie. They differ in their value, and otherwise once a second, so what the library made
 * is kept as long as that.
 */
class CookieLines {
  readonly #options: CookieOptions
  #maxAge: number | undefined
  #second = Number.NaN
  /** All that comes after the value. */
  #rest = ''

  constructor(options: CookieOptions) {
    this.#options = options
  }

  set(value: string, life: CookieLife): string {
    const { name } = this.#options
    const maxAge = life === 'browser' ? undefined : maxAgeOf(life)
    const second = life === 'browser' ? 0 : Math.trunc(life.now / 1000)
    if (second !== this.#second || maxAge !== this.#maxAge) {
      this.#rest = setCookie(this.#options, '', life).slice(name.length + 1)
      this.#second = second
      this.#maxAge = maxAge
    }
    return `${name}=${encoded(value)}${this.#rest}`
  }

  remove(): string {
    return removeCookie(this.#options)
  }
}

/** Nearly every value needs no encoding. */
function encoded(value: string): string {
  return /^[\w.-]*$/.test(value) ? value : encodeURIComponent(value)
}
