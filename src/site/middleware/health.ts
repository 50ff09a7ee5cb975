import type { Middleware } from 'koa'
import type { Engine } from '../../lib/index.js'

/** An id that no engine has issued, to ask for. */
const NOBODY = '0'.repeat(32)

/**
 * For whoever watches over the process. `/healthz`: it is alive, whatever the store does; restart it if not.
 * `/readyz`: the store answers too; send it no visitors if not.
 */
export function health(engine: Engine): Middleware {
  return async (ctx, next) => {
    if (ctx.path === '/healthz') {
      ctx.body = 'ok'
    } else if (ctx.path === '/readyz') {
      // Throws EngineUnavailable, which is the 503, within the engine's time limit.
      await engine.load(NOBODY)
      ctx.body = 'ready'
    } else {
      await next()
    }
  }
}
