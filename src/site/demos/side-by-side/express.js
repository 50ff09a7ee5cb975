/** Steps of the walkthroughs in Express. Pages show these lines, and test/site/side-by-side.test.ts runs them. */
import express from 'express'
import session from 'express-session'

/** `authenticate`: answers the name of the user whose password it is, or undefined. */
export function application({ secret, authenticate }) {
  const app = express()
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' } }))
  app.use(express.urlencoded({ extended: false }))

  // #region page-count
  app.get('/page-count', (request, response) => {
    const { session } = request
    session.pageCount = (session.pageCount ?? 0) + 1
    response.send(String(session.pageCount))
  })
  // #endregion

  // #region cart
  app.post('/add', (request, response) => {
    const { session } = request
    const name = String(request.body.name)
    const cart = new Map(session.cart)
    cart.set(name, (cart.get(name) ?? 0) + 1)
    session.cart = [...cart]
    session.cookie.maxAge = 120_000
    response.redirect(303, '/cart')
  })
  // #endregion

  app.get('/cart', ({ session: { cart = [] } }, response) => {
    response.send(cart.map(([name, count]) => `${count} ${name}`).join(', '))
  })

  // #region log-in
  app.post('/log-in', (request, response, next) => {
    const user = authenticate(request.body)
    if (!user) return response.status(403).send('Not so.')
    const { cookie, ...data } = request.session
    // A new id. The data is carried over by hand.
    request.session.regenerate((error) => {
      if (error) return next(error)
      Object.assign(request.session, data, { user })
      response.redirect(303, '/')
    })
  })

  app.post('/log-out', (request, response, next) => {
    request.session.destroy((error) => {
      if (error) return next(error)
      response.clearCookie('connect.sid')
      response.redirect(303, '/')
    })
  })
  // #endregion

  app.get('/', ({ session: { user = 'nobody' } }, response) => {
    response.send(user)
  })

  // #region test-cookie
  app.get('/ask', (request, response) => {
    request.session.testCookie = 'worked'
    response.send('Has it come back?')
  })

  app.get('/check', ({ session }, response) => {
    const worked = session.testCookie === 'worked'
    delete session.testCookie
    response.send(worked ? 'Cookies work.' : 'No cookie came.')
  })
  // #endregion

  return app
}
