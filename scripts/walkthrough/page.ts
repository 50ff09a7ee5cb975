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

  /** The hidden fields of the form that is sent to `action`: what a browser adds to what somebody types. */
  hiddenIn(action: string): Record<string, string> {
    const form = this.#root
      .querySelectorAll('form')
      .find((one) => (one.getAttribute('action') ?? this.path).split('?')[0] === action.split('?')[0])
    if (form === undefined) throw new Error(`${this.path} has no form that is sent to ${action}`)
    const hidden = form.querySelectorAll('input[type=hidden]')
    return Object.fromEntries(
      hidden.map((input) => [input.getAttribute('name') ?? '', input.getAttribute('value') ?? '']),
    )
  }
}
