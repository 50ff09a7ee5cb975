import Router from '@koa/router'
import { seeOther, show } from './kit/page.js'

const HERE = '/test-cookie'
const sources = ['demos/test-cookie.ts#set', 'demos/test-cookie.ts#check', 'demos/test-cookie.ts#delete']

/** Whether a browser brings cookies back: one request gives it one, and the next one looks. */
export function testCookie(): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', (ctx) => {
    show(ctx, { view: 'test-cookie/begin', title: 'Test cookie', sources })
  })

  // #region set
  router.post('/set', async (ctx) => {
    const session = await ctx.session
    session.setTestCookie()
    seeOther(ctx, `${HERE}/set`)
  })
  // #endregion

  // It does not look at the session: whether the cookie came back is told by the check.
  router.get('/set', (ctx) => {
    show(ctx, { view: 'test-cookie/set', title: 'Has it come back?', sources })
  })

  // #region check
  router.get('/check', async (ctx) => {
    const session = await ctx.session
    const worked = session.testCookieWorked()
    // Without the test value it can still be told whether the browser brings cookies: it brought some, or none.
    const outcome = worked ? 'worked' : ctx.req.headers.cookie ? 'not-set' : 'no-cookies'
    show(ctx, { view: `test-cookie/${outcome}`, title: titles[outcome], sources })
  })
  // #endregion

  // #region delete
  router.post('/delete', async (ctx) => {
    const session = await ctx.session
    session.deleteTestCookie()
    seeOther(ctx, `${HERE}/check`)
  })
  // #endregion

  return router
}

const titles = {
  worked: 'Cookies work',
  'not-set': 'No test cookie',
  'no-cookies': 'Cookies are not working',
}
