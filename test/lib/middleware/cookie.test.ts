import test from 'ava'
import { setCookie } from '../../../src/lib/middleware/cookie.js'
import type { Handler, SiteOptions } from '../../support/site.js'
import { COOKIE_AGE, onStoreAndCookie } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('n', 1)

/** The date that an `Expires` bears which is `seconds` after `now`; it knows no parts of a second. */
const dateAfter = (now: number, seconds: number): string => new Date(now + seconds * 1000).toUTCString()

onStoreAndCookie(
  'item 66: a persistent cookie has Max-Age and an Expires that agrees with it',
  async (t, open) => {
    const site = await open({ '/': set }, { cookieAge: 60 })
    const { cookies } = await site.send('/')
    t.is(cookies[0]?.attributes['max-age'], '60')
    t.is(cookies[0]?.attributes.expires, dateAfter(site.bench.now, 60))
  },
)

onStoreAndCookie('item 66: a browser-length cookie has neither Max-Age nor Expires', async (t, open) => {
  const site = await open({ '/': set }, { expireAtBrowserClose: true })
  const { cookies } = await site.send('/')
  t.deepEqual(cookies[0]?.attributes, { path: '/', httponly: true, samesite: 'Lax' })
})

/** 400 days, in seconds: no browser keeps a cookie for longer. */
const LONGEST = '34560000'

const ownExpiries: readonly [string, (now: number) => number | Date | null, string | undefined][] = [
  ['60', () => 60, '60'],
  ['0', () => 0, undefined],
  ['a Date in 9.5 seconds', (now) => new Date(now + 9500), '10'],
  ['null', () => null, String(COOKIE_AGE)],
  ['400 days', () => Number(LONGEST), LONGEST],
  ['400 days and a second', () => Number(LONGEST) + 1, LONGEST],
  ['500 days', () => 500 * 86_400, LONGEST],
  ['a Date in 500 days', (now) => new Date(now + 500 * 86_400_000), LONGEST],
  ['the longest there is', () => 8.64e12 - 2e9, LONGEST],
]
for (const [title, expiry, maxAge] of ownExpiries) {
  onStoreAndCookie(
    `${maxAge === LONGEST ? 'S21 ' : ''}after setExpiry(${title}) the cookie's Max-Age is ${maxAge ?? 'absent'}`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => (await ctx.session).set('n', 1).setExpiry(expiry(site.bench.now)),
      })
      const { cookies } = await site.send('/')
      t.is(cookies.length, 1)
      t.is(cookies[0]?.attributes['max-age'], maxAge)
      t.is(
        cookies[0]?.attributes.expires,
        maxAge === undefined ? undefined : dateAfter(site.bench.now, Number(maxAge)),
      )
    },
  )
}

onStoreAndCookie(
  'item 36: a session of its own seconds has a persistent cookie among browser-length ones',
  async (t, open) => {
    const site = await open(
      { '/': async (ctx) => (await ctx.session).set('n', 1).setExpiry(10) },
      { expireAtBrowserClose: true },
    )
    t.is((await site.send('/')).cookies[0]?.attributes['max-age'], '10')
  },
)

onStoreAndCookie(
  'item 32: setExpiry(null) takes a session back to what the settings say',
  async (t, open) => {
    const site = await open({
      '/brief': async (ctx) => (await ctx.session).setExpiry(10),
      '/usual': async (ctx) => (await ctx.session).setExpiry(null),
    })
    const visitor = site.visitor()
    t.is((await visitor.visit('/brief')).cookies[0]?.attributes['max-age'], '10')
    t.is((await visitor.visit('/usual')).cookies[0]?.attributes['max-age'], String(COOKIE_AGE))
  },
)

const past: readonly [string, (now: number) => number | Date][] = [
  ['a negative number', () => -60],
  ['a Date that has passed', (now) => new Date(now - 60_000)],
]
for (const [title, expiry] of past) {
  onStoreAndCookie(
    `item 67: setExpiry with ${title} ends the session and takes the cookie away`,
    async (t, open) => {
      const site = await open({
        '/': set,
        '/end': async (ctx) => (await ctx.session).setExpiry(expiry(site.bench.now)),
      })
      const visitor = site.visitor()
      await visitor.visit('/')
      const id = visitor.cookies.get('sessionid') ?? ''
      const { cookies } = await visitor.visit('/end')
      t.true(Number(cookies[0]?.attributes['max-age']) <= 0)
      t.true(Date.parse(String(cookies[0]?.attributes.expires)) < site.bench.now)
      if (!site.inCookie) t.is((await site.stored(id)).kind, 'missing')
    },
  )

  onStoreAndCookie(`item 67: a visitor whose new session has ${title} keeps no cookie`, async (t, open) => {
    const site = await open({
      '/': async (ctx) => (await ctx.session).set('n', 1).setExpiry(expiry(site.bench.now)),
    })
    const visitor = site.visitor()
    t.is((await visitor.visit('/')).status, 200)
    t.is(visitor.cookies.size, 0)
  })
}

const looks: readonly [SiteOptions, string, Record<string, string | true>][] = [
  [{}, 'sessionid', { path: '/', httponly: true, samesite: 'Lax' }],
  [
    {
      cookieName: 'visit',
      cookiePath: '/shop',
      cookieDomain: 'example.com',
      cookieHttpOnly: false,
      cookieSecure: true,
      cookieSameSite: 'None',
    },
    'visit',
    { path: '/shop', domain: 'example.com', secure: true, samesite: 'None' },
  ],
  [
    { cookieName: '__Host-sessionid', cookieSecure: true, cookieSameSite: 'Strict' },
    '__Host-sessionid',
    { path: '/', httponly: true, secure: true, samesite: 'Strict' },
  ],
  [{ cookieSameSite: false }, 'sessionid', { path: '/', httponly: true }],
  [
    { cookieSecure: true, cookieSameSite: 'None', cookiePartitioned: true, cookiePriority: 'High' },
    'sessionid',
    { path: '/', httponly: true, secure: true, samesite: 'None', partitioned: true, priority: 'High' },
  ],
  [
    { cookieSecure: 'auto', cookiePriority: 'Low' },
    'sessionid',
    { path: '/', httponly: true, samesite: 'Lax', priority: 'Low' },
  ],
]
for (const [options, name, attributes] of looks) {
  onStoreAndCookie(
    `S28 S35 a cookie with ${JSON.stringify(options)} is removed with the attributes it was set with`,
    async (t, open) => {
      const flush: Handler = async (ctx) => (await ctx.session).flush()
      const site = await open({ '/': set, '/flush': flush }, { ...options, expireAtBrowserClose: true })
      const visitor = site.visitor()

      const [sent] = (await visitor.visit('/')).cookies
      t.is(sent?.name, name)
      t.deepEqual(sent?.attributes, attributes)

      const [removal] = (await visitor.visit('/flush')).cookies
      t.is(removal?.name, name)
      t.is(removal?.value, '')
      t.deepEqual(removal?.attributes, { ...attributes, 'max-age': '0', expires: new Date(0).toUTCString() })
    },
  )
}

test('a cookie lives for a whole number of seconds, rounded up: half a second is no removal', (t) => {
  const options = {
    name: 'a',
    path: '/',
    domain: undefined,
    httpOnly: true,
    secure: false,
    sameSite: false,
  } as const
  const now = Date.UTC(2026, 0, 1)
  for (const [age, seconds] of [
    [60, 60],
    [59.001, 60],
    [0.5, 1],
    [0.001, 1],
    [0, 0],
  ] as const) {
    const line = setCookie(options, 'x', { age, now })
    const expires = new Date(now + seconds * 1000).toUTCString()
    t.is(line, `a=x; Max-Age=${seconds}; Path=/; Expires=${expires}; HttpOnly`, String(age))
  }
})
