import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Context } from 'koa'

/** How long the server waits for its own response: milliseconds. */
const PATIENCE = 10_000
/** Requests to itself at a time. Each holds two of the server's connections. */
const MOST = 50

let underWay = 0

/** A request of this server to itself. With `fields` it is a form, sent with POST. */
export interface OwnRequest {
  readonly path: string
  /** The `Cookie` header; empty for none. */
  readonly cookie: string
  readonly fields?: Readonly<Record<string, string>>
}

export interface OwnAnswer {
  /** 0 if there was none. */
  readonly status: number
  /** The `Set-Cookie` lines. */
  readonly cookies: readonly string[]
  readonly body: string
}

const NONE: OwnAnswer = { status: 0, cookies: [], body: '' }

/**
 * Sends a request to this server over HTTP, to the address at which the request of `ctx` arrived. No proxy is involved.
 * The path is never one that a visitor has sent. With too many such requests under way it is not sent.
 */
export async function askSelf(ctx: Context, { path, cookie, fields }: OwnRequest): Promise<OwnAnswer> {
  const { localAddress, localPort } = ctx.req.socket
  // A server at a Unix socket has no address to send to.
  if (localAddress === undefined || localPort === undefined || underWay >= MOST) return NONE
  const sent = request({
    host: localAddress,
    port: localPort,
    path,
    method: fields ? 'POST' : 'GET',
    agent: false,
    signal: AbortSignal.timeout(PATIENCE),
    headers: {
      Accept: 'application/json',
      // Behind a proxy this server believes the header, and the session's cookie may need HTTPS.
      'X-Forwarded-Proto': ctx.protocol,
      ...(cookie !== '' && { Cookie: cookie }),
      ...(fields && {
        'Content-Type': 'application/x-www-form-urlencoded',
        // csrf() asks where a form comes from: from this site.
        'Sec-Fetch-Site': 'same-origin',
      }),
    },
  })
  underWay++
  try {
    sent.end(fields && new URLSearchParams(fields).toString())
    const [response]: IncomingMessage[] = await once(sent, 'response')
    if (response === undefined) return NONE
    const { statusCode = 0, headers } = response
    return { status: statusCode, cookies: headers['set-cookie'] ?? [], body: await text(response) }
  } catch {
    return NONE
  } finally {
    underWay--
  }
}

/** The value that the answer sets for the cookie; undefined if it sets none. */
export function cookieIn({ cookies }: OwnAnswer, name: string): string | undefined {
  const begin = `${name}=`
  const line = cookies.findLast((one) => one.startsWith(begin))
  return line?.slice(begin.length).split(';')[0]
}
