import { type Handler, idAfter, onStore, onStoreAndCookie, type Site } from '../../support/site.js'

const SECOND = 1000
const MINUTE = 60 * SECOND

const handlers: Readonly<Record<string, Handler>> = {
  '/log-in': async (ctx) => {
    const session = await ctx.session
    session.set<string>('user', 'ada')
  },
  '/who': async (ctx) => {
    const session = await ctx.session
    ctx.body = String(session.get('user', 'nobody'))
  },
  '/write': async (ctx) => {
    const session = await ctx.session
    if (session.has('user')) session.transform<string>('writes', (count) => Number(count ?? 0) + 1)
  },
  '/rotate': async (ctx) => {
    const session = await ctx.session
    session.cycleKey()
  },
  '/untouched': () => {},
}

/** A visitor whose session begins now. */
async function loggedIn(site: Site) {
  const visitor = site.visitor()
  const { cookies } = await visitor.visit('/log-in')
  return {
    visitor,
    who: async () => (await visitor.visit('/who')).body,
    maxAge: cookies[0]?.attributes['max-age'],
  }
}

onStoreAndCookie(
  'S15 without use a session lives until the idle timeout, to the millisecond',
  async (t, open) => {
    const site = await open(handlers, { idleTimeout: 60 })
    const one = await loggedIn(site)
    const other = await loggedIn(site)
    site.bench.now += MINUTE - 1
    t.is(await one.who(), 'ada')
    site.bench.now += 1
    t.is(await other.who(), 'nobody')
  },
)

onStoreAndCookie(
  'S15 each use counts once it is a fifth of the idle timeout after the last one that did',
  async (t, open) => {
    const site = await open(handlers, { idleTimeout: 100 })
    const { who } = await loggedIn(site)
    site.calls.length = 0
    site.bench.now += 20 * SECOND - 1
    t.is(await who(), 'ada')
    t.deepEqual(site.calls, ['load'], 'reading costs no write')
    site.bench.now += 1
    t.is(await who(), 'ada')
    t.is(await who(), 'ada')
    t.deepEqual(site.calls, ['load', 'load', 'touch', 'load'])
    site.bench.now += 100 * SECOND - 1
    t.is(await who(), 'ada')
    site.bench.now += 100 * SECOND
    t.is(await who(), 'nobody')
  },
)

onStoreAndCookie('S15 TOUCH_AFTER says how much later a use has to be', async (t, open) => {
  const site = await open(handlers, { idleTimeout: 100, touchAfter: 0 })
  const { who } = await loggedIn(site)
  site.calls.length = 0
  await who()
  t.deepEqual(site.calls, ['load'], 'nothing is gained within the same millisecond')
  site.bench.now += 1
  await who()
  t.deepEqual(site.calls, ['load', 'load', 'touch'])
})

onStoreAndCookie(
  'S44 a use that counts sends no cookie where the server holds the session',
  async (t, open) => {
    const site = await open(handlers, { idleTimeout: 100 })
    const { visitor } = await loggedIn(site)
    site.bench.now += 50 * SECOND
    const { cookies } = await visitor.visit('/who')
    t.is(cookies.length, site.inCookie ? 1 : 0)
    t.deepEqual((await visitor.visit('/who')).cookies, [])
  },
)

onStoreAndCookie(
  'a request that does not ask for its session is no use of it, and costs nothing',
  async (t, open) => {
    const site = await open(handlers, { idleTimeout: 60, absoluteTimeout: 600, renewAfter: 10 })
    const { visitor, who } = await loggedIn(site)
    site.calls.length = 0
    site.bench.now += MINUTE - 1
    await visitor.visit('/untouched')
    t.deepEqual(site.calls, [])
    site.bench.now += 1
    t.is(await who(), 'nobody')
  },
)

onStoreAndCookie('S16 neither use, writes nor a new id move the absolute end', async (t, open) => {
  const site = await open(handlers, { absoluteTimeout: 600, idleTimeout: 300, saveEveryRequest: true })
  const { visitor, who } = await loggedIn(site)
  for (const path of [
    '/who',
    '/write',
    '/rotate',
    '/who',
    '/write',
    '/untouched',
    '/rotate',
    '/who',
    '/write',
  ]) {
    site.bench.now += MINUTE
    t.is((await visitor.visit(path)).status, 200)
  }
  site.bench.now += MINUTE - 1
  t.is(await who(), 'ada')
  site.bench.now += 1
  t.is(await who(), 'nobody')
})

onStoreAndCookie('S16 after log-out the absolute end is the next session’s own', async (t, open) => {
  const site = await open(
    { ...handlers, '/out': async (ctx) => (await ctx.session).flush() },
    { absoluteTimeout: 600 },
  )
  const { visitor, who } = await loggedIn(site)
  site.bench.now += 9 * MINUTE
  await visitor.visit('/out')
  await visitor.visit('/log-in')
  site.bench.now += 9 * MINUTE
  t.is(await who(), 'ada')
})

const AGES = [50, 100, 150]
for (const cookieAge of AGES) {
  for (const idleTimeout of AGES) {
    for (const absoluteTimeout of AGES.filter((seconds) => seconds >= idleTimeout)) {
      onStoreAndCookie(
        `S17 COOKIE_AGE ${cookieAge}, IDLE_TIMEOUT ${idleTimeout}, ABSOLUTE_TIMEOUT ${absoluteTimeout}: the least counts`,
        async (t, open) => {
          const site = await open(handlers, { cookieAge, idleTimeout, absoluteTimeout })
          const unused = await loggedIn(site)
          const used = await loggedIn(site)
          const late = await loggedIn(site)
          t.is(used.maxAge, String(Math.min(cookieAge, absoluteTimeout)))

          const idleEnd = Math.min(cookieAge, idleTimeout, absoluteTimeout) * SECOND
          const usedEnd = Math.min(cookieAge, absoluteTimeout) * SECOND
          const begin = site.bench.now
          // Used every 25 seconds: it is never idle.
          for (let at = 25 * SECOND; at < usedEnd; at += 25 * SECOND) {
            if (at > idleEnd && site.bench.now < begin + idleEnd) {
              site.bench.now = begin + idleEnd
              t.is(await unused.who(), 'nobody')
            }
            site.bench.now = begin + at
            t.is(await used.who(), 'ada', `${at} ms`)
          }
          site.bench.now = begin + usedEnd - 1
          t.is(await used.who(), 'ada')
          site.bench.now = begin + usedEnd
          t.is(await used.who(), 'nobody')
          t.is(await late.who(), 'nobody')
        },
      )
    }
  }
}

onStoreAndCookie('a session of its own expiry is held to the timeouts too', async (t, open) => {
  const site = await open(
    {
      ...handlers,
      '/long': async (ctx) => (await ctx.session).setExpiry(new Date(site.bench.now + 90 * MINUTE)),
    },
    { absoluteTimeout: 600, idleTimeout: 300 },
  )
  const { visitor, who } = await loggedIn(site)
  t.is((await visitor.visit('/long')).cookies[0]?.attributes['max-age'], '600')
  site.bench.now += 5 * MINUTE - 1
  t.is(await who(), 'ada')
  site.bench.now += 5 * MINUTE
  t.is(await who(), 'nobody')
})

onStoreAndCookie('S17 COOKIE_AGE counts from the last save, whatever was read since', async (t, open) => {
  const site = await open(handlers, { cookieAge: 100, idleTimeout: 60 })
  const { visitor, who } = await loggedIn(site)
  site.bench.now += 50 * SECOND
  t.is(await who(), 'ada')
  await visitor.visit('/write')
  site.bench.now += 50 * SECOND
  t.is(await who(), 'ada')
  site.bench.now += 50 * SECOND - 1
  t.is(await who(), 'ada')
  site.bench.now += 1
  t.is(await who(), 'nobody')
})

onStoreAndCookie(
  'S20 a cookie that is kept past the end of its session is worth nothing',
  async (t, open) => {
    const site = await open(handlers, { idleTimeout: 60 })
    const cookie = `sessionid=${idAfter(await site.send('/log-in'))}`
    site.bench.now += MINUTE
    t.is((await site.send('/who', { cookie })).body, 'nobody')
  },
)

onStore('S18 S22 a record from before the timeouts were set is held to them', async (t, open) => {
  const site = await open(handlers, { absoluteTimeout: 600, idleTimeout: 300 })
  const cookie = `sessionid=${await site.store({ user: 'ada' })}`
  t.is((await site.send('/who', { cookie })).body, 'ada')
  site.bench.now += 5 * MINUTE
  t.is((await site.send('/who', { cookie })).body, 'nobody', 'its first use began its idle time')
  const other = `sessionid=${await site.store({ user: 'ada' })}`
  site.bench.now += 10 * MINUTE
  t.is((await site.stored(other.slice(10))).kind, 'found')
  t.is((await site.send('/who', { cookie: other })).body, 'nobody')
})

onStoreAndCookie(
  'S25 a clock that goes back by an hour makes a session live an hour longer at the most',
  async (t, open) => {
    const site = await open(handlers, { absoluteTimeout: 600, idleTimeout: 60 })
    const { who } = await loggedIn(site)
    site.bench.now -= 59 * SECOND
    t.is(await who(), 'ada')
    // That use is the last one, whatever the session was good for before.
    site.bench.now += MINUTE - 1
    t.is(await who(), 'ada')
    const again = await loggedIn(site)
    site.bench.now -= 59 * SECOND
    t.is(await again.who(), 'ada')
    site.bench.now += MINUTE
    t.is(await again.who(), 'nobody')
  },
)
