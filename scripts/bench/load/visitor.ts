import type { Answer } from './connection.js'

/** A browser with the cookies of one site. */
export class Visitor {
  readonly #cookies = new Map<string, string>()
  /** The lines that a request with its cookies ends with. */
  #lines = '\r\n'
  /** How often it has written: what its session's counter must be. */
  counter = 0

  request(path: string): string {
    return `GET /${path} HTTP/1.1\r\nHost: bench\r\n${this.#lines}`
  }

  /** Takes the cookies of an answer; true if there was one. */
  take({ head }: Answer): boolean {
    if (!head.includes('et-')) return false // as in Set-Cookie, however that is written
    let found = false
    for (const [, name = '', value = ''] of head.matchAll(/\r\nset-cookie: ?([^=;\r]+)=([^;\r]*)/gi)) {
      found = true
      if (value === '') this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    if (found) this.#write()
    return found
  }

  get hasCookies(): boolean {
    return this.#cookies.size > 0
  }

  /** Another browser with the same cookies, as they are now. */
  copy(): Visitor {
    const copy = new Visitor()
    for (const [name, value] of this.#cookies) copy.#cookies.set(name, value)
    copy.counter = this.counter
    copy.#write()
    return copy
  }

  #write(): void {
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`)
    this.#lines = pairs.length === 0 ? '\r\n' : `Cookie: ${pairs.join('; ')}\r\n\r\n`
  }
}

/** What a session whose counter is `counter` answers. */
export function textOf(counter: number): string {
  return `${counter} visitor ${counter} ${counter}`
}
