import type { Context, Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import { isLoopback } from '../settings.js'

/** The longest request target: RFC 9110 (4.1) recommends to accept at least as much. Characters. */
const LONGEST_TARGET = 8000

/** Answers a longer request target with 414, before anything parses it. */
export function limitTarget(): Middleware {
  return (ctx, next) => {
    if (ctx.req.url !== undefined && ctx.req.url.length > LONGEST_TARGET) ctx.throw(414)
    return next()
  }
}

/** Parses forms of at most 100 kB, decompressed. What cannot be decompressed is the client's fault: 400. */
export function forms(): Middleware {
  return bodyParser({
    enableTypes: ['form'],
    formLimit: '100kb',
    onerror(error, ctx) {
      // Node's zlib throws these without a status: Z_DATA_ERROR, Z_BUF_ERROR, ERR__ERROR_FORMAT_PADDING_1, for example.
      const { code } = error as NodeJS.ErrnoException
      if (code !== undefined && /^(Z_|ERR__|ERR_BROTLI)/.test(code))
        ctx.throw(400, 'the body cannot be decompressed', { expose: false })
      throw error
    },
  })
}

/** A proxy adds at least one of these. */
const PROXY_HEADERS = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']

/**
 * Whether somebody on this machine asks. The socket's address decides, unless a proxy on this machine asks for others. The
 * host has to be this machine too: DNS rebinding makes a foreign name lead to 127.0.0.1, and a page of that name could
 * read the response.
 */
export function isFromThisMachine({ req }: Context): boolean {
  if (PROXY_HEADERS.some((name) => req.headers[name] !== undefined)) return false
  const [, host] = /^(\[[\da-f:.]+\]|[a-z\d.-]+)(?::\d+)?$/i.exec(req.headers.host ?? '') ?? []
  return isLoopback(req.socket.remoteAddress ?? '') && host !== undefined && isLoopback(nameOf(host))
}

/** Without the brackets of an IPv6 address, and without the dot at the end of a full name. */
function nameOf(host: string): string {
  return host.replace(/^\[|\]$|\.$/g, '').toLowerCase()
}
