import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { HtmlValidate } from 'html-validate'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { root } from '../../support/root.js'
import { testOf } from '../../support/test-of.js'
import { openSite, type Site } from '../walkthroughs/site.js'
import { browser, chromiumMissing, closeBrowser } from './chromium.js'

const screenshots = join(root, 'var/screenshots')
const takesPictures = Boolean(process.env.SCREENSHOTS)

let validator: HtmlValidate | undefined

/** Loaded when it is needed: it takes a second, also where there is no browser. */
async function htmlValidator(): Promise<HtmlValidate> {
  const { FileSystemConfigLoader, HtmlValidate } = await import('html-validate')
  validator ??= new HtmlValidate(new FileSystemConfigLoader())
  return validator
}

/** Somebody at a browser, on the site. */
export class Tour {
  readonly #t: ExecutionContext
  /** Whether the browser runs scripts. */
  readonly scripts: boolean
  readonly site: Site
  readonly context: BrowserContext
  readonly page: Page
  /** What the browser complained about: a policy that was broken, a script that failed. */
  readonly complaints: string[] = []
  #html = ''

  constructor(t: ExecutionContext, scripts: boolean, site: Site, context: BrowserContext, page: Page) {
    this.#t = t
    this.scripts = scripts
    this.site = site
    this.context = context
    this.page = page
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        this.complaints.push(message.text())
    })
    page.on('pageerror', (error) => this.complaints.push(String(error)))
    page.on('response', async (response) => {
      const isPage = response.request().isNavigationRequest() && !isRedirect(response.status())
      if (isPage) this.#html = await response.text().catch(() => '')
    })
  }

  async open(path: string): Promise<void> {
    await this.page.goto(this.site.url + path)
  }

  /** Another tab of the same browser. */
  tab(): Promise<Page> {
    return this.context.newPage()
  }

  /** Types into the fields by their labels, and presses the button. */
  async fill(fields: Readonly<Record<string, string>>, button: string): Promise<void> {
    for (const [label, text] of Object.entries(fields))
      await this.page.getByLabel(label, { exact: true }).fill(text)
    await this.press(button)
  }

  async press(button: string): Promise<void> {
    await this.page.getByRole('button', { name: button, exact: true }).first().click()
  }

  async follow(link: string): Promise<void> {
    await this.page.getByRole('link', { name: link, exact: true }).first().click()
  }

  async reads(selector: string, expected: string | RegExp): Promise<void> {
    const text = (await this.page.locator(selector).first().innerText()).replace(/\s+/g, ' ').trim()
    if (typeof expected === 'string') this.#t.is(text, expected)
    else this.#t.regex(text, expected)
  }

  /**
   * Looks at the page as it is now: it is valid HTML, axe finds nothing and the browser complains of nothing. With
   * `SCREENSHOTS` in the environment its pictures are in `var/screenshots/`, light and dark, on a desk and in a hand.
   */
  async look(name: string): Promise<void> {
    this.#t.deepEqual(this.complaints, [], name)
    await this.page.waitForLoadState()
    const report = await (await htmlValidator()).validateString(this.#html, `${name}.html`)
    this.#t.deepEqual(
      report.results.flatMap(({ messages }) => messages.map(({ message, line }) => `${line}: ${message}`)),
      [],
      `${name}: valid HTML`,
    )
    if (!this.scripts) return
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const [device, width] of [
        ['desktop', 1280],
        ['phone', 390],
      ] as const) {
        // Each colour and each width once: a fault of the one rarely needs the other.
        const isChecked = (colorScheme === 'light') === (device === 'desktop')
        if (!isChecked && !takesPictures) continue
        await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await this.page.setViewportSize({ width, height: 900 })
        if (isChecked) await this.#accessible(`${name}, ${colorScheme}, ${device}`)
        if (takesPictures) await this.#takePicture(`${name}-${device}-${colorScheme}`)
      }
    }
    // On a phone the panel is folded, so that who goes on here would wait for what is in it.
    await this.page.setViewportSize({ width: 1280, height: 900 })
  }

  async #takePicture(name: string): Promise<void> {
    await mkdir(screenshots, { recursive: true })
    await this.page.screenshot({
      path: `${screenshots}/${name}.png`,
      fullPage: true,
      animations: 'disabled',
    })
  }

  async #accessible(what: string): Promise<void> {
    const own = this.complaints.length
    if (!(await this.page.evaluate(() => 'axe' in globalThis))) {
      const { default: axe } = await import('axe-core')
      await this.page.evaluate(axe.source)
    }
    const violations = await this.page.evaluate(async () => {
      const { axe } = globalThis as unknown as { axe: typeof import('axe-core') }
      const found = await axe.run({ preload: false, resultTypes: ['violations'], selectors: false })
      return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
    })
    this.#t.deepEqual(violations, [], `${what}: axe`)
    const overflow = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    // What axe does to look closer breaks the policy; that is not the site's doing.
    this.complaints.length = own
    this.#t.is(overflow, 0, `${what}: nothing is wider than the screen`)
    this.#t.deepEqual(
      await this.page.evaluate(cutOff),
      [],
      `${what}: no code is cut off, and nothing in a diagram overlaps`,
    )
  }
}

/**
 * Runs in the page: the beginnings of excerpts that are cut off, and of a diagram's texts that leave its picture or are
 * crossed by a line, a lifeline too, or by another text.
 */
function cutOff(): string[] {
  const folded = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')]
  for (const details of folded) details.open = true
  const more = document.querySelector<HTMLInputElement>('#inspector-more')
  const wasChecked = more?.checked === true
  if (more) more.checked = true
  const beginning = ({ textContent }: Element): string => textContent.trim().slice(0, 40)
  const excerpts = [...document.querySelectorAll('.call, .source pre, .frameworks pre')]
    .filter((pre) => pre.scrollWidth > pre.clientWidth || pre.scrollHeight > pre.clientHeight)
    .map(beginning)
  const texts = [...document.querySelectorAll<SVGTextElement>('.sequence text')]
    .filter((text) => {
      const picture = text.ownerSVGElement
      if (!picture) return true
      const box = text.getBBox()
      const { width, height } = picture.viewBox.baseVal
      const isOutside =
        box.width === 0 || box.x < 0 || box.y < 0 || box.x + box.width > width || box.y + box.height > height
      if (isOutside || text.parentElement?.matches('.party')) return isOutside
      // A letter stands between the lines of its own height: what a box has above and below is empty.
      const letters = {
        left: box.x,
        right: box.x + box.width,
        top: box.y + 4,
        bottom: box.y + box.height - 4,
      }
      return [...picture.querySelectorAll<SVGGraphicsElement>('path, rect, .message text')].some((other) => {
        if (other === text) return false
        const { x, y, width, height } = other.getBBox()
        const isApart =
          x >= letters.right || x + width <= letters.left || y >= letters.bottom || y + height <= letters.top
        return !isApart
      })
    })
    .map(beginning)
  for (const details of folded) details.open = false
  if (more) more.checked = wasChecked
  return [...excerpts, ...texts]
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400
}

/** A browser at the site. */
export async function openTour(
  t: ExecutionContext,
  { scripts = true, site, context: options }: TourOptions = {},
): Promise<Tour> {
  const at = site ?? (await openSite(t))
  const context = await (await browser()).newContext({
    javaScriptEnabled: scripts,
    viewport: { width: 1280, height: 900 },
    ...options,
  })
  t.teardown(() => context.close())
  // AVA's own limit is for what hangs.
  context.setDefaultTimeout(0)
  return new Tour(t, scripts, at, context, await context.newPage())
}

interface TourOptions {
  readonly scripts?: boolean
  readonly site?: Site
  readonly context?: BrowserContextOptions
}

/** Registers the walkthrough twice: with JavaScript, and without. `env`: settings of the site, as for {@link openSite}. */
export function inBrowser(
  title: string,
  walk: (tour: Tour, t: ExecutionContext) => Promise<void>,
  env: Readonly<Record<string, string>> = {},
): void {
  for (const scripts of [true, false]) {
    testOf(
      { title: `${scripts ? 'with' : 'without'} JavaScript`, missing: chromiumMissing },
      title,
      async (t) => {
        await walk(await openTour(t, { scripts, site: await openSite(t, env) }), t)
      },
    )
  }
}

test.after.always(closeBrowser)
