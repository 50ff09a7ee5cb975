import type { Context, Next } from 'koa'
import { statusOf } from './response.js'

/**
 * Runs the handlers, and then `settle` with the status that Koa answers. What a handler throws goes on as it is: should
 * `settle` fail too, the application is told of that by its `error` event.
 */
export async function settleAfter(
  ctx: Context,
  next: Next,
  settle: (status: number) => unknown,
): Promise<void> {
  try {
    await next()
  } catch (error) {
    try {
      await settle(statusOf(error))
    } catch (second) {
      ctx.app.emit('error', second, ctx)
    }
    throw error
  }
  await settle(ctx.status)
}
