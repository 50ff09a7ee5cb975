/** A clock that was far ahead for a while, and has been set right. */

import {
  type Handler,
  idAfter,
  onCookies,
  onRevocableCookies,
  onStore,
  type Site,
} from '../../support/site.js'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const YEAR = 365 * 24 * HOUR

const handlers: Readonly<Record<string, Handler>> = {
  '/begin': async (ctx) => (await ctx.session).set<string>('n', 0),
  '/log-in': async (ctx) => {
    const session = await ctx.session
    session.set<string>('n', 0)
    session.login('ada')
  },
  '/read': async (ctx) => {
    ctx.body = String((await ctx.session).get('n', 'none'))
  },
  '/write': async (ctx) => {
    const session = await ctx.session
    if (session.has('n')) session.transform<string>('n', (n) => Number(n) + 1)
    ctx.body = String(session.get('n', 'none'))
  },
  '/times': async (ctx) => {
    const { createdAt, authenticatedAt } = await ctx.session
    ctx.body = [createdAt.getTime(), authenticatedAt?.getTime()]
  },
}

/** A visitor who came to `paths` while the clock was `ahead`; it is right again. */
async function cameEarly(site: Site, ahead: number, ...paths: readonly string[]) {
  const visitor = site.visitor()
  site.bench.now += ahead
  for (const path of paths) await visitor.visit(path)
  site.bench.now -= ahead
  return visitor
}

/** For how many hours the session goes on when it is used once an hour: 80 at the most. */
async function hoursOf(site: Site, visit: () => Promise<{ readonly body: string }>): Promise<number> {
  for (let hour = 0; hour < 80; hour++) {
    if ((await visit()).body === 'none') return hour
    site.bench.now += HOUR
  }
  return 80
}

const eightHours = { absoluteTimeout: 28_800 }

for (const begin of ['/begin', '/log-in'])
  for (const use of ['/read', '/write'])
    for (const options of [
      eightHours,
      { ...eightHours, idleTimeout: 7200 },
      { ...eightHours, idleTimeout: 7200, touchAfter: 0 },
      { ...eightHours, renewAfter: 600 },
      { ...eightHours, saveEveryRequest: true },
    ])
      onStore(
        `S25 after ${begin} in the future and ${use} from now on the absolute timeout begins now: ${JSON.stringify(options)}`,
        async (t, open) => {
          const site = await open(handlers, options)
          const visitor = await cameEarly(site, YEAR, begin)
          t.is(await hoursOf(site, () => visitor.visit(use)), 8)
        },
      )

onStore('S25 a session of now that logs in again in the future is no older for it', async (t, open) => {
  const site = await open(handlers, { absoluteTimeout: 28_800, cookieAge: 4 * 28_800 })
  const visitor = site.visitor()
  await visitor.visit('/log-in')
  site.bench.now += 5 * HOUR
  await visitor.visit('/log-in')
  site.bench.now -= 5 * HOUR
  t.is(await hoursOf(site, () => visitor.visit('/read')), 8)
})

onStore('S25 it is said to be of now, and what is written once stays', async (t, open) => {
  const site = await open(handlers, eightHours)
  const { now } = site.bench
  const visitor = await cameEarly(site, YEAR, '/log-in')
  site.calls.length = 0
  t.is((await visitor.visit('/times')).body, JSON.stringify([now, now]))
  t.deepEqual(site.calls, ['load', 'update'])
  site.bench.now += HOUR
  t.is((await visitor.visit('/times')).body, JSON.stringify([now, now]))
  t.deepEqual(site.calls, ['load', 'update', 'load'])
  const stored = await site.stored(visitor.cookies.get('sessionid') ?? '')
  t.true(stored.kind === 'found')
  if (stored.kind !== 'found') return
  t.is(stored.record.createdAt, now)
  t.is(stored.record.user?.authenticatedAt, now)
  t.is(stored.record.expires, now + 8 * HOUR)
})

onStore(
  'S25 a merge with what such a clock has written makes nothing older or younger than now',
  async (t, open) => {
    const site = await open({}, { ...eightHours, nestedChanges: 'compare' })
    site.bench.now += YEAR
    const early = await site.sessions.open()
    early.login('ada')
    early.set<string>('n', 0)
    await early.save()
    const [one, other] = await Promise.all([site.sessions.open(early.id), site.sessions.open(early.id)])
    one.set<string>('one', true)
    await one.save()
    site.bench.now -= YEAR
    other.set<string>('other', true)
    await other.save()
    const stored = await site.stored(early.id ?? '')
    t.like(stored, {
      kind: 'found',
      record: {
        createdAt: site.bench.now,
        expires: site.bench.now + 8 * HOUR,
        data: { n: 0, one: true, other: true },
      },
    })
    t.is(stored.kind === 'found' && stored.record.user?.authenticatedAt, site.bench.now)
  },
)

onStore('S25 what the clock of another process is ahead by, a minute, is left alone', async (t, open) => {
  const site = await open(handlers, eightHours)
  const visitor = await cameEarly(site, MINUTE, '/log-in')
  site.calls.length = 0
  const ahead = site.bench.now + MINUTE
  t.is((await visitor.visit('/times')).body, JSON.stringify([ahead, ahead]))
  t.deepEqual(site.calls, ['load'])
  const later = await cameEarly(site, MINUTE + 1, '/log-in')
  site.calls.length = 0
  t.is((await later.visit('/times')).body, JSON.stringify([site.bench.now, site.bench.now]))
  t.deepEqual(site.calls, ['load', 'update'])
})

onStore(
  'S24 S25 an id that was given in the future is renewed when it is old enough from now',
  async (t, open) => {
    const site = await open(handlers, { renewAfter: 600 })
    const visitor = await cameEarly(site, 0, '/begin')
    site.bench.now += 10 * HOUR
    const first = idAfter(await visitor.visit('/read'))
    t.not(first, '')
    site.bench.now -= 9 * HOUR
    t.deepEqual((await visitor.visit('/read')).cookies, [])
    site.bench.now += 10 * MINUTE - 1
    t.deepEqual((await visitor.visit('/read')).cookies, [])
    site.bench.now += 1
    t.is((await visitor.visit('/read')).cookies.length, 1)
  },
)

onStore('S25 S66 a store that does not take the correction costs the reader nothing', async (t, open) => {
  const site = await open(handlers, eightHours)
  const visitor = await cameEarly(site, YEAR, '/log-in')
  site.down.add('update')
  t.like(await visitor.visit('/read'), { status: 200, body: '0', cookies: [] })
  t.deepEqual(site.errors, [])
  site.down.clear()
  t.is(await hoursOf(site, () => visitor.visit('/read')), 8)
})

onStore('S25 S29 a log-in in the future is listed as of now', async (t, open) => {
  const site = await open(handlers, eightHours)
  await cameEarly(site, YEAR, '/log-in')
  const [listed] = await site.sessions.forUser('ada')
  t.is(listed?.createdAt.getTime(), site.bench.now)
  t.is(listed?.authenticatedAt.getTime(), site.bench.now)
  t.is(listed?.lastSeen.getTime(), site.bench.now)
})

onStore('S25 S32 it is no newer than the log-ins of now: the oldest gives way', async (t, open) => {
  const site = await open(handlers, { ...eightHours, maxSessionsPerUser: 2 })
  const early = await cameEarly(site, YEAR, '/log-in')
  const visitors = [site.visitor(), site.visitor(), site.visitor()]
  for (const visitor of visitors) {
    site.bench.now += MINUTE
    await visitor.visit('/log-in')
  }
  t.is((await early.visit('/read')).body, 'none')
  const seen: string[] = []
  for (const visitor of visitors) seen.push((await visitor.visit('/read')).body)
  t.deepEqual(seen, ['none', '0', '0'])
})

onStore(
  'S25 S31 what was revoked does not come back because its list began in the future',
  async (t, open) => {
    const site = await open(handlers, eightHours)
    const visitor = await cameEarly(site, YEAR, '/log-in', '/read')
    // Written again, the log-in is older than its list.
    await visitor.visit('/write')
    const under = await site.sessions.open(visitor.cookies.get('sessionid'))
    t.is(await site.sessions.revokeAll('ada'), 1)
    under.login('ada')
    await t.throwsAsync(under.save(), { name: 'SessionInterrupted' })
    t.deepEqual(await site.sessions.forUser('ada'), [])
  },
)

onCookies('S25 S53 a cookie that was made in the future is none', async (t, open) => {
  const site = await open(handlers, eightHours)
  const visitor = await cameEarly(site, YEAR, '/log-in')
  t.is((await visitor.visit('/read')).body, 'none')
})

onRevocableCookies(
  'S25 S33 a revocation in the future leaves a cookie of before dead, not in the way',
  async (t, open) => {
    const site = await open(handlers, eightHours)
    const visitor = await cameEarly(site, 0, '/log-in')
    site.bench.now += YEAR
    await site.sessions.revokeAll('ada')
    site.bench.now -= YEAR
    t.is((await visitor.visit('/read')).body, 'none')
    t.false(visitor.cookies.has('sessionid'), 'it is taken away')
  },
)

onStore('S25 a lease that was taken in the future is given again', async (t, open) => {
  const { bench } = await open()
  const lease = async () => bench.engine.lease?.('sweep', HOUR)
  bench.now += YEAR
  t.true(await lease())
  bench.now -= YEAR
  t.true(await lease())
  t.false(await lease())
  bench.now += HOUR
  t.true(await lease())
})
