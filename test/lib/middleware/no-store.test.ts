import { type Handler, onEveryEngine } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const flush: Handler = async (ctx) => (await ctx.session).flush()
const read: Handler = async (ctx) => (await ctx.session).get('a')

const OWN = 'private, max-age=60'

for (const [title, handler] of [
  ['changes', set],
  ['ends', flush],
] as const satisfies readonly [string, Handler][]) {
  onEveryEngine(`S45 S34 an answer that ${title} the session is for no cache`, async (t, open) => {
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

  onEveryEngine(
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

  onEveryEngine(
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

onEveryEngine('S45 an answer without the cookie says nothing to caches but Vary', async (t, open) => {
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
