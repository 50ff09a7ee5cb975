import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { EngineUnavailable } from '../../../src/lib/index.js'
import session, { type KoaSessionOptions } from '../../../src/lib/koa-session/index.js'
import { openBench } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { memory } from '../../support/stores/memory.js'
import { redis } from '../../support/stores/redis.js'
import { sealedCookies } from '../../support/stores/signed-cookies.js'
import { sqlite } from '../../support/stores/sqlite.js'
import type { EngineUnderTest } from '../../support/stores/store.js'
import { testOf } from '../../support/test-of.js'
import { keys, type OldHandler, type OldSite, oldSite, sessionOf } from './site.js'

type Open = (
  handlers: Readonly<Record<string, OldHandler>>,
  options?: KoaSessionOptions,
) => Promise<OldSite & { readonly bench: Awaited<ReturnType<typeof openBench>>['bench'] }>

function on(
  engines: readonly EngineUnderTest[],
  title: string,
  run: (t: ExecutionContext, open: Open) => unknown,
): void {
  for (const under of engines)
    testOf(under, title, async (t) => {
      const { bench, close } = await openBench(under)
      t.teardown(close)
      await run(t, async (handlers, options = {}) => {
        const site = await oldSite(t, { engine: bench.engine, clock: () => bench.now, ...options }, handlers)
        return { ...site, bench }
      })
    })
}

const every = [memory, sqlite, redis, sealedCookies]

const show: OldHandler = (ctx, session) => {
  ctx.body = session
}

on(every, 'code that was written for koa-session counts, and changes values in place', async (t, open) => {
  const site = await open({
    '/count': (ctx, session) => {
      session.views = (session.views ?? 0) + 1
      session.list ??= []
      session.list.push(`n${session.views}`)
      ctx.body = session.toJSON()
    },
    '/nested': (_, session) => {
      session.list?.push('more')
      session.user = { name: 'Ada', since: new Date(0), nothing: undefined }
      // In place: JSON holds neither.
      Object.assign(session.user ?? {}, { last: new Date(0), nobody: undefined })
    },
    '/replace': (ctx) => Reflect.set(ctx, 'session', { only: 1 }),
    '/end': (ctx) => Reflect.set(ctx, 'session', null),
    '/show': show,
  })
  const visitor = site.visitor()
  await visitor.visit('/count')
  t.is((await visitor.visit('/count')).body, '{"views":2,"list":["n1","n2"]}')
  await visitor.visit('/nested')
  const since = new Date(0).toISOString()
  t.deepEqual(JSON.parse((await visitor.visit('/show')).body), {
    views: 2,
    list: ['n1', 'n2', 'more'],
    user: { name: 'Ada', since, last: since },
  })
  await visitor.visit('/replace')
  t.is((await visitor.visit('/show')).body, '{"only":1}')
  await visitor.visit('/end')
  t.is(visitor.cookies.size, 0)
  t.is((await visitor.visit('/show')).body, '{}')
})

on([memory, sqlite, redis], 'of two requests that change different keys neither is lost', async (t, open) => {
  let isBoth = (): void => {}
  const both = new Promise<void>((resolve) => {
    isBoth = resolve
  })
  let waiting = 0
  const meet = (key: string): OldHandler => {
    return async (_, session) => {
      session[key] = 1
      if (++waiting === 2) isBoth()
      await both
    }
  }
  const site = await open({
    '/begin': (_, session) => (session.begun = 1),
    '/a': meet('a'),
    '/b': meet('b'),
    '/show': show,
  })
  const visitor = site.visitor()
  await visitor.visit('/begin')
  await Promise.all([visitor.visit('/a'), visitor.visit('/b')])
  t.deepEqual(JSON.parse((await visitor.visit('/show')).body), { begun: 1, a: 1, b: 1 })
})

on([memory, redis], 'a slow request does not bring back what was logged out', async (t, open) => {
  let goOn = (): void => {}
  const ended = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const site = await open({
    '/begin': (_, session) => (session.user = { id: '7' }),
    '/slow': async (_, session) => {
      session.seen = 1
      await ended
    },
    '/end': (ctx) => Reflect.set(ctx, 'session', null),
    '/show': show,
  })
  const [cookie] = (await site.send('/begin')).cookies
  const sent = { cookie: `koa.sess=${cookie?.value}` }
  const slow = site.send('/slow', sent)
  await site.send('/end', sent)
  goOn()
  t.like(await slow, { status: 400, cookies: [] })
  t.is((await site.send('/show', sent)).body, '{}')
})

on(
  [memory],
  'while the store is down: 503 for who needs the session, and the cookie stays',
  async (t, open) => {
    const { bench, close } = await openBench(memory)
    t.teardown(close)
    let isDown = false
    const engine = intercept(bench.engine, () => {
      if (isDown) throw new EngineUnavailable('down')
    })
    const site = await open(
      {
        '/count': (_, session) => (session.views = 1),
        '/plain': () => {},
      },
      { engine },
    )
    const visitor = site.visitor()
    await visitor.visit('/count')
    isDown = true
    t.like(await visitor.visit('/count'), { status: 503, cookies: [] })
    t.is(visitor.cookies.size, 1)
  },
)

on(
  [memory],
  'maxAge is milliseconds, moves with rolling, and can be set for one session',
  async (t, open) => {
    const site = await open(
      {
        '/begin': (_, session) => (session.views = 1),
        '/short': (_, session) => {
          session.maxAge = 5000
        },
        '/show': show,
        '/age': (ctx, session) => {
          ctx.body = String(session.maxAge)
        },
      },
      { maxAge: 60_000, rolling: true },
    )
    const visitor = site.visitor()
    const begun = await visitor.visit('/begin')
    t.is(begun.cookies[0]?.attributes['max-age'], '60')
    site.bench.now += 50_000
    t.is((await visitor.visit('/show')).body, '{"views":1}')
    site.bench.now += 50_000
    t.is((await visitor.visit('/show')).body, '{"views":1}')
    await visitor.visit('/short')
    t.is((await visitor.visit('/age')).body, '5000')
    site.bench.now += 5001
    t.is((await visitor.visit('/show')).body, '{}')
  },
)

on(
  [memory],
  'what stands in a session takes no place of its methods, and what is private is not stored',
  async (t, open) => {
    const site = await open({
      '/begin': async (ctx, session) => {
        Object.assign(session, { _private: 1, toString: 'text', constructor: 'c' })
        Reflect.set(session, '__proto__', { isAdmin: true })
        Reflect.set(session, 'helper', () => 1)
        await session.save()
        ctx.body = JSON.stringify([
          Reflect.get(session, '_private'),
          'helper' in session,
          'isAdmin' in session,
          Object.keys(session),
        ])
      },
      '/length': (_, session) => Reflect.set(session, 'length', 3),
      '/show': show,
    })
    const visitor = site.visitor()
    t.is((await visitor.visit('/begin')).body, '[1,true,false,["toString","constructor"]]')
    t.is((await visitor.visit('/show')).body, '{"toString":"text","constructor":"c"}')
    await visitor.visit('/length')
    t.regex(String(site.errors[0]?.message), /ctx\.session\.length belongs to the session itself/)
  },
)

on(
  [memory],
  'a session that does not count is left alone, and nobody further out sees it',
  async (t, open) => {
    const seen: string[] = []
    const site = await open(
      { '/begin': (_, session) => (session.views = 1), '/show': show },
      { valid: (ctx) => ctx.get('x-wrong') === '' },
    )
    site.app.on('session:invalid', ({ value }) => seen.push(JSON.stringify(value)))
    const visitor = site.visitor()
    const { cookies } = await visitor.visit('/begin')
    const cookie = `koa.sess=${cookies[0]?.value}`
    const wrong = await site.send('/show', { cookie, headers: { 'x-wrong': 'yes' } })
    t.like(wrong, { body: '{}', cookies: [] })
    t.is((await site.send('/show', { cookie })).body, '{"views":1}')
    t.deepEqual(seen, ['{"views":1}'])
  },
)

test('without an engine a session is in its cookie, sealed with app.keys, and no further setting is needed', async (t) => {
  const site = await oldSite(t, {}, { '/begin': (_, session) => (session.views = 1), '/show': show })
  const visitor = site.visitor()
  const { cookies } = await visitor.visit('/begin')
  t.regex(cookies[0]?.value ?? '', /^e1\./)
  t.is((await visitor.visit('/show')).body, '{"views":1}')
})

test('an option that is wrong or unknown stops the start, and is named', (t) => {
  const app = new Koa()
  app.keys = keys
  const wrong = (options: object, message: RegExp): void => {
    t.throws(() => session(options, app), { message })
  }
  wrong({ maxAges: 1 }, /maxAges .+\n +Did you mean maxAge\?/)
  wrong({ samesite: 'lax' }, /Did you mean sameSite\?/)
  wrong({ keys: ['k'] }, /Here it is secretKey/)
  wrong({ engin: 'db' }, /Did you mean engine\?/)
  wrong({ maxAge: 'soon' }, /maxAge/)
  wrong({ maxAge: Number('1 day') }, /maxAge is .+, not NaN/)
  wrong({ sameSite: 'some' }, /cookieSameSite/)
  wrong({ store: { get() {}, set() {} } }, /store\.destroy must be a function/)
  wrong({ externalKey: {} }, /externalKey\.get must be a function/)
})

test('an engine that cannot be opened is told at the first request, which is tried again', async (t) => {
  const app = new Koa()
  app.silent = true
  const middleware = session({ engine: 'signed_cookies' }, app)
  await t.throwsAsync(middleware.open(), { message: /\.keys required for signed cookies: set app\.keys/ })
  app.keys = keys
  await t.notThrowsAsync(middleware.open())
})

test('keys that can be guessed stop production, and the message says which', async (t) => {
  const app = new Koa()
  app.keys = ['some secret hurr']
  const { open } = session({ environment: 'production', logger: { warn() {}, error() {} } }, app)
  await t.throwsAsync(open(), {
    message: /^app\.keys seal the session cookies, .*secretKey.*anybody can guess/s,
  })
})

test('ctx.session above the middleware is an object of its own', async (t) => {
  const app = new Koa()
  app.keys = keys
  session({}, app)
  const ctx = app.createContext({ headers: {} } as never, {} as never)
  t.deepEqual({ ...sessionOf(ctx as never) }, {})
})
