import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type HTMLElement, parse } from 'node-html-parser'
import { createApp } from '../../src/app.js'
import { openObserved } from '../../src/hood/open-observed.js'
import { loadSettings, openSessions, type Sessions } from '../../src/index.js'
import { showsInternals } from '../../src/settings/settings.js'
import { Browser } from '../helpers/browser.js'
import { serve } from '../helpers/serve.js'
import { temporaryDirectory } from '../helpers/server-process.js'

/** The demo site on an engine, with the time in the test's hand. */
export interface Site {
  readonly url: string
  readonly sessions: Sessions
  /** Milliseconds since 1970; begins at the present, because browsers hold no clock but that. */
  now: number
  /** Somebody with a browser and no cookies yet. */
  person(): Person
}

/** Engines that differ in what a walkthrough can notice: memory, a database, and the cookie itself. */
const ENGINES = ['cache', 'db', 'signed_cookies'] as const

/** Registers the test once for each of these engines. */
export function onEngines(title: string, run: (t: ExecutionContext, site: Site) => Promise<unknown>): void {
  for (const engine of ENGINES) {
    test(`${engine}: ${title}`, async (t) => run(t, await openSite(t, { SESSION_ENGINE: engine })))
  }
}

/** The site with settings of the test's own, as the environment would give them. */
export async function openSite(
  t: ExecutionContext,
  env: Readonly<Record<string, string>> = {},
): Promise<Site> {
  const directory = await temporaryDirectory(t)
  const settings = await loadSettings({
    configDir: directory,
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: 'a secret of the tests, and of nobody else',
      DATABASE_URL: `sqlite:${join(directory, 'sessions.sqlite')}`,
      ...env,
    },
  })
  const quiet = { warn: () => {}, error: () => {}, info: () => {} }
  const sessions = await openSessions({
    ...settings,
    engine: showsInternals(settings) ? openObserved(settings) : settings.engine,
    clock: () => site.now,
    logger: quiet,
  })
  t.teardown(() => sessions.close())
  const app = await createApp({ sessions, settings, logger: quiet, clock: () => site.now })
  app.silent = true
  const url = await serve(t, app)
  const site: Site = { url, sessions, now: Date.now(), person: () => new Person(new Browser(url)) }
  return site
}

/** What a page shows. */
export class Page {
  readonly #root: HTMLElement

  constructor(
    readonly status: number,
    readonly path: string,
    readonly html: string,
  ) {
    // What stands in a <pre> is not text alone: source code comes in colours.
    this.#root = parse(html, { blockTextElements: { script: true, style: true } })
  }

  /** The text of the first element that the selector finds, white space put together; undefined without one. */
  text(selector: string): string | undefined {
    return this.#root.querySelector(selector)?.textContent.replace(/\s+/g, ' ').trim()
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

  /** The hidden fields of the form that is sent to `action`: what a browser adds to what somebody types. */
  hiddenIn(action: string): Record<string, string> {
    const form = this.#root
      .querySelectorAll('form')
      .find((one) => (one.getAttribute('action') ?? this.path).split('?')[0] === action)
    if (form === undefined) throw new Error(`${this.path} has no form that is sent to ${action}`)
    const hidden = form.querySelectorAll('input[type=hidden]')
    return Object.fromEntries(
      hidden.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
    )
  }
}

/** Somebody who opens pages and sends their forms, as a browser without scripts does. */
export class Person {
  constructor(readonly browser: Browser) {}

  get cookies(): Map<string, string> {
    return this.browser.cookies
  }

  /** Another tab or a copy of the browser: the same cookies, which go different ways from now on. */
  copy(): Person {
    return new Person(this.browser.copy())
  }

  /** Opens the page, following wherever it leads. */
  async open(path: string): Promise<Page> {
    return this.#follow(await this.browser.fetch(path), path)
  }

  /** Sends the form on `page` whose action is `action`, and follows. */
  async submit(page: Page, action: string, fields: Readonly<Record<string, string>> = {}): Promise<Page> {
    const body = new URLSearchParams({ ...page.hiddenIn(action), ...fields })
    return this.#follow(await this.browser.fetch(action, { method: 'POST', body }), action)
  }

  async #follow(response: Response, path: string): Promise<Page> {
    const location = response.headers.get('Location')
    if (location !== null) {
      await response.text()
      const to = new URL(location, `http://site${path}`)
      return this.open(to.pathname + to.search)
    }
    return new Page(response.status, path, await response.text())
  }
}
