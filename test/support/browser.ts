/**
 * Fetches as a browser does: keeps the cookies that it is given, drops those it is told to, follows nothing. It does not
 * say which site a form comes from, as those of before 2020, so that the forms' tokens are what counts.
 */
export class Browser {
  readonly #base: string
  readonly cookies = new Map<string, string>()
  /** Says `Origin` with each form, as browsers do: forms of a page from before the session had its id are taken then. */
  saysOrigin = false
  /** What it calls itself; without it, as Node's `fetch` does. */
  userAgent: string | undefined

  constructor(base: string) {
    this.#base = base
  }

  /** Another server's cookies are not this one's: a browser of its own, but with these cookies. */
  movedTo(base: string): Browser {
    const moved = new Browser(base)
    moved.saysOrigin = this.saysOrigin
    moved.userAgent = this.userAgent
    for (const [name, value] of this.cookies) moved.cookies.set(name, value)
    return moved
  }

  /** Another one with the cookies of now. */
  copy(): Browser {
    return this.movedTo(this.#base)
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookie !== '') headers.set('Cookie', cookie)
    if (this.saysOrigin && init.method === 'POST') headers.set('Origin', this.#base)
    if (this.userAgent !== undefined) headers.set('User-Agent', this.userAgent)
    const response = await fetch(new URL(path, this.#base), { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** The text of the element with this id. */
  async textOf(id: string, path: string): Promise<string | undefined> {
    const page = await (await this.fetch(path)).text()
    return new RegExp(`id="${id}"[^>]*>([^<]*)<`).exec(page)?.[1]
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? []
    const gone =
      /;\s*max-age=0/i.test(line) || Date.parse(/expires=([^;]*)/i.exec(line)?.[1] ?? '') <= Date.now()
    if (gone) this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}
