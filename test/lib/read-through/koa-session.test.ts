import type { ExecutionContext } from 'ava'
import type { Context } from 'koa'
import { koaSessionCookie, koaSessionStore, type OldSessions } from '../../../src/lib/read-through/index.js'
import { type OpenSite, onStore, onStoreAndCookie, type Site } from '../../support/site.js'
import { cookiesOfKoaSession, keys, MapStore } from './old-sites.js'

interface Signal {
  readonly promise: Promise<void>
  resolve(): void
}

function signal(): Signal {
  let resolve = (): void => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

const cart = JSON.stringify(['tea', 'milk'])

/** The new site: it shows the cart, fills it, and logs out. */
async function newSite(open: OpenSite, ...readThrough: readonly OldSessions[]): Promise<Site> {
  const site = await open(
    {
      '/cart': async (ctx) => {
        ctx.body = (await ctx.session).get('cart') ?? 'empty'
      },
      '/user': async (ctx) => {
        ctx.body = (await ctx.session).get('passport') ?? 'nobody'
      },
      '/end': async (ctx) => (await ctx.session).flush(),
      '/fail': async (ctx) => {
        await ctx.session
        ctx.throw(500)
      },
    },
    { readThrough },
  )
  site.bench.now = Date.now()
  return site
}

async function storeSession(t: ExecutionContext, store = new MapStore()) {
  const cookie = await cookiesOfKoaSession(t, { store, maxAge: 600_000 })
  return { store, cookie }
}

onStoreAndCookie("a session of koa-session's cookie goes on, and the browser gets ours", async (t, open) => {
  const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
  const site = await newSite(open, koaSessionCookie({ keys }))
  const answer = await site.send('/cart', { cookie })
  t.is(answer.body, cart)
  const [ours, ...removed] = ['sessionid', 'koa.sess', 'koa.sess.sig'].map((name) =>
    answer.cookies.find((one) => one.name === name),
  )
  t.is(Number(ours?.attributes['max-age']) <= 600, true, 'it lives as long as the old one did')
  t.deepEqual(
    removed.map((one) => one?.attributes['max-age']),
    ['0', '0'],
  )
  const next = await site.send('/user', { cookie: `sessionid=${ours?.value}` })
  t.deepEqual(JSON.parse(next.body), { user: '7' })
  t.deepEqual(next.cookies, [])
})

onStoreAndCookie("a session of koa-session's store goes on, and is removed there", async (t, open) => {
  const { store, cookie } = await storeSession(t)
  const site = await newSite(open, koaSessionStore({ keys, store }))
  const visitor = site.visitor()
  for (const pair of cookie.split('; ')) {
    const equals = pair.indexOf('=')
    visitor.cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  t.is((await visitor.visit('/cart')).body, cart)
  t.is((await visitor.visit('/cart')).body, cart)
  t.is(store.map.size, 0)
  t.deepEqual(store.calls, ['get', 'destroy'])
  t.deepEqual([...visitor.cookies.keys()], ['sessionid'])
})

onStore('two requests with the old cookie at the same moment get the same session', async (t, open) => {
  const { store, cookie } = await storeSession(t)
  const site = await newSite(open, koaSessionStore({ keys, store }))
  const answers = await Promise.all([1, 2, 3, 4].map(() => site.request('/cart', { cookie })))
  t.deepEqual([...new Set(answers.map(({ body }) => body))], [cart])
  const ids = answers.map(({ cookies }) => cookies.find(({ name }) => name === 'sessionid')?.value)
  t.is(new Set(ids).size, 1)
})

onStore('a session that was logged out here does not come back with the old cookie', async (t, open) => {
  const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
  const site = await newSite(open, koaSessionCookie({ keys }))
  const taken = await site.send('/cart', { cookie })
  const id = taken.cookies.find(({ name }) => name === 'sessionid')?.value
  await site.send('/end', { cookie: `sessionid=${id}` })
  t.is((await site.send('/cart', { cookie })).body, 'empty')
  t.is((await site.send('/cart', { cookie: `${cookie}; sessionid=${id}` })).body, 'empty')
})

onStore('an answer that fails brings the new cookie too', async (t, open) => {
  const { store, cookie } = await storeSession(t)
  const site = await newSite(open, koaSessionStore({ keys, store }))
  const failed = await site.send('/fail', { cookie })
  t.is(failed.status, 500)
  const id = failed.cookies.find(({ name }) => name === 'sessionid')?.value
  t.is((await site.send('/cart', { cookie: `sessionid=${id}` })).body, cart)
})

onStore('a session that has expired there, or whose signature is wrong, is none', async (t, open) => {
  const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
  const site = await newSite(open, koaSessionCookie({ keys }))
  const [value = '', signature = ''] = cookie.split('; ')
  const forged = Buffer.from(JSON.stringify({ cart: ['gold'] })).toString('base64')
  for (const wrong of [value, `koa.sess=${forged}; ${signature}`, `${value}; ${signature}x`])
    t.is((await site.send('/cart', { cookie: wrong })).body, 'empty')
  site.bench.now += 600_001
  t.is((await site.send('/cart', { cookie })).body, 'empty')
})

onStore('while the old store is down the answer is 503, and all cookies stay', async (t, open) => {
  const { store, cookie } = await storeSession(t)
  const get = store.get.bind(store)
  store.get = async () => {
    throw new Error('connection refused')
  }
  const site = await newSite(open, koaSessionStore({ keys, store }))
  const down = await site.send('/cart', { cookie })
  t.deepEqual([down.status, down.cookies], [503, []])
  store.get = get
  t.is((await site.send('/cart', { cookie })).body, cart)
})

onStore(
  'a request that was cut off half way has taken over nothing, so a log-out still holds',
  async (t, open) => {
    const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
    const site = await newSite(open, koaSessionCookie({ keys }))
    site.down.add('index.write')
    t.is((await site.send('/cart', { cookie })).status, 503)
    site.down.clear()
    const taken = await site.send('/cart', { cookie })
    t.is(taken.body, cart)
    const id = taken.cookies.find(({ name }) => name === 'sessionid')?.value
    await site.send('/end', { cookie: `sessionid=${id}` })
    t.is((await site.send('/cart', { cookie })).body, 'empty')
  },
)

onStore('an old store that never answers holds a visitor up no longer than ours would', async (t, open) => {
  const { store, cookie } = await storeSession(t)
  store.get = () => new Promise(() => {})
  const show = async (ctx: Context) => {
    ctx.body = (await ctx.session).get('cart')
  }
  const options = { engineTimeout: 20, readThrough: [koaSessionStore({ keys, store })] }
  const site = await open({ '/': show }, options)
  const { status, cookies } = await site.send('/', { cookie })
  t.deepEqual([status, cookies], [503, []])
  t.regex(String(site.errors[0]), /the old session store does not answer/)
})

onStore(
  'who has a session of ours, or asks for none, is not looked for in the old store',
  async (t, open) => {
    const { store, cookie } = await storeSession(t)
    const site = await newSite(open, koaSessionStore({ keys, store }))
    const id = await site.store({ cart: 'ours' })
    await site.send('/', { cookie })
    t.is((await site.send('/cart', { cookie: `${cookie}; sessionid=${id}` })).body, 'ours')
    t.deepEqual(store.calls, [])
  },
)

/** The same sessions, where the next `load` waits in between: resolves when it has begun, and answers how to go on. */
function stoppingInLoad(old: OldSessions): {
  readonly old: OldSessions
  stop(): { readonly begun: Promise<void>; goOn(): void }
} {
  let meet: (() => Promise<void>) | undefined
  return {
    old: {
      ...old,
      async load(key) {
        const found = await old.load(key)
        await meet?.()
        return found
      },
    },
    stop() {
      const begun = signal()
      const going = signal()
      meet = () => {
        meet = undefined
        begun.resolve()
        return going.promise
      }
      return { begun: begun.promise, goOn: going.resolve }
    },
  }
}

onStore(
  'a slow request that has read the old session does not bring it back after a log-out',
  async (t, open) => {
    const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
    const { old, stop } = stoppingInLoad(koaSessionCookie({ keys }))
    const site = await newSite(open, old)
    const { begun, goOn } = stop()
    const slow = site.request('/cart', { cookie })
    await begun
    const quick = await site.request('/cart', { cookie })
    const id = quick.cookies.find(({ name }) => name === 'sessionid')?.value
    await site.request('/end', { cookie: `sessionid=${id}` })
    goOn()
    t.like(await slow, { body: 'empty' })
    t.is((await site.send('/cart', { cookie })).body, 'empty')
    t.is((await site.send('/cart', { cookie: `sessionid=${id}` })).body, 'empty')
  },
)

onStore('a slow answer to the old cookie does not take the place of a log-in', async (t, open) => {
  const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000 })
  const opened = signal()
  const loggedIn = signal()
  const site = await open(
    {
      '/slow': async (ctx) => {
        ctx.body = (await ctx.session).get('cart')
        opened.resolve()
        await loggedIn.promise
      },
      '/log-in': async (ctx) => (await ctx.session).login('7'),
    },
    { readThrough: [koaSessionCookie({ keys })] },
  )
  site.bench.now = Date.now()
  const slow = site.request('/slow', { cookie })
  await opened.promise
  const logIn = await site.request('/log-in', { cookie })
  loggedIn.resolve()
  t.true(logIn.cookies.some(({ name }) => name === 'sessionid'))
  const late = await slow
  t.is(late.body, cart)
  t.false(late.cookies.some(({ name }) => name === 'sessionid'))
})
