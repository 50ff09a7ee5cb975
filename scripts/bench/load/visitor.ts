import type { Answer } from './connection.js'

/** What Chrome sends with each visit, cookies aside: sessions are for browsers, and headers are a part of any request's cost. */
const HEADERS = [
  'Host: 127.0.0.1',
  'Connection: keep-alive',
  'sec-ch-ua: "Chromium";v="143", "Not A(Brand";v="24"',
  'sec-ch-ua-mobile: ?0',
  'sec-ch-ua-platform: "Linux"',
  'Upgrade-Insecure-Requests: 1',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/143.0.0.0 Safari/537.36',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8',
  'Sec-Fetch-Site: same-origin',
  'Sec-Fetch-Mode: navigate',
  'Sec-Fetch-User: ?1',
  'Sec-Fetch-Dest: document',
  'Accept-Encoding: gzip, deflate, br, zstd',
  'Accept-Language: en-GB,en;q=0.9',
].join('\r\n')

/** A browser with the cookies of one site. */
export class Visitor {
  readonly #cookies = new Map<string, string>()
  /** The lines that a request with its cookies ends with. */
  #lines = '\r\n'
  /** How often it has written: what its session's counter must be. */
  counter = 0

  request(path: string): string {
    return `GET /${path} HTTP/1.1\r\n${HEADERS}\r\n${this.#lines}`
  }

  /** One who has been there before. */
  static returning(cookie: string, value: string, counter: number): Visitor {
    const visitor = new Visitor()
    visitor.#cookies.set(cookie, value)
    visitor.counter = counter
    visitor.#write()
    return visitor
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
