import { once } from 'node:events'
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** After this an answer that never ends counts as an error: milliseconds. */
const PATIENCE = 100_000

/** One `Set-Cookie` line. Attribute names are in lower case; those without a value are `true`. */
export interface SetCookie {
  readonly name: string
  readonly value: string
  readonly attributes: Readonly<Record<string, string | true>>
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly cookies: readonly SetCookie[]
  readonly body: string
}

export interface Sent {
  readonly method?: string
  /** The whole `Cookie` header, as it is. */
  readonly cookie?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Sends one request and reads the answer to its end. */
export async function send(
  agent: Agent,
  url: string,
  { method = 'GET', cookie, headers: others, body = '' }: Sent = {},
): Promise<Answer> {
  const headers = cookie === undefined ? { ...others } : { ...others, cookie }
  const sent = request(url, { agent, method, headers, signal: AbortSignal.timeout(PATIENCE) })
  sent.end(body)
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (response === undefined) throw new Error('no response')
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    cookies: (response.headers['set-cookie'] ?? []).map(parse),
    body: await text(response),
  }
}

/** Keeps its cookies from one request to the next, until it is told to drop them. */
export class Visitor {
  readonly #send: (path: string, sent: Sent) => Promise<Answer>
  readonly cookies = new Map<string, string>()

  constructor(send: (path: string, sent: Sent) => Promise<Answer>) {
    this.#send = send
  }

  async visit(path: string, method = 'GET', more: Pick<Sent, 'headers' | 'body'> = {}): Promise<Answer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#send(path, { ...more, method, ...(cookie !== '' && { cookie }) })
    for (const { name, value, attributes } of answer.cookies) {
      // Max-Age comes before Expires (RFC 6265, 5.3), so no clock is needed.
      if (Number(attributes['max-age']) <= 0) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return answer
  }
}

function parse(line: string): SetCookie {
  const [[name = '', value = ''] = [], ...attributes] = line.split('; ').map(splitOnce)
  return {
    name,
    value,
    attributes: Object.fromEntries(attributes.map(([key = '', said]) => [key.toLowerCase(), said ?? true])),
  }
}

function splitOnce(pair: string): string[] {
  const equals = pair.indexOf('=')
  return equals === -1 ? [pair] : [pair.slice(0, equals), pair.slice(equals + 1)]
}
