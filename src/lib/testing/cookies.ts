import type { TestClock } from './clock.js'

interface Kept {
  readonly value: string
  /** Milliseconds since 1970; without it until the browser closes. */
  readonly expires: number | undefined
}

/** A browser's cookies. There is one site, so neither domains nor paths are told apart. */
export class Cookies {
  readonly #kept = new Map<string, Kept>()
  readonly #clock: TestClock

  constructor(clock: TestClock) {
    this.#clock = clock
  }

  /** The value as it is sent. */
  get(name: string): string | undefined {
    const kept = this.#kept.get(name)
    const isOver = kept?.expires !== undefined && kept.expires <= this.#clock.now.getTime()
    return isOver ? undefined : kept?.value
  }

  /** Gives the browser a cookie until it closes. `value`: as it is to be sent. */
  set(name: string, value: string): void {
    this.#kept.set(name, { value, expires: undefined })
  }

  /** True if it was there. */
  delete(name: string): boolean {
    return this.#kept.delete(name)
  }

  /** Without any cookie, as a browser that begins. */
  clear(): void {
    this.#kept.clear()
  }

  /** What the header `Cookie` holds; empty if there is none. */
  get header(): string {
    const pairs = [...this.#kept.keys()].flatMap((name) => {
      const value = this.get(name)
      return value === undefined ? [] : [`${name}=${value}`]
    })
    return pairs.join('; ')
  }

  /** Does what a line of `Set-Cookie` says. */
  keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';')
    const equals = pair.indexOf('=')
    const [name, value] = [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
    const expires = this.#expiryIn(attributes)
    if (expires !== undefined && expires <= this.#clock.now.getTime()) this.#kept.delete(name)
    else this.#kept.set(name, { value, expires })
  }

  /** `Max-Age` goes before `Expires` (RFC 6265, 5.3). */
  #expiryIn(attributes: readonly string[]): number | undefined {
    const said = new Map(
      attributes.map((attribute) => {
        const [name = '', value = ''] = attribute.split('=')
        return [name.trim().toLowerCase(), value.trim()]
      }),
    )
    const age = said.get('max-age')
    if (age !== undefined) return this.#clock.now.getTime() + Number(age) * 1000
    const expires = said.get('expires')
    return expires === undefined ? undefined : Date.parse(expires)
  }
}
