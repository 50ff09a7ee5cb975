/** What the browser is told of a session's life, by a clock that goes on while the request is answered. */

import type { SetCookie } from '../../support/client.js'
import {
  COOKIE_AGE,
  type Handler,
  onEveryEngine,
  onStoreAndCookie,
  type Site,
  type SiteOptions,
} from '../../support/site.js'

/** From now on the sessions' clock is `step` milliseconds later each time that it is read. */
function ticking({ bench }: Site, step: number): void {
  let { now } = bench
  Object.defineProperty(bench, 'now', {
    get: () => {
      now += step
      return now
    },
  })
}

const begin: Handler = async (ctx) => (await ctx.session).set<string>('n', 0)
const expiring =
  (expiry: number | null): Handler =>
  async (ctx) =>
    (await ctx.session).set<string>('n', 0).setExpiry(expiry)

/** What a handler does, `Max-Age`, and the options. */
const lives: readonly [string, Handler, number, SiteOptions][] = [
  ['a new session', begin, COOKIE_AGE, {}],
  ['one of COOKIE_AGE=60', begin, 60, { cookieAge: 60 }],
  ['setExpiry(60)', expiring(60), 60, {}],
  ['setExpiry(30)', expiring(30), 30, {}],
  ['setExpiry(1)', expiring(1), 1, {}],
  ['setExpiry(0.5)', expiring(0.5), 1, {}],
  ['setExpiry(0.001)', expiring(0.001), 1, {}],
  ['setExpiry(59.2)', expiring(59.2), 60, {}],
  ['setExpiry(null)', expiring(null), COOKIE_AGE, {}],
  ['an idle timeout', begin, COOKIE_AGE, { idleTimeout: 1800 }],
  ['an absolute timeout that is longer', begin, 60, { cookieAge: 60, absoluteTimeout: 28_800 }],
  ['SAVE_EVERY_REQUEST', begin, 60, { cookieAge: 60, saveEveryRequest: true }],
  ['a log-in', async (ctx) => (await ctx.session).login('ada'), 60, { cookieAge: 60 }],
  [
    'save() and more',
    async (ctx) => {
      const session = await ctx.session
      session.set<string>('n', 0)
      await session.save()
      session.set<string>('n', 1)
    },
    60,
    { cookieAge: 60 },
  ],
]
for (const [title, handler, maxAge, options] of lives)
  for (const step of [1, 7, 400])
    onStoreAndCookie(
      `item 66: ${title}: Max-Age is the whole age although the clock goes on by ${step} ms a reading`,
      async (t, open) => {
        const site = await open({ '/': handler }, options)
        ticking(site, step)
        const visitor = site.visitor()
        // Each writes anew: the first time, again, and under a session's cookie.
        for (const _ of [1, 2, 3]) {
          const from = site.bench.now
          const given = (await visitor.visit('/')).cookies.find(({ name }) => name === 'sessionid')
          t.is(given?.attributes['max-age'], String(maxAge))
          const end = endOf(given)
          t.true(end > from + maxAge * 1000 - 1000 && end <= site.bench.now + maxAge * 1000)
          // What lives for less than the clock takes is gone the next time.
          if (maxAge === 1) visitor.cookies.clear()
        }
      },
    )

const endOf = (given: SetCookie | undefined): number => Date.parse(String(given?.attributes.expires))

onStoreAndCookie(
  'item 66: what getExpiryAge() tells in the handler is what the browser is told',
  async (t, open) => {
    for (const expiry of [60, 30, 0.5, null]) {
      const site = await open({
        '/': async (ctx) => {
          const session = await ctx.session
          session.set<string>('n', 0).setExpiry(expiry)
          ctx.body = String(Math.ceil(session.getExpiryAge()))
        },
      })
      ticking(site, 13)
      const { body, cookies } = await site.send('/')
      t.is(cookies[0]?.attributes['max-age'], body)
    }
  },
)

onStoreAndCookie('a session that lives for a moment is kept for it', async (t, open) => {
  const site = await open({
    '/': expiring(0.5),
    '/read': async (ctx) => {
      ctx.body = String((await ctx.session).get('n'))
    },
  })
  const visitor = site.visitor()
  await visitor.visit('/')
  t.true(visitor.cookies.has('sessionid'))
  site.bench.now += 499
  t.is((await visitor.visit('/read')).body, '0')
  site.bench.now += 1
  t.is((await visitor.visit('/read')).body, 'undefined')
})

onStoreAndCookie(
  'S24 a cookie whose session is renewed, or ends soon, is never told that it is over',
  async (t, open) => {
    const site = await open(
      { '/': begin, '/read': async (ctx) => void (await ctx.session).get('n') },
      { cookieAge: 100, renewAfter: 10 },
    )
    const visitor = site.visitor()
    await visitor.visit('/')
    site.bench.now += 99_001
    const { cookies } = await visitor.visit('/read')
    if (!site.inCookie) t.is(cookies[0]?.attributes['max-age'], '1')
    else t.deepEqual(cookies, [])
  },
)

onEveryEngine(
  'items 26 and 28: the longest life there is can be stored, and found again',
  async (t, open) => {
    const site = await open()
    const most = Math.floor((8.64e15 - site.bench.now) / 1000)
    for (const expiry of [most, new Date(8.64e15)]) {
      const session = await site.sessions.open()
      session.setExpiry(expiry)
      await session.save()
      site.bench.now += 1000
      const found = await site.sessions.open(session.id)
      t.is(found.id, session.id)
      t.is(found.getExpiryDate().getTime(), 8.64e15)
      found.set<string>('n', 1)
      await found.save()
      site.bench.now -= 1000
    }
  },
)

onStoreAndCookie('item 33: an age that is asked about has an end, whenever it began', async (t, open) => {
  const session = await (await open()).sessions.open()
  for (const question of [
    { expiry: 1e12, modification: new Date(8.64e15) },
    { modification: new Date(8.64e15) },
    { expiry: -1e12 },
  ])
    t.false(Number.isNaN(session.getExpiryDate(question).getTime()))
})
