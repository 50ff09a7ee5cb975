import { CookieJar } from 'tough-cookie'
import { Page } from './page.js'

/** One request and its response, as they went over the wire. */
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

/** Somebody with a browser that has no scripts: keeps cookies, follows redirects, sends forms with their hidden fields. */
export class Visitor {
  readonly #base: string
  readonly #onWire: (wire: Wire) => Promise<void>
  #jar: CookieJar

  constructor(base: string, onWire: (wire: Wire) => Promise<void>, jar = new CookieJar()) {
    this.#base = base
    this.#onWire = onWire
    this.#jar = jar
  }

  /** A second tab: the same cookies, now and later. */
  tab(): Visitor {
    return new Visitor(this.#base, this.#onWire, this.#jar)
  }

  /** A copy of the browser: the same cookies, which go different ways from now on. */
  copy(): Visitor {
    return new Visitor(this.#base, this.#onWire, this.#jar.cloneSync())
  }

  /** The value of a cookie that the browser holds for this site. */
  async cookie(name: string): Promise<string | undefined> {
    return (await this.#jar.getCookies(this.#base)).find(({ key }) => key === name)?.value
  }

  async setCookie(name: string, value: string): Promise<void> {
    await this.#jar.setCookie(`${name}=${value}; Path=/`, this.#base)
  }

  /** What closing the browser does: cookies without a date are gone. */
  async restart(): Promise<void> {
    const kept = (await this.#jar.getCookies(this.#base)).filter((cookie) => cookie.isPersistent())
    this.#jar = new CookieJar()
    for (const cookie of kept) await this.#jar.setCookie(cookie, this.#base)
  }

  /** Opens a page, following wherever it leads. */
  open(path: string): Promise<Page> {
    return this.#send('GET', path, {})
  }

  /** Sends the form on `page` that goes to `action`, with what somebody typed into it. */
  submit(page: Page, action: string, typed: Readonly<Record<string, string>> = {}): Promise<Page> {
    return this.#send('POST', action, { ...page.hiddenIn(action), ...typed })
  }

  async #send(method: string, path: string, fields: Record<string, string>): Promise<Page> {
    const cookie = await this.#jar.getCookieString(this.#base + path)
    const response = await fetch(this.#base + path, {
      method,
      redirect: 'manual',
      headers: cookie === '' ? {} : { cookie },
      ...(method === 'POST' && { body: new URLSearchParams(fields) }),
    })
    const html = await response.text()
    const setCookie = response.headers.getSetCookie()
    for (const line of setCookie) await this.#jar.setCookie(line, this.#base + path, { ignoreError: true })
    const location = response.headers.get('Location') ?? undefined
    const { csrfmiddlewaretoken: _, ...shown } = fields
    await this.#onWire({ method, path, fields: shown, cookie, status: response.status, location, setCookie })
    if (location === undefined) return new Page(response.status, path, html)
    const { pathname, search } = new URL(location, this.#base + path)
    return this.open(pathname + search)
  }
}
