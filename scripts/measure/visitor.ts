import { type Answer, Connection } from './connection.js'

/** What Chrome sends, cookies aside. Sessions are for browsers, and a request's headers are a part of its cost. */
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
  readonly #cookies: Map<string, string>
  /** What a request with its cookies ends with. */
  #end = '\r\n'
  /** How often it has written: what the counter in its session must be. */
  counter: number

  constructor(cookies: Iterable<readonly [name: string, value: string]> = [], counter = 0) {
    this.#cookies = new Map(cookies)
    this.counter = counter
    this.#cookiesChanged()
  }

  request(path: string): string {
    return `GET /${path} HTTP/1.1\r\n${HEADERS}\r\n${this.#end}`
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
    if (found) this.#cookiesChanged()
    return found
  }

  /** Another browser with the same cookies, as they are now. */
  copy(): Visitor {
    return new Visitor(this.#cookies, this.counter)
  }

  #cookiesChanged(): void {
    const pairs = [...this.#cookies].map(([name, value]) => `${name}=${value}`)
    this.#end = pairs.length === 0 ? '\r\n' : `Cookie: ${pairs.join('; ')}\r\n\r\n`
  }
}

/** What a server answers from a session whose counter is `counter`. */
export function textOf(counter: number): string {
  return `${counter} visitor ${counter} ${counter}`
}

/**
 * What is wrong with the answer that this visitor got; `undefined` if nothing is. Every answer is compared with what it
 * has to be: a server that does less than the work is no contender. Counts the visitor's writes.
 */
export function faultIn(
  answer: Answer,
  path: 'untouched' | 'read' | 'write' | 'create',
  visitor: Visitor,
): string | undefined {
  const { status, body } = answer
  if (path === 'write' || path === 'create') visitor.counter++
  const expected = path === 'untouched' ? 'ok' : textOf(visitor.counter)
  const gotCookie = visitor.take(answer)
  if (status !== 200 || body !== expected) return `${path}: ${status} ${body}, not ${expected}`
  if (path === 'create' && !gotCookie) return 'create: no cookie'
  // A write makes the session live longer, and the cookie has to say so.
  if (path === 'write' && !gotCookie) return 'write: the cookie was not renewed'
  return undefined
}

/**
 * One request on a connection of its own; `undefined` if no answer came within `timeout` milliseconds. The visitor takes
 * the cookies.
 */
export async function visit(
  port: number,
  path: string,
  visitor: Visitor,
  timeout = 10_000,
): Promise<Answer | undefined> {
  const connection = new Connection(port)
  let timer: NodeJS.Timeout | undefined
  const answer = await new Promise<Answer | undefined>((resolve) => {
    timer = setTimeout(resolve, timeout, undefined)
    connection.ask(visitor.request(path), resolve)
  })
  clearTimeout(timer)
  connection.close()
  if (answer !== undefined) visitor.take(answer)
  return answer
}
