import test from 'ava'
import { conformanceCases, runCase } from '../../../src/lib/conformance/index.js'
import { storeEngine } from '../../../src/lib/index.js'
import { AdoptedStore } from '../../../src/lib/koa-session/adopted-store.js'
import { cookiesOfKoaSession, MapStore } from '../read-through/old-sites.js'
import { keys, type OldHandler, oldSite } from './site.js'

const handlers: Readonly<Record<string, OldHandler>> = {
  '/count': async (ctx, session) => {
    session.views = (session.views ?? 0) + 1
    ctx.body = String(session.views)
  },
  '/a': (_, session) => (session.a = 1),
  '/b': (_, session) => (session.b = 1),
  '/show': (ctx, session) => {
    ctx.body = session
  },
  '/end': (ctx) => Reflect.set(ctx, 'session', null),
}

/** Such a store cannot say what it holds. */
const sweeps = /clearExpired removes|`removeExpired` removes/

for (const one of conformanceCases.filter(({ title }) => !sweeps.test(title)))
  test(`a store with get, set and destroy: ${one.title}`, async (t) => {
    await t.notThrowsAsync(
      runCase(one, async () => {
        const store = new MapStore()
        return {
          open: (tools) =>
            storeEngine({
              name: 'adopted',
              store: new AdoptedStore({
                store,
                ContextStore: undefined,
                rolling: false,
                clock: tools.clock,
                timeLimit: 20_000,
              }),
            }),
        }
      }),
    )
  })

test('a store of their own keeps sessions, merges them, and what it cannot promise is said once', async (t) => {
  const store = new MapStore()
  const site = await oldSite(t, { store }, handlers)
  const visitor = site.visitor()
  await visitor.visit('/count')
  t.is((await visitor.visit('/count')).body, '2')
  await Promise.all([visitor.visit('/a'), visitor.visit('/b')])
  t.deepEqual(JSON.parse((await visitor.visit('/show')).body), { views: 2, a: 1, b: 1 })
  t.is(site.logged.filter((message) => /of two processes/.test(message)).length, 1)
  const [value] = visitor.cookies.values()
  t.false(
    [...store.map.keys()].some((key) => key.includes(value ?? '')),
    'the store holds no id',
  )
  await visitor.visit('/end')
  t.is((await site.send('/show', { cookie: `koa.sess=${value}` })).body, '{}')
})

test('a store that fails is an outage, not a log-out', async (t) => {
  const store = new MapStore()
  const site = await oldSite(t, { store }, handlers)
  const visitor = site.visitor()
  await visitor.visit('/count')
  const get = store.get.bind(store)
  store.get = async () => {
    throw new Error('connection refused')
  }
  t.like(await visitor.visit('/count'), { status: 503, cookies: [] })
  store.get = get
  t.is((await visitor.visit('/count')).body, '2')
})

test('a ContextStore is made once for each request, and knows it', async (t) => {
  const store = new MapStore()
  const made: string[] = []
  class ContextStore {
    constructor(ctx: { path: string }) {
      made.push(ctx.path)
    }
    get = (key: string): unknown => store.get(key)
    set = (key: string, value: object): unknown => store.set(key, value)
    destroy = (key: string): unknown => store.destroy(key)
  }
  // koa-session asks the prototype for the methods.
  Object.assign(ContextStore.prototype, { get() {}, set() {}, destroy() {} })
  const site = await oldSite(t, { ContextStore }, handlers)
  const visitor = site.visitor()
  await visitor.visit('/count')
  t.is((await visitor.visit('/count')).body, '2')
  t.deepEqual(made, ['/count', '/count'])
})

test('sessions that koa-session has begun go on without a further option, in the cookie and in the store', async (t) => {
  const store = new MapStore()
  const oldKeys = ['the newest key of the old site', 'an earlier key of the old site']
  for (const options of [{}, { store }]) {
    const cookie = await cookiesOfKoaSession(t, { maxAge: 600_000, ...options })
    const site = await oldSite(t, options, handlers)
    site.app.keys = oldKeys
    const answer = await site.send('/show', { cookie })
    t.deepEqual(JSON.parse(answer.body), { cart: ['tea', 'milk'], passport: { user: '7' } })
    const ours = answer.cookies.find(({ name }) => name === 'koa.sess')
    const signature = answer.cookies.find(({ name }) => name === 'koa.sess.sig')
    t.is(signature?.attributes['max-age'], '0')
    t.is((await site.send('/count', { cookie: `koa.sess=${ours?.value}` })).body, '1')
  }
  t.not(keys, oldKeys)
})

test('an id that comes in a header goes back in one, and no cookie is set or read', async (t) => {
  const externalKey = {
    get: (ctx: { get(name: string): string }) => ctx.get('user-token'),
    set: (ctx: { set(name: string, value: string): void }, key: string) => ctx.set('user-token', key),
  }
  const site = await oldSite(t, { externalKey, engine: 'cache' }, handlers)
  const first = await site.send('/count')
  const token = String(first.headers['user-token'])
  t.deepEqual(first.cookies, [])
  t.is((await site.send('/count', { headers: { 'user-token': token } })).body, '2')
  t.is((await site.send('/count', { cookie: `koa.sess=${token}` })).body, '1')
  await site.send('/end', { headers: { 'user-token': token } })
  t.is((await site.send('/count', { headers: { 'user-token': token } })).body, '1')
})

test('where the id comes in a header, too, what a handler threw is the answer, although its session cannot be saved', async (t) => {
  const store = new MapStore()
  const externalKey = { get: () => undefined, set() {} }
  const site = await oldSite(
    t,
    { externalKey, store },
    {
      '/': (ctx, session) => {
        session.views = 1
        store.set = async () => {
          throw new Error('connection refused')
        }
        ctx.throw(418)
      },
    },
  )
  t.is((await site.send('/')).status, 418)
  t.regex(String(site.errors[0]), /the session store does not answer/)
})
