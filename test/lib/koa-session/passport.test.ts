import test from 'ava'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { KoaPassport } from 'koa-passport'
import { Strategy as LocalStrategy } from 'passport-local'
import session from '../../../src/lib/koa-session/index.js'
import { Browser } from '../../support/browser.js'
import { serve } from '../../support/serve.js'
import { keys } from './site.js'

for (const engine of ['signed_cookies', 'cache'] as const)
  test(`koa-passport works as it does with koa-session, on ${engine}`, async (t) => {
    const passport = new KoaPassport()
    passport.use(new LocalStrategy((name, password, done) => done(null, password === 'lovelace' && { name })))
    passport.serializeUser<string>((user, done) => done(null, Reflect.get(user, 'name')))
    passport.deserializeUser<string>((name, done) => done(null, { name }))
    const app = new Koa()
    app.keys = keys
    const middleware = session({ engine, logger: { warn() {}, error() {} } }, app)
    t.teardown(async () => (await middleware.open()).close())
    app.use(bodyParser())
    app.use(middleware)
    app.use(passport.initialize())
    app.use(passport.session())
    app.use(async (ctx, next) => {
      if (ctx.path === '/log-in') return passport.authenticate('local', { successRedirect: '/' })(ctx, next)
      if (ctx.path === '/log-out') await ctx.logout()
      ctx.body = ctx.state.user?.name ?? 'nobody'
    })
    const browser = new Browser(await serve(t, app))
    const logIn = (password: string): Promise<Response> =>
      browser.fetch('/log-in', { method: 'POST', body: new URLSearchParams({ username: 'ada', password }) })
    const who = async (): Promise<string> => (await browser.fetch('/')).text()
    t.is((await logIn('wrong')).status, 401)
    t.is(await who(), 'nobody')
    t.is((await logIn('lovelace')).status, 302)
    const [id] = browser.cookies.values()
    t.is(await who(), 'ada')
    t.is((await logIn('lovelace')).status, 302)
    t.not([...browser.cookies.values()][0], id, 'each log-in gives a new id')
    t.is(await who(), 'ada')
    await browser.fetch('/log-out')
    t.is(await who(), 'nobody')
  })
