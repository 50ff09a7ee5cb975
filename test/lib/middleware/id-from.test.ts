import { Agent } from 'node:http'
import { inspect } from 'node:util'
import test from 'ava'
import Koa, { type Context } from 'koa'
import { csrf, openSessions, type Session } from '../../../src/lib/index.js'
import { send } from '../../support/client.js'
import { serve } from '../../support/serve.js'
import { onStore, onStoreAndCookie } from '../../support/site.js'

const logger = { warn() {}, error() {} }
const idFrom = 'X-Session-Id'
const secretKey = 'a secret of the tests, and of nobody else'

onStoreAndCookie('a native app sends its id in a header, and gets the next one there', async (t, open) => {
  const site = await open(
    {
      '/in': async (ctx) => (await ctx.session).login('ada'),
      '/out': async (ctx) => (await ctx.session).logout(),
      '/fail': async (ctx) => {
        const session = await ctx.session
        session.cycleKey()
        await session.save()
        ctx.throw(500)
      },
      '/': async (ctx) => {
        ctx.body = `${(await ctx.session).user}`
      },
    },
    { idFrom },
  )
  const send = (path: string, id: string, cookie?: string) =>
    site.send(path, { headers: { [idFrom]: id }, ...(cookie !== undefined && { cookie }) })
  const first = await send('/in', '')
  const id = String(first.headers['x-session-id'])
  t.regex(id, site.idPattern)
  t.deepEqual(first.cookies, [])
  t.is(first.headers['cache-control'], 'no-store')
  t.regex(String(first.headers.vary), /x-session-id/i)
  t.is((await send('/', id)).body, 'ada')

  // A header that is there, valid or not, leaves no part to a cookie.
  for (const none of ['', 'junk', 'a'.repeat(32)])
    t.is((await send('/', none, `sessionid=${id}`)).body, 'undefined')
  const other = await send('/out', 'a'.repeat(32), `sessionid=${id}`)
  t.deepEqual(other.cookies, [])
  t.is((await send('/', id)).body, 'ada')

  // Without the header a request is a browser's.
  const browser = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(browser.body, 'ada')
  t.is(browser.headers['x-session-id'], undefined)
  t.regex(String(browser.headers.vary), /Cookie, x-session-id/i)

  const failed = await send('/fail', id)
  t.is(failed.status, 500)
  const moved = String(failed.headers['x-session-id'])
  t.not(moved, id)
  t.is((await site.sessions.read({ headers: { 'x-session-id': moved } }))?.user, 'ada')
  t.is(await site.sessions.read({ headers: { 'x-session-id': '', cookie: `sessionid=${moved}` } }), undefined)
  const out = await send('/out', moved)
  t.is(out.headers['x-session-id'], '')
  t.deepEqual(out.cookies, [])
})

onStore('neither console.log nor JSON shows the header', async (t, open) => {
  const shown: string[] = []
  const site = await open(
    {
      '/': async (ctx) => {
        const session = await ctx.session
        session.set('a', 1)
        await session.save()
        shown.push(JSON.stringify(ctx), inspect(ctx.request), inspect(ctx.response), String(session.id))
      },
    },
    { idFrom },
  )
  const { headers } = await site.send('/', { headers: { [idFrom]: '' } })
  const id = String(headers['x-session-id'])
  shown.length = 0
  await site.send('/', { headers: { [idFrom]: id } })
  t.is(shown.pop(), id)
  for (const text of shown) t.false(text.includes(id), text)
})

onStore(
  'csrf() asks for no token where the id comes by header, and still heeds what browsers say',
  async (t, open) => {
    const check = csrf({ secretKey, logger })
    const site = await open({ '/': (ctx) => check(ctx, async () => {}) }, { idFrom })
    const post = async (headers: Record<string, string>) =>
      (await site.send('/', { method: 'POST', headers })).status
    t.is(await post({ [idFrom]: '' }), 200)
    t.is(await post({}), 403)
    t.is(await post({ [idFrom]: '', 'Sec-Fetch-Site': 'cross-site' }), 403)
    t.is(await post({ [idFrom]: '', Origin: 'https://evil.example' }), 403)
  },
)

for (const path of ['/', '/fail'])
  test(`two kinds of sessions have each their own header in the answer to ${path}`, async (t) => {
    const users = await openSessions({ engine: 'cache', logger, idFrom })
    const admin = { property: 'admin', cookieName: 'adminid', keyPrefix: 'admin' }
    const admins = await openSessions({ engine: 'cache', logger, ...admin, idFrom: 'X-Admin-Id' })
    const app = new Koa()
    app.silent = true
    for (const each of [users, admins]) app.use(each.middleware())
    app.use(async (context) => {
      const ctx = context as Context & { readonly admin: Promise<Session> }
      const both = [await ctx.session, await ctx.admin]
      for (const session of both) session.set('a', 1)
      if (ctx.path === '/fail') {
        for (const session of both) await session.save()
        ctx.throw(500)
      }
    })
    const agent = new Agent()
    t.teardown(() => agent.destroy())
    const { headers } = await send(agent, `${await serve(t, app)}${path}`, {
      headers: { [idFrom]: '', 'X-Admin-Id': '' },
    })
    const ids = { user: headers['x-session-id'], admin: headers['x-admin-id'] }
    t.truthy(await users.read({ headers: { 'x-session-id': ids.user } }))
    t.truthy(await admins.read({ headers: { 'x-admin-id': ids.admin } }))
    t.not(ids.user, ids.admin)
  })

test('one header for two kinds of sessions is refused', async (t) => {
  const users = await openSessions({ engine: 'cache', logger, idFrom })
  const admin = { property: 'admin', cookieName: 'adminid', keyPrefix: 'admin' }
  const admins = await openSessions({ engine: 'cache', logger, ...admin, idFrom: idFrom.toLowerCase() })
  const app = new Koa()
  app.silent = true
  const errors: Error[] = []
  app.on('error', (error) => errors.push(error))
  for (const each of [users, admins]) app.use(each.middleware())
  const agent = new Agent()
  t.teardown(() => agent.destroy())
  t.is((await send(agent, await serve(t, app))).status, 500)
  t.regex(
    String(errors[0]),
    /ctx\.session and ctx\.admin have the same header, x-session-id: .* another idFrom/,
  )
})

test('a header that means something else already is refused', async (t) => {
  for (const wrong of ['Cookie', 'authorization', 'Set-Cookie', 'Host', 'Accept', 'a b', '', 7, null])
    await t.throwsAsync(openSessions({ engine: 'cache', logger, idFrom: wrong as string }), {
      instanceOf: TypeError,
      message: /idFrom/,
    })
})
