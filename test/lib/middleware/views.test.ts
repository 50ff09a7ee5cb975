import { createRequire } from 'node:module'
import test from 'ava'
import Koa, { type Context } from 'koa'
import { openSessions, type Session } from '../../../src/lib/index.js'
import { intercept } from '../../support/intercept.js'
import { serve } from '../../support/serve.js'

// It has no types.
const ejs: { render(template: string, data: object): string } = createRequire(import.meta.url)('ejs')

const page = (ctx: Context): string =>
  ejs.render('<%= session.get("views", 0) %> <%= session.user ?? "nobody" %>', ctx.state)

async function siteWithViews(t: Parameters<typeof serve>[0], options?: { readonly inViews: boolean }) {
  const cache = await openSessions({ engine: 'cache' })
  const calls: string[] = []
  const down = new Set<string>()
  const engine = intercept(cache.engine, (call) => {
    calls.push(call)
    if (down.has(call)) throw new Error('down')
  })
  const sessions = await openSessions({ engine })
  const app = new Koa().use(sessions.middleware(options))
  app.silent = true
  app.use(async (ctx) => {
    if (ctx.path === '/count') (await ctx.session).transform('views', (n) => Number(n ?? 0) + 1)
    if (ctx.path === '/login') (await ctx.session).login('ada')
    ctx.body = ctx.path === '/plain' ? 'plain' : page(ctx)
  })
  const url = await serve(t, app)
  const get = async (path: string, cookie = '') => {
    calls.length = 0
    const answer = await fetch(url + path, { headers: { cookie } })
    const sent = answer.headers.getSetCookie()[0]?.split(';')[0]
    return { status: answer.status, body: await answer.text(), sent, vary: answer.headers.get('vary') }
  }
  return { get, calls, down }
}

test('a template finds the session in ctx.state.session, as it is when the page is rendered', async (t) => {
  const { get } = await siteWithViews(t, { inViews: true })
  const anonymous = await get('/')
  t.deepEqual(anonymous, { status: 200, body: '0 nobody', sent: undefined, vary: 'Cookie' })
  const { body, sent } = await get('/count')
  t.is(body, '1 nobody')
  t.is((await get('/', sent)).body, '1 nobody')
  const login = await get('/login', sent)
  t.is(login.body, '1 ada')
  t.is((await get('/', login.sent)).body, '1 ada')
})

test('a page that shows nothing of the session counts as one that did not ask, and is served in an outage', async (t) => {
  const { get, calls, down } = await siteWithViews(t, { inViews: true })
  t.deepEqual(await get('/plain'), { status: 200, body: 'plain', sent: undefined, vary: null })
  t.deepEqual(calls, [])
  const { sent } = await get('/count')
  t.deepEqual(await get('/plain', sent), { status: 200, body: 'plain', sent: undefined, vary: null })
  t.deepEqual(calls, ['load'])
  down.add('load')
  t.is((await get('/plain', sent)).status, 200)
  t.is((await get('/', sent)).status, 500)
})

test('templates get no session unless it is asked for', async (t) => {
  const { get, calls } = await siteWithViews(t)
  t.is((await get('/')).status, 500)
  t.deepEqual(calls, [])
})

test('two middlewares of the same sessions: the inner one may show them in views', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  const app = new Koa().use(sessions.middleware()).use(sessions.middleware({ inViews: true }))
  app.use(async (ctx) => {
    const session: Session = ctx.state.session
    ctx.body = String(session === (await ctx.session))
  })
  t.is(await (await fetch(await serve(t, app))).text(), 'true')
})
