import Router from '@koa/router'
import { formatMoment, formatSeconds } from './format.js'

declare module '../index.js' {
  interface SessionData {
    pageCount: number
  }
}

/** A count that the server holds, in the session: the browser has an id, and nothing to change. */
export function sessionPageCount(): Router {
  const router = new Router({ prefix: '/sessions/page-count' })

  router.get('/', async (ctx) => {
    const session = await ctx.session
    // Two tabs that load at the same moment both count: the later one adds to what the earlier one stored.
    const count = session.transform('pageCount', (before = 0) => before + 1)
    const age = session.getExpiryAge()
    await ctx.render('session-page-count', {
      count,
      age: { seconds: age, text: formatSeconds(age) },
      ends: formatMoment(session.getExpiryDate()),
      began: formatMoment(session.createdAt),
      endsWithBrowser: session.getExpireAtBrowserClose(),
    })
  })

  router.post('/start-again', async (ctx) => {
    const session = await ctx.session
    session.flush()
    ctx.status = 303
    ctx.redirect('/sessions/page-count')
  })

  return router
}
