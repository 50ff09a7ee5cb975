import type { ServerResponse } from 'node:http'
import type { Context } from 'koa'
import { shownCookie } from '../../inspector/cookies.js'

/** The head of a request or a response, as it goes over the wire. Values that give access are hashes. */
export interface Head {
  /** `GET /one-request HTTP/1.1` or `HTTP/1.1 200 OK`. */
  readonly start: string
  readonly lines: readonly HeadLine[]
}

export interface HeadLine {
  readonly name: string
  readonly value: string
}

/** What browsers send themselves. A proxy on the way adds others, and may tell with them what is nobody's business. */
const OF_BROWSERS =
  /^(accept(-charset|-encoding|-language)?|cache-control|connection|content-(length|type)|cookie|dnt|host|if-[a-z-]+|keep-alive|origin|pragma|priority|range|referer|save-data|sec-[a-z-]+|te|upgrade-insecure-requests|user-agent)$/i

/** These hold a password or a token, behind the name of their scheme. */
const CREDENTIALS = /^(proxy-)?authorization$/i

/** The request's own lines, in their order. `all`: those too that no browser sends. */
export function requestHead({ req }: Context, all: boolean): Head & { readonly leftOut: number } {
  const { rawHeaders } = req
  const lines: HeadLine[] = []
  for (let at = 0; at < rawHeaders.length; at += 2)
    lines.push({ name: rawHeaders[at] ?? '', value: rawHeaders[at + 1] ?? '' })
  const shown = lines.filter(({ name }) => all || OF_BROWSERS.test(name))
  return {
    start: `${req.method} ${req.url} HTTP/${req.httpVersion}`,
    lines: shown.map(({ name, value }) => ({ name, value: withoutSecrets(name, value) })),
    leftOut: lines.length - shown.length,
  }
}

function withoutSecrets(name: string, value: string): string {
  if (CREDENTIALS.test(name)) return '(a secret)'
  return /^cookie$/i.test(name) ? value.split('; ').map(withoutValue).join('; ') : value
}

/** Node has it from 15.4 on, and its types do not. Names as they are sent: `Set-Cookie`. */
interface WithRawNames {
  getRawHeaderNames(): string[]
}

/** The response's lines so far. The length of the body is the last of them: `length` stands for it. */
export function responseHead(ctx: Context, length: string): Head {
  const { status, message } = ctx
  const res = ctx.res as ServerResponse & WithRawNames
  const lines = res
    .getRawHeaderNames()
    .filter((name) => !/^content-length$/i.test(name))
    .flatMap((name) => [res.getHeader(name) ?? []].flat().map((value) => ({ name, value: String(value) })))
  return {
    start: `HTTP/1.1 ${status} ${message}`,
    lines: [
      ...lines.map(({ name, value }) => ({
        name,
        value: /^set-cookie$/i.test(name) ? value.replace(/^[^;]*/, withoutValue) : value,
      })),
      { name: 'Content-Length', value: length },
    ],
  }
}

/** `name=value`, with a hash in the place of a value that is not a demo's own. */
function withoutValue(pair: string): string {
  const at = pair.indexOf('=')
  return at === -1 ? pair : `${pair.slice(0, at)}=${shownCookie(pair.slice(0, at), pair.slice(at + 1))}`
}

/** Writes the body's length, in bytes, wherever the body has `mark`. Its digits count too. */
export function withLength(body: string, mark: string): string {
  const parts = body.split(mark)
  const rest = Buffer.byteLength(parts.join(''))
  let length = rest
  // A longer number makes the body longer, which can make the number longer once more, and no oftener.
  for (let turn = 0; turn < 3; turn++) length = rest + (parts.length - 1) * String(length).length
  return parts.join(String(length))
}
