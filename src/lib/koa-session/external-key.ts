import type { Context, Next } from 'koa'
import { settleAfter } from '../middleware/settle.js'
import { partsOf } from '../open-sessions.js'
import { stateOf } from '../session/session.js'
import type { Sessions } from '../sessions.js'
import type { KoaSessionOptions } from './options.js'
import type { RequestObject } from './request.js'

export const NO_SESSIONS = 'the option `sessions` is not what openSessions() has answered'

type ExternalKey = NonNullable<KoaSessionOptions['externalKey']>

/**
 * A request whose session's id comes and goes by the application's own functions, such as a header, instead of the cookie.
 * What is set with a new id is the application's to send.
 */
export async function withExternalKey(
  ctx: Context,
  next: Next,
  sessions: Sessions,
  externalKey: ExternalKey,
  object: RequestObject,
): Promise<void> {
  const context = partsOf(sessions)?.context
  if (context === undefined) throw new TypeError(NO_SESSIONS)
  const sent = [externalKey.get(ctx)].filter((key) => key !== undefined && key !== '') as string[]
  const session = await sessions.open(sent[0])
  const before = session.id
  object.open({ session, context, sent, forget: () => {} })
  const commit = async (status: number): Promise<void> => {
    object.end()
    const { isModified, pending } = stateOf(session)
    // As with a cookie: an answer that fails saves nothing, but who was logged out is.
    if (pending.end || (isModified && status < 500)) await session.save()
    if (session.id !== undefined && session.id !== before) externalKey.set(ctx, session.id)
  }
  await settleAfter(ctx, next, commit)
}
