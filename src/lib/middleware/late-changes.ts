import type { Context } from 'koa'
import { SessionTooLate } from '../session/errors.js'
import type { SessionState } from '../session/state.js'
import { isGone } from './response.js'

/**
 * Tells the application, once the response is over, if what changed after the commit was not saved by then. `listener`
 * hears of the next change otherwise.
 */
export function reportLateChanges(
  ctx: Context,
  state: SessionState,
  listener: NonNullable<SessionState['lateListener']>,
): void {
  const report = (): void => {
    const error = errorOf(state)
    if (error !== undefined) ctx.app.emit('error', error, ctx)
    // Read or saved so far.
    else state.lateListener = listener
  }
  if (ctx.res.closed || isGone(ctx)) setImmediate(report)
  else ctx.res.once('close', report)
}

function errorOf(state: SessionState): unknown {
  try {
    state.noticeNestedChanges()
  } catch (error) {
    return error
  }
  return state.isModified ? new SessionTooLate() : undefined
}
