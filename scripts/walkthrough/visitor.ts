import { Page } from './page.js'

/** What a visitor goes about with: keeps the cookies that it is given, and follows nothing by itself. */
export interface Browser {
  fetch(path: string, init?: { method: string; body: URLSearchParams }): Promise<Response>
  /** Another one with the cookies of now. */
  copy(): Browser
}

/** Somebody who opens pages and sends their forms, as in a browser without scripts. Tabs are the same visitor. */
export class Visitor<Own extends Browser = Browser> {
  constructor(readonly browser: Own) {}

  /** Opens the page, following wherever it leads. */
  async open(path: string): Promise<Page> {
    return this.#follow(await this.browser.fetch(path), path)
  }

  /** Sends the form on `page` that goes to `action`, with what somebody typed into it, and follows. */
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
