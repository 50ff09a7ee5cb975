import type { Context } from 'koa'
import { isLoopback } from '../settings.js'

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
