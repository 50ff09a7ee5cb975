import test, { type ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import { csrf, openSessions } from '../../../src/lib/index.js'
import { serve } from '../../support/serve.js'
import { type Handler, onStoreAndCookie } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const flush: Handler = async (ctx) => (await ctx.session).flush()
const read: Handler = async (ctx) => (await ctx.session).get('a')

const OWN = 'private, max-age=60'

for (const [title, handler] of [
  ['changes', set],
  ['ends', flush],
] as const satisfies readonly [string, Handler][]) {
  onStoreAndCookie(`S45 S34 an answer that ${title} the session is for no cache`, async (t, open) => {
    const site = await open({
      '/': handler,
      '/save': async (ctx) => {
        await handler(ctx)
        await (await ctx.session).save()
      },
    })
    for (const path of ['/', '/save']) {
      const { headers, cookies } = await site.send(path, { cookie: `sessionid=${await site.store()}` })
      t.is(cookies.length, 1)
      t.is(headers['cache-control'], 'no-store')
    }
  })

  onStoreAndCookie(
    `S45 an answer that ${title} the session keeps the Cache-Control of the application's own`,
    async (t, open) => {
      const site = await open({
        '/before': async (ctx) => {
          ctx.set('Cache-Control', OWN)
          await handler(ctx)
        },
        '/after-save': async (ctx) => {
          await handler(ctx)
          await (await ctx.session).save()
          ctx.set('Cache-Control', OWN)
        },
      })
      for (const path of ['/before', '/after-save']) {
        const { headers, cookies } = await site.send(path, { cookie: `sessionid=${await site.store()}` })
        t.is(cookies.length, 1)
        t.is(headers['cache-control'], OWN, path)
      }
    },
  )

  onStoreAndCookie(
    `S45 a thrown error that bears the cookie of a handler that ${title} the session is for no cache`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          ctx.set('Cache-Control', OWN)
          await handler(ctx)
          ctx.throw(403)
        },
        '/own': async (ctx) => {
          await handler(ctx)
          ctx.throw(403, 'no', { headers: { 'cache-control': OWN } })
        },
      })
      for (const [path, expected] of [
        // What the handler set belongs to an answer that is not given.
        ['/', 'no-store'],
        ['/own', OWN],
      ] as const) {
        const { status, headers, cookies } = await site.send(path, {
          cookie: `sessionid=${await site.store()}`,
        })
        t.is(status, 403)
        t.is(cookies.length, 1)
        t.is(headers['cache-control'], expected, path)
      }
    },
  )
}

onStoreAndCookie('S45 an answer without the cookie says nothing to caches but Vary', async (t, open) => {
  const site = await open({
    '/': read,
    '/throw': async (ctx) => {
      await read(ctx)
      ctx.throw(403)
    },
    '/nothing': () => {},
  })
  const cookie = `sessionid=${await site.store()}`
  for (const path of ['/', '/throw', '/nothing']) {
    const { headers, cookies } = await site.send(path, { cookie })
    t.deepEqual(cookies, [])
    t.is(headers['cache-control'], undefined, path)
    t.is(headers.vary, path === '/nothing' ? undefined : 'Cookie', path)
  }
})

const forCaches = [
  'public, max-age=3600',
  'max-age=3600',
  'PUBLIC',
  'no-cache',
  'public, private',
  'private="x-name", max-age=60',
  's-maxage=60, must-revalidate',
  'max-age=60, x="private"',
  'max-age=60, x=", private, "',
] as const
const forOne = [
  'private',
  'no-store',
  'Private, max-age=60',
  'max-age=60,\tprivate',
  ' no-store ,x=1',
] as const

test('S45 an answer that sets the cookie is kept by no shared cache, whatever the application had said', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    ctx.set('Cache-Control', String(ctx.query.said))
    ctx.set('CDN-Cache-Control', 'max-age=60')
    ctx.set('Example-CDN-Cache-Control', 'max-age=60')
    ctx.set('Surrogate-Control', 'max-age=60')
    const session = await ctx.session
    if (ctx.path === '/set') session.set<string>('a', 1)
    ctx.body = 'done'
  })
  const url = await serve(t, app)
  const answerTo = async (path: string, said: string): Promise<(string | null)[]> => {
    const { headers } = await fetch(`${url}${path}?said=${encodeURIComponent(said)}`)
    const names = ['Cache-Control', 'CDN-Cache-Control', 'Example-CDN-Cache-Control', 'Surrogate-Control']
    return names.map((name) => headers.get(name))
  }
  for (const said of forCaches)
    t.deepEqual(await answerTo('/set', said), ['no-store', null, null, null], said)
  for (const said of forOne) t.deepEqual(await answerTo('/set', said), [said.trim(), null, null, null], said)
  t.deepEqual(await answerTo('/read', 'public'), ['public', 'max-age=60', 'max-age=60', 'max-age=60'])
})

const late: Readonly<Record<string, (ctx: Context) => Promise<unknown>>> = {
  'a handler after save()': async (ctx) => {
    const session = await ctx.session
    session.set<string>('a', 1)
    await session.save()
    ctx.set('Cache-Control', 'public, max-age=60')
    ctx.body = 'done'
  },
  'a handler by itself, with its own writeHead': async (ctx) => {
    const session = await ctx.session
    session.set<string>('a', 1)
    await session.save()
    ctx.respond = false
    ctx.res.writeHead(200, { 'Cache-Control': 'public, max-age=60' }).end('done')
  },
  'a handler of forms': async (ctx) => {
    ctx.body = ctx.state.csrfToken
    ctx.set('Cache-Control', 'public, max-age=60')
  },
}
for (const [title, handler] of Object.entries(late)) {
  test(`S45 an answer that sets a cookie is not public, whatever ${title} says`, async (t) => {
    const { headers } = await answerOf(t, handler, (_ctx, next) => next())
    t.is(headers.getSetCookie().length, 1)
    t.is(headers.get('Cache-Control'), 'no-store')
  })
}

test('S45 an answer that sets a cookie is not public, whatever a middleware above the sessions says', async (t) => {
  for (const [path, cookies] of [
    ['/session', 1],
    ['/form', 1],
    ['/nothing', 0],
  ] as const) {
    const { headers } = await answerOf(t, answerByPath, publicAfterwards, path)
    t.is(headers.getSetCookie().length, cookies)
    t.is(headers.get('Cache-Control'), cookies === 0 ? 'public, max-age=60' : 'no-store', path)
  }
})

const publicAfterwards: Middleware = async (ctx, next) => {
  await next()
  ctx.set('Cache-Control', 'public, max-age=60')
}

const answerByPath: Middleware = async (ctx) => {
  if (ctx.path === '/session') (await ctx.session).set<string>('a', 1)
  ctx.body = ctx.path === '/form' ? ctx.state.csrfToken : 'done'
}

async function answerOf(
  t: ExecutionContext,
  handler: Middleware,
  above: Middleware,
  path = '/',
): Promise<Response> {
  const secretKey = 'a secret of the tests, and of nobody else'
  const sessions = await openSessions({ engine: 'cache', secretKey })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(above)
  app.use(sessions.middleware())
  app.use(csrf({ secretKey }))
  app.use(handler)
  return fetch(`${await serve(t, app)}${path}`)
}
