import { type HTMLElement, parse } from 'node-html-parser'

/** A page's HTML, to be asked. */
export class Page {
  readonly #root: HTMLElement

  constructor(
    readonly status: number,
    readonly path: string,
    readonly html: string,
  ) {
    // A <pre> is parsed too, because source code in it has elements for its colours.
    this.#root = parse(html, { blockTextElements: { script: true, style: true } })
  }

  /** The text of the first element that matches, with white space collapsed; undefined without one. */
  text(selector: string): string | undefined {
    return this.all(selector)[0]
  }

  all(selector: string): string[] {
    return this.#root
      .querySelectorAll(selector)
      .map(({ textContent }) => textContent.replace(/\s+/g, ' ').trim())
  }

  value(selector: string): string | undefined {
    return this.#root.querySelector(selector)?.getAttribute('value')
  }

  has(selector: string): boolean {
    return this.#root.querySelector(selector) !== null
  }

  /** Where the link with this text leads. */
  link(text: string): string {
    const link = this.#root.querySelectorAll('a').find(({ textContent }) => textContent.trim() === text)
    const href = link?.getAttribute('href')
    if (href === undefined) throw new Error(`${this.path} has no link “${text}”`)
    return href
  }

  /** The whole address, query and all, that the form for `action` is sent to. */
  addressOf(action: string): string {
    return this.#formFor(action).getAttribute('action') ?? this.path
  }

  /** The hidden fields of the form that is sent to `action`: what a browser adds to what somebody types. */
  hiddenIn(action: string): Record<string, string> {
    const hidden = this.#formFor(action).querySelectorAll('input[type=hidden]')
    return Object.fromEntries(
      hidden.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
    )
  }

  #formFor(action: string): HTMLElement {
    const form = this.#root
      .querySelectorAll('form')
      .find((one) => (one.getAttribute('action') ?? this.path).split(/[?#]/)[0] === action)
    if (form === undefined) throw new Error(`${this.path} has no form that is sent to ${action}`)
    return form
  }
}

/** Keeps its cookies, and follows no redirect by itself. */
export interface Browser {
  fetch(path: string, init?: { method: string; body: URLSearchParams }): Promise<Response>
  /** Another browser with the same cookies. */
  copy(): Browser
}

/** Somebody who opens pages and sends their forms, in a browser without JavaScript. */
export class Visitor<Own extends Browser = Browser> {
  constructor(readonly browser: Own) {}

  /** Opens the page and follows redirects. */
  async open(path: string): Promise<Page> {
    return this.#follow(await this.browser.fetch(path), path)
  }

  /** Sends the form on `page` whose action is `action`, with these values, and follows redirects. */
  async submit(page: Page, action: string, typed: Readonly<Record<string, string>> = {}): Promise<Page> {
    const path = page.addressOf(action)
    const body = new URLSearchParams({ ...page.hiddenIn(action), ...typed })
    return this.#follow(await this.browser.fetch(path, { method: 'POST', body }), path)
  }

  async #follow(response: Response, path: string): Promise<Page> {
    const html = await response.text()
    const location = response.headers.get('Location')
    if (location === null) return new Page(response.status, path, html)
    const { pathname, search } = new URL(location, `http://site${path}`)
    return this.open(pathname + search)
  }
}
