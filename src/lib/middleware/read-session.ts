import type { IncomingMessage } from 'node:http'
import type { SessionContext } from '../session/context.js'
import { ReadonlySession } from '../session/readonly-session.js'
import { openSession } from '../session/session-handle.js'
import { readCookies } from './cookie.js'
import { SessionHeader } from './session-header.js'

const TAKES =
  'sessions.read() takes a request of Node (http.IncomingMessage), such as the one of the `upgrade` event; in Koa that is ctx.req'

/**
 * The session of a request that nobody answers here; `undefined` if it brings none. It is neither extended nor renewed.
 *
 * @throws EngineUnavailable if the store does not answer. @throws TypeError if it is no request.
 */
export async function readSession(
  req: Pick<IncomingMessage, 'headers'>,
  context: SessionContext,
  { cookieName, idFrom }: { readonly cookieName: string; readonly idFrom: string | undefined },
): Promise<ReadonlySession | undefined> {
  const headers: unknown = Object(req).headers
  if (typeof headers !== 'object' || headers === null) throw new TypeError(TAKES)
  const { cookie } = headers as IncomingMessage['headers']
  if (cookie !== undefined && typeof cookie !== 'string') throw new TypeError(TAKES)
  const sent = headers as IncomingMessage['headers']
  const header = idFrom === undefined ? undefined : new SessionHeader(idFrom)
  const ids = header?.isIn(sent) ? header.sentIds(sent) : readCookies(cookie, cookieName)
  if (ids.length === 0) return undefined
  const { state, isLive } = await openSession(ids, context)
  return isLive ? new ReadonlySession(state, context) : undefined
}
