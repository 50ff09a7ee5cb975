import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Context } from 'koa'

/** How long the server waits for its own response: milliseconds. */
const PATIENCE = 10_000

export interface OwnRequest {
  readonly path: string
  /** The `Cookie` header. */
  readonly cookie: string
  readonly fields: Readonly<Record<string, string>>
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
 * Sends a form to this server over HTTP, to the address at which the request of `ctx` arrived. No proxy is involved.
 */
export async function postToSelf(ctx: Context, own: OwnRequest): Promise<OwnAnswer> {
  const { localAddress, localPort } = ctx.req.socket
  // A server at a Unix socket has no address to send to.
  if (localAddress === undefined || localPort === undefined) return NONE
  const sent = request({
    host: localAddress,
    port: localPort,
    path: own.path,
    method: 'POST',
    agent: false,
    signal: AbortSignal.timeout(PATIENCE),
    headers: {
      Accept: 'application/json',
      'Content-Type': 'application/x-www-form-urlencoded',
      Cookie: own.cookie,
      // csrf() asks where a form comes from: from this site.
      'Sec-Fetch-Site': 'same-origin',
    },
  })
  try {
    sent.end(new URLSearchParams(own.fields).toString())
    const [response]: IncomingMessage[] = await once(sent, 'response')
    if (response === undefined) return NONE
    const { statusCode = 0, headers } = response
    return { status: statusCode, cookies: headers['set-cookie'] ?? [], body: await text(response) }
  } catch {
    return NONE
  }
}
