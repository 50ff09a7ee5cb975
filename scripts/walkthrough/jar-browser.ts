import { Cookie, CookieJar } from 'tough-cookie'
import { CSRF_FIELD } from '../../src/lib/csrf/options.js'
import type { Browser } from './visitor.js'

/** One request and its response, as they were sent. */
export interface Wire {
  readonly method: string
  readonly path: string
  /** The form that was sent, without its token. */
  readonly fields: Readonly<Record<string, string>>
  /** The `Cookie` header; empty without one. */
  readonly cookie: string
  readonly status: number
  readonly location: string | undefined
  readonly setCookie: readonly string[]
}

export interface JarBrowserParts {
  /** The site's URL. */
  readonly base: string
  /** Milliseconds since 1970, by which cookies expire. */
  readonly clock: () => number
  /** Called with each exchange; the browser waits for it. */
  readonly onWire: (wire: Wire) => Promise<void>
}

/** A browser that keeps cookies as RFC 6265 says, by the caller's clock. */
export class JarBrowser implements Browser {
  readonly #parts: JarBrowserParts
  #jar = new CookieJar()
  /** Where the forms stand that are sent. Default: on the site. */
  origin: string

  constructor(parts: JarBrowserParts) {
    this.#parts = parts
    this.origin = parts.base
  }

  /** Another browser with the same cookies. */
  copy(): JarBrowser {
    return this.#with(this.#cookies())
  }

  /** A copy whose cookies never expire, as a thief would keep them: whether they still work is up to the server. */
  stolen(): JarBrowser {
    const browser = this.copy()
    for (const cookie of browser.#cookies()) cookie.setExpires('Infinity')
    return browser
  }

  /** The value of the browser's cookie. */
  cookie(name: string): string | undefined {
    return this.#cookies().find(({ key }) => key === name)?.value
  }

  /** As the developer tools do it. */
  setCookie(name: string, value: string): void {
    this.#keep(`${name}=${value}; Path=/`)
  }

  /** As closing the browser does: cookies without a date are removed. */
  restart(): void {
    const kept = this.#cookies().filter((cookie) => cookie.isPersistent())
    this.#jar = this.#with(kept).#jar
  }

  async fetch(path: string, init?: { method: string; body: URLSearchParams }): Promise<Response> {
    const cookie = this.#cookies(path)
      .map((one) => one.cookieString())
      .join('; ')
    const response = await fetch(this.#parts.base + path, {
      ...init,
      redirect: 'manual',
      // Browsers say where a form comes from.
      headers: { ...(cookie !== '' && { cookie }), ...(init && { origin: this.origin }) },
    })
    const setCookie = response.headers.getSetCookie()
    for (const line of setCookie) this.#keep(line)
    const { method = 'GET', body = new URLSearchParams() } = init ?? {}
    const fields = Object.fromEntries([...body].filter(([name]) => name !== CSRF_FIELD))
    const location = response.headers.get('Location') ?? undefined
    await this.#parts.onWire({ method, path, fields, cookie, status: response.status, location, setCookie })
    return response
  }

  #with(cookies: readonly Cookie[]): JarBrowser {
    const other = new JarBrowser(this.#parts)
    for (const cookie of cookies) other.#put(cookie.clone())
    return other
  }

  #keep(line: string): void {
    const cookie = Cookie.parse(line)
    if (cookie === undefined) return
    // The jar would count from the machine's time.
    if (typeof cookie.maxAge === 'number') {
      cookie.setExpires(new Date(this.#parts.clock() + cookie.maxAge * 1000))
      cookie.maxAge = null
    }
    this.#put(cookie)
  }

  #put(cookie: Cookie | undefined): void {
    if (cookie !== undefined) this.#jar.setCookieSync(cookie, this.#parts.base, { ignoreError: true })
  }

  /** Those that a request to `path` brings; without a path all of them. */
  #cookies(path = ''): Cookie[] {
    const now = this.#parts.clock()
    const all = this.#jar.getCookiesSync(this.#parts.base + path, { expire: false, allPaths: path === '' })
    return all.filter(({ expires }) => !(expires instanceof Date) || expires.getTime() > now)
  }
}
