import { type HTMLElement, parse } from 'node-html-parser'

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
      .find((one) => (one.getAttribute('action') ?? this.path).split('?')[0] === action)
    if (form === undefined) throw new Error(`${this.path} has no form that is sent to ${action}`)
    return form
  }
}
