import type { Middleware } from 'koa'
import { idAfter, onEachKind, onRevocableCookies, onStore } from '../../support/site.js'
import { handlersOf, localPassport, type User, withPassport } from './passport-site.js'

const NOBODY = { passport: null, tessera: null, keys: [] }
const RIGHT = 'username=ada&password=ada'

onEachKind(
  'a log-in through Passport gives a new id, drops what the visitor had, and is the session’s own log-in',
  async (t, open) => {
    const passport = localPassport()
    const { visitor, send } = await open(handlersOf(passport), { use: withPassport(passport) })
    const browser = visitor()
    const planted = idAfter(await browser.visit('/cart'))
    t.is((await browser.visit('/login?username=ada&password=wrong')).status, 401)
    t.is((await browser.visit(`/login?${RIGHT}`)).body, 'in')
    t.not(browser.cookies.get('sessionid'), planted)
    const { body } = await browser.visit('/who')
    t.deepEqual(JSON.parse(body), { passport: 'ada', tessera: 'u1', keys: ['passport'] })
    const old = await send('/who', { cookie: `sessionid=${planted}` })
    t.is(JSON.parse(old.body).passport, null)
  },
)

onEachKind(
  'a log-out through Passport ends the session, and its copies where a store can',
  async (t, open) => {
    const passport = localPassport()
    const { visitor, send, inCookie } = await open(handlersOf(passport), { use: withPassport(passport) })
    const browser = visitor()
    const copied = idAfter(await browser.visit(`/login?${RIGHT}`))
    await browser.visit('/logout')
    t.false(browser.cookies.has('sessionid'))
    t.deepEqual(JSON.parse((await browser.visit('/who')).body), NOBODY)
    const copy = await send('/who', { cookie: `sessionid=${copied}` })
    t.is(JSON.parse(copy.body).passport, inCookie ? 'ada' : null)
  },
)

onEachKind('keepSessionInfo keeps the data at a log-in and at a log-out, under a new id', async (t, open) => {
  const passport = localPassport()
  const { visitor } = await open(handlersOf(passport), { use: withPassport(passport) })
  const browser = visitor()
  const ids = [idAfter(await browser.visit('/cart'))]
  ids.push(idAfter(await browser.visit(`/login-keeping?${RIGHT}`)))
  const loggedIn = await browser.visit('/who')
  t.deepEqual(JSON.parse(loggedIn.body), { passport: 'ada', tessera: 'u1', keys: ['cart', 'passport'] })
  ids.push(idAfter(await browser.visit('/logout-keeping')))
  t.deepEqual(JSON.parse((await browser.visit('/who')).body), { ...NOBODY, keys: ['cart'] })
  t.is(new Set(ids).size, 3)
})

onEachKind('returnTo leads back to the page that asked for the log-in, and is gone then', async (t, open) => {
  const passport = localPassport()
  const { visitor } = await open(handlersOf(passport), { use: withPassport(passport) })
  for (const [path, kept] of [
    ['/login-back', []],
    ['/login-back-keeping', ['cart']],
  ] as const) {
    const browser = visitor()
    await browser.visit('/cart')
    t.is((await browser.visit('/private?page=2')).status, 401)
    t.is((await browser.visit(`${path}?${RIGHT}`)).headers.location, '/private?page=2')
    t.is((await browser.visit('/private?page=2')).status, 200)
    t.deepEqual(JSON.parse((await browser.visit('/who')).body).keys, [...kept, 'passport'])
    t.is((await browser.visit(`${path}?${RIGHT}`)).headers.location, '/')
  }
})

onEachKind(
  'messages and flash messages of Passport reach the page after, those of a log-in too',
  async (t, open) => {
    const passport = localPassport()
    const { visitor } = await open(
      {
        ...handlersOf(passport),
        '/said': async (ctx) => {
          const session = await ctx.session
          const flashed = [await session.flash('error'), await session.flash('success')]
          ctx.body = JSON.stringify([session.get('messages') ?? null, ...flashed])
        },
      },
      { use: withPassport(passport) },
    )
    const browser = visitor()
    t.is((await browser.visit('/login-messages?username=ada&password=x')).headers.location, '/form')
    await browser.visit('/login-flash?username=ada&password=x')
    const refused = 'Wrong name or password'
    t.is((await browser.visit('/said')).body, JSON.stringify([[refused], [refused], []]))
    await browser.visit(`/login-messages?${RIGHT}`)
    t.is((await browser.visit('/said')).body, JSON.stringify([['Welcome, ada'], [], []]))
    await browser.visit(`/login-flash?${RIGHT}`)
    t.is((await browser.visit('/said')).body, JSON.stringify([null, [], ['Welcome, ada']]))
  },
)

onEachKind('devices list the log-ins of Passport, and a revocation logs its user out', async (t, open) => {
  const passport = localPassport()
  const { send, sessions, inCookie } = await open(handlersOf(passport), {
    use: withPassport(passport),
    maxSessionsPerUser: undefined,
  })
  if (inCookie) {
    await t.throwsAsync(() => sessions.forUser('u1'), { message: /signed_cookies/ })
    return
  }
  const ids: string[] = []
  for (const browser of ['Laptop', 'Phone'])
    ids.push(idAfter(await send(`/login?${RIGHT}`, { headers: { 'user-agent': browser } })))
  const devices = await sessions.forUser('u1')
  t.deepEqual(devices.map(({ device }) => device).sort(), ['Laptop', 'Phone'])
  t.is(await sessions.revokeAll('u1'), 2)
  for (const id of ids) {
    const { body } = await send('/who', { cookie: `sessionid=${id}` })
    t.deepEqual(JSON.parse(body), NOBODY)
  }
})

onRevocableCookies('a revocation logs Passport’s user out of a session in a cookie', async (t, open) => {
  const passport = localPassport()
  const { visitor, sessions } = await open(handlersOf(passport), { use: withPassport(passport) })
  const browser = visitor()
  await browser.visit(`/login?${RIGHT}`)
  await sessions.revokeAll('u1')
  t.deepEqual(JSON.parse((await browser.visit('/who')).body), NOBODY)
})

onStore('a request without a session cookie makes no store call, whatever Passport asks', async (t, open) => {
  const passport = localPassport()
  const { send, calls, down } = await open(handlersOf(passport), { use: withPassport(passport) })
  const { status, cookies } = await send('/private')
  t.deepEqual([status, cookies.length, calls], [401, 1, ['create']])
  calls.length = 0
  await send('/login?username=ada&password=x')
  t.deepEqual(calls, [])
  down.add('load')
  t.is((await send('/who', { cookie: `sessionid=${'a'.repeat(32)}` })).status, 503)
})

onStore(
  'a user whom deserializeUser does not find is logged out of the session too, and keeps the data',
  async (t, open) => {
    const passport = localPassport()
    const { visitor, sessions } = await open(
      {
        ...handlersOf(passport),
        '/ghost': (ctx) => ctx.login({ id: 'u9', name: 'nobody any more' }),
      },
      { use: withPassport(passport) },
    )
    const browser = visitor()
    await browser.visit('/ghost')
    await browser.visit('/cart')
    t.deepEqual(JSON.parse((await browser.visit('/who')).body).passport, null)
    t.deepEqual(JSON.parse((await browser.visit('/who')).body), { ...NOBODY, keys: ['cart'] })
    t.deepEqual(await sessions.forUser('u9'), [])
  },
)

onStore(
  'the user’s id is what serializeUser gave, or what userId says; else the log-in is refused',
  async (t, open) => {
    const objects = localPassport()
    Object.assign(objects, { _serializers: [], _deserializers: [] })
    objects.serializeUser((user, done) => done(null, { ...user, since: new Date(0) }))
    objects.deserializeUser((stored: { since: unknown } & User, done) =>
      done(null, { ...stored, name: stored.since }),
    )
    const refusing = await open(handlersOf(objects), { use: withPassport(objects) })
    t.is((await refusing.send(`/login?${RIGHT}`)).status, 500)
    t.regex(refusing.errors[0]?.message ?? '', /passportSessions\(sessions, \{ userId: /)
    const site = await open(handlersOf(objects), {
      use: withPassport(objects, { userId: ({ name }) => name }),
    })
    const browser = site.visitor()
    await browser.visit(`/login?${RIGHT}`)
    const { body } = await browser.visit('/who')
    t.deepEqual(JSON.parse(body), {
      passport: '1970-01-01T00:00:00.000Z',
      tessera: 'ada',
      keys: ['passport'],
    })
    t.is((await site.sessions.forUser('ada')).length, 1)
  },
)

onStore(
  'a log-in that the answer fails after, or that is one too many, has not happened',
  async (t, open) => {
    const passport = localPassport()
    const { visitor, sessions } = await open(
      {
        ...handlersOf(passport),
        '/fail': async (ctx) => {
          await ctx.login({ id: 'u1', name: 'ada' }, { device: 'Laptop' })
          ctx.throw(500)
        },
      },
      { use: withPassport(passport), maxSessionsPerUser: 1, maxSessionsPolicy: 'refuse-new' },
    )
    await visitor().visit('/fail')
    t.deepEqual(await sessions.forUser('u1'), [])
    await visitor().visit(`/login?${RIGHT}`)
    const second = await visitor().visit(`/login?${RIGHT}`)
    t.deepEqual([second.status, second.cookies], [409, []])
  },
)

onStore('with inViews, templates and Passport share ctx.state.session', async (t, open) => {
  const passport = localPassport()
  const { visitor } = await open(
    {
      ...handlersOf(passport),
      '/page': async (ctx) => {
        const { session } = { ...ctx.state }
        ctx.body = [session.user ?? null, session.get('cart', []), session.cart ?? [], ctx.isAuthenticated()]
      },
    },
    { use: (sessions) => [sessions.middleware({ inViews: true }), ...withPassport(passport)(sessions)] },
  )
  const browser = visitor()
  t.is((await browser.visit('/page')).body, '[null,[],[],false]')
  await browser.visit(`/login?${RIGHT}`)
  await browser.visit('/cart')
  t.is((await browser.visit('/page')).body, '["u1",["apple"],["apple"],true]')
})

onStore('who was logged in by Passport before Tessera is listed from the next log-in', async (t, open) => {
  const passport = localPassport()
  const adopt: Middleware = async (ctx, next) => {
    const session = await ctx.session
    if (ctx.isAuthenticated() && session.user === undefined)
      await ctx.login(ctx.state.user, { keepSessionInfo: true })
    await next()
  }
  const { visitor, store, sessions } = await open(handlersOf(passport), {
    use: (opened) => [...withPassport(passport)(opened), adopt],
  })
  const browser = visitor()
  browser.cookies.set('sessionid', await store({ passport: { user: 'u1' }, cart: ['apple'] }))
  const { body } = await browser.visit('/who')
  t.deepEqual(JSON.parse(body), { passport: 'ada', tessera: 'u1', keys: ['passport', 'cart'] })
  t.is((await sessions.forUser('u1')).length, 1)
  t.deepEqual(JSON.parse((await browser.visit('/who')).body), JSON.parse(body))
})
