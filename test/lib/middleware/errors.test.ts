import type { Context } from 'koa'
import { type Handler, onStore, onStoreAndCookie } from '../../support/site.js'

/** Does something to the session, then throws. */
function thenThrow(what: Handler, thrown: unknown): Handler {
  return async (ctx: Context) => {
    await what(ctx)
    throw thrown
  }
}

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const cycle: Handler = async (ctx) => (await ctx.session).cycleKey()
const flush: Handler = async (ctx) => (await ctx.session).flush()

onStoreAndCookie('a thrown 418 answers 418, stores, and sends cookie and Vary', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      ctx.throw(418)
    },
  })
  const { status, body, cookies, headers } = await site.send('/')
  t.is(status, 418)
  t.regex(body, /^I'm a teapot$/i)
  t.is(headers.vary, 'Cookie')
  const stored = await site.stored(cookies[0]?.value ?? '')
  t.deepEqual(stored.kind === 'found' && stored.record.data, { b: 2 })
})

onStoreAndCookie(
  'a thrown 403 after flush still ends the session and takes the cookie away',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        await flush(ctx)
        ctx.throw(403)
      },
    })
    const id = await site.store()
    const { status, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(status, 403)
    t.is(cookies[0]?.attributes['max-age'], '0')
    if (!site.inCookie) t.is((await site.stored(id)).kind, 'missing')
  },
)

onStoreAndCookie("a thrown error's own headers are kept next to the session's", async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      ctx.throw(429, 'slow down', {
        headers: { 'Retry-After': '7', vary: 'Accept', 'set-cookie': ['theme=dark', 'sessionid=mine'] },
      })
    },
  })
  const { status, body, headers, cookies } = await site.send('/')
  t.is(status, 429)
  t.is(body, 'slow down')
  t.is(headers['retry-after'], '7')
  t.is(headers.vary, 'Accept, Cookie')
  t.deepEqual(cookies.map(({ name }) => name).sort(), ['sessionid', 'theme'])
  t.is((await site.stored(cookies.find(({ name }) => name === 'sessionid')?.value ?? '')).kind, 'found')
})

onStoreAndCookie(
  'an error object that two requests throw carries no cookie from one visitor to the other',
  async (t, open) => {
    const shared = Object.assign(new Error('shared'), {
      status: 409,
      expose: true,
      headers: { 'x-own': '1' },
    })
    const site = await open({
      '/set': thenThrow(set, shared),
      '/read': thenThrow(async (ctx) => (await ctx.session).size, shared),
    })
    t.is((await site.send('/set')).cookies.length, 1)
    const second = await site.send('/read')
    t.is(second.headers['x-own'], '1')
    t.deepEqual(second.cookies, [])
  },
)

const failures: readonly [string, (what: Handler) => Handler][] = [
  ['a thrown Error', (what) => thenThrow(what, new Error('boom'))],
  ['a thrown 503', (what) => thenThrow(what, Object.assign(new Error('busy'), { status: 503 }))],
  ['a thrown string', (what) => thenThrow(what, 'boom')],
  [
    'a status of 502',
    (what) => async (ctx) => {
      await what(ctx)
      ctx.status = 502
    },
  ],
]
for (const [title, failWith] of failures) {
  onStoreAndCookie(`item 62: ${title} saves nothing and sends no cookie`, async (t, open) => {
    const site = await open({ '/': failWith(set) })
    const id = await site.store()
    const { status, cookies, headers } = await site.send('/', { cookie: `sessionid=${id}` })
    t.true(status >= 500)
    t.deepEqual(cookies, [])
    // Koa answers what is no error with headers of its own.
    if (title !== 'a thrown string') t.is(headers.vary, 'Cookie')
    const stored = await site.stored(id)
    t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 1 })
  })

  onStoreAndCookie(`item 64: ${title} rotates nothing: the browser's id stays alive`, async (t, open) => {
    const site = await open({ '/': failWith(cycle) })
    const id = await site.store()
    const { cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.deepEqual(cookies, [])
    t.is((await site.stored(id)).kind, 'found')
    t.deepEqual(site.calls, ['load'])
  })

  onStoreAndCookie(`item 62: ${title} after flush still ends the session`, async (t, open) => {
    const site = await open({ '/': failWith(flush) })
    const id = await site.store()
    const { cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(cookies[0]?.attributes['max-age'], '0')
    if (!site.inCookie) t.is((await site.stored(id)).kind, 'missing')
  })
}

onStoreAndCookie(
  'a failed answer after flush and set begins no session in the place of the old',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        ;(await ctx.session).flush()
        ;(await ctx.session).set('b', 2)
        ctx.status = 500
      },
    })
    const id = await site.store()
    const { cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.deepEqual(site.calls, ['load', 'delete'])
    t.is(cookies[0]?.attributes['max-age'], '0')
  },
)

onStoreAndCookie(
  'a commit that fails after a thrown error does not replace it; both are reported',
  async (t, open) => {
    const site = await open({
      '/': thenThrow(set, Object.assign(new Error('first'), { status: 409, expose: true })),
    })
    const id = await site.store()
    site.down.add('update')
    const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(status, 409)
    t.is(body, 'first')
    t.deepEqual(cookies, [])
    t.is(site.errors.length, 2)
    t.true(site.errors.some(({ message }) => message === 'first'))
    t.true(
      site.errors.some(
        ({ cause }) => cause instanceof Error && cause.message.includes('does not answer update'),
      ),
    )
  },
)

onStore('a session that ended elsewhere does not replace a thrown error either', async (t, open) => {
  let id = ''
  const site = await open({
    '/': async (ctx) => {
      await set(ctx)
      await site.bench.engine.delete(id)
      ctx.throw(418)
    },
  })
  id = await site.store()
  const { status, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
  t.is(status, 418)
  t.deepEqual(cookies, [])
  t.is((await site.stored(id)).kind, 'missing')
})

onStore(
  'the 400 of a session that ended elsewhere says why, and bears no cookie of the handler',
  async (t, open) => {
    let id = ''
    const site = await open({
      '/': async (ctx) => {
        ctx.cookies.set('theme', 'dark')
        await set(ctx)
        await site.bench.engine.delete(id)
      },
    })
    id = await site.store()
    const { status, body, cookies } = await site.send('/', { cookie: `sessionid=${id}` })
    t.is(status, 400)
    t.regex(body, /session ended before the request completed/)
    t.deepEqual(cookies, [])
  },
)
