import Router from '@koa/router'
import { queryValue, seeOther, show } from './kit/page.js'

const HERE = '/test-cookie'
const sources = ['demos/test-cookie.ts#set', 'demos/test-cookie.ts#check', 'demos/test-cookie.ts#delete']

/** Whether a browser sends cookies back: one response sets a cookie, and the next request is looked at. */
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

  // Only the check looks at the session.
  router.get('/set', (ctx) => {
    show(ctx, { view: 'test-cookie/set', title: 'Has it come back?', sources })
  })

  // #region check
  router.get('/check', async (ctx) => {
    const session = await ctx.session
    const worked = session.testCookieWorked()
    // Any cookie shows that the browser sends cookies. A visitor who comes straight here was given none yet, so a request
    // without one shows nothing.
    const sentCookies = Boolean(ctx.req.headers.cookie)
    const wasSet = queryValue(ctx, 'set') === 'yes'
    const outcome = worked ? 'worked' : sentCookies || !wasSet ? 'not-set' : 'no-cookies'
    const isDeleted = sentCookies && queryValue(ctx, 'deleted') === 'yes'
    const title = isDeleted && !worked ? 'The test cookie is deleted' : titles[outcome]
    show(ctx, { view: `test-cookie/${outcome}`, title, locals: { sentCookies, isDeleted }, sources })
  })
  // #endregion

  // #region delete
  router.post('/delete', async (ctx) => {
    const session = await ctx.session
    session.deleteTestCookie()
    seeOther(ctx, `${HERE}/check?deleted=yes`)
  })
  // #endregion

  return router
}

const titles = {
  worked: 'Cookies work',
  'not-set': 'No test cookie',
  'no-cookies': 'No cookie came',
}
