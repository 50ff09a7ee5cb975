/** Steps of the walkthroughs with this package. Pages show these lines, and test/site/side-by-side.test.ts runs them. */
import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'

/** `sessions`: from `openSessions`. `authenticate`: answers the name of the user whose password it is, or undefined. */
export function application({ sessions, authenticate }) {
  const router = new Router()

  // #region page-count
  router.get('/page-count', async (ctx) => {
    const session = await ctx.session
    const count = session.transform('pageCount', (n = 0) => n + 1)
    ctx.body = String(count)
  })
  // #endregion

  // #region cart
  router.post('/add', async (ctx) => {
    const session = await ctx.session
    const name = String(ctx.request.body.name)
    session.transform('cart', (items = []) => {
      const cart = new Map(items)
      cart.set(name, (cart.get(name) ?? 0) + 1)
      return [...cart]
    })
    session.setExpiry(120)
    ctx.redirect('/cart')
  })
  // #endregion

  router.get('/cart', async (ctx) => {
    const session = await ctx.session
    const cart = session.get('cart', [])
    ctx.body = cart.map(([name, count]) => `${count} ${name}`).join(', ')
  })

  // #region log-in
  router.post('/log-in', async (ctx) => {
    const user = authenticate(ctx.request.body)
    if (!user) ctx.throw(403, 'Not so.')
    const session = await ctx.session
    session.login(user) // a new id, the same data
    ctx.redirect('/')
  })

  router.post('/log-out', async (ctx) => {
    const session = await ctx.session
    session.logout() // the session ends
    ctx.redirect('/')
  })
  // #endregion

  router.get('/', async (ctx) => {
    const session = await ctx.session
    ctx.body = session.user ?? 'nobody'
  })

  // #region test-cookie
  router.get('/ask', async (ctx) => {
    const session = await ctx.session
    session.setTestCookie()
    ctx.body = 'Has it come back?'
  })

  router.get('/check', async (ctx) => {
    const session = await ctx.session
    const worked = session.testCookieWorked()
    session.deleteTestCookie()
    ctx.body = worked ? 'Cookies work.' : 'No cookie came.'
  })
  // #endregion

  const app = new Koa()
  app.use(sessions.middleware())
  app.use(bodyParser())
  app.use(router.routes())
  return app
}
