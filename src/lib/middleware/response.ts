import { type ServerResponse, STATUS_CODES } from 'node:http'

/** Whether the client has gone: no cookie will arrive. */
export function isGone({ res }: { readonly res: ServerResponse }): boolean {
  // A response of HTTP/2 has no socket any more when its stream is gone.
  const connection =
    res.socket ?? (res as { readonly stream?: { readonly destroyed: boolean } | null }).stream
  return res.destroyed || connection?.destroyed === true
}

/** Whether there is no response: koa-websocket makes a context of the handshake, which is answered already. */
export function isUpgraded({ res }: { readonly res?: unknown }): boolean {
  return res === undefined
}

/** The status with which Koa answers a thrown value. The error may come from another realm, such as a vm context. */
export function statusOf(thrown: unknown): number {
  const isError = thrown instanceof Error || Object.prototype.toString.call(thrown) === '[object Error]'
  if (!isError) return 500
  const { status, statusCode } = thrown as { readonly status?: unknown; readonly statusCode?: unknown }
  const answered = status || statusCode
  return typeof answered === 'number' && STATUS_CODES[answered] !== undefined ? answered : 500
}
