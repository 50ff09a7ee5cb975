import Router from '@koa/router'
import { cookiePageCount } from './cookie-page-count.js'
import { type Facts, home } from './home.js'
import { sessionPageCount } from './session-page-count.js'

/** Every demo's pages. What they show is one visitor's own, so no cache keeps it. */
export function demos(facts: Facts): Router {
  const router = new Router()
  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
  })
  for (const demo of [home(facts), cookiePageCount(), sessionPageCount()]) {
    router.use(demo.routes())
  }
  return router
}
