import type { Session } from '../../../src/lib/index.js'
import { type OpenSite, onStoreAndCookie, type Site } from '../../support/site.js'

/** An empty session whose settings say 100 seconds, at a moment that is no full second. */
async function openExpiring(open: OpenSite): Promise<{ site: Site; session: Session; now: number }> {
  const site = await open({}, { cookieAge: 100 })
  return { site, session: await site.sessions.open(), now: site.bench.now }
}

onStoreAndCookie(
  'items 26 and 33: seconds come back as they were given, whatever the modification',
  async (t, open) => {
    const { session } = await openExpiring(open)
    for (const seconds of [10, 1.5, -10]) {
      session.setExpiry(seconds)
      t.is(session.getExpiryAge(), seconds)
      t.is(session.getExpiryAge({ modification: new Date(0) }), seconds)
    }
  },
)

onStoreAndCookie(
  'item 27: 0 is the end of the browser session, and the age the settings say',
  async (t, open) => {
    const { session, now } = await openExpiring(open)
    session.setExpiry(0)
    t.is(session.getExpiryAge(), 100)
    t.is(session.getExpiryDate().getTime(), now + 100_000)
    t.true(session.getExpireAtBrowserClose())
  },
)

onStoreAndCookie('items 28, 33 and 35: a Date is the end itself, its age rounded down', async (t, open) => {
  const { session, now } = await openExpiring(open)
  const end = new Date(now + 9500)
  session.setExpiry(end)
  t.is(session.getExpiryAge(), 9)
  t.deepEqual(session.getExpiryDate(), end)
  t.is(session.getExpiryAge({ modification: new Date(now + 10_000) }), -1)
  t.deepEqual(session.getExpiryDate({ modification: new Date(0) }), end)
})

onStoreAndCookie('items 28 and 29: every kind of expiry comes back from the store', async (t, open) => {
  const { site, now } = await openExpiring(open)
  for (const expiry of [60, 0.5, new Date(now + 5001)]) {
    const session = await site.sessions.open()
    session.setExpiry(expiry)
    await session.save()
    const reopened = await site.sessions.open(session.id)
    t.is(reopened.getExpiryAge(), session.getExpiryAge())
    t.deepEqual(reopened.getExpiryDate(), session.getExpiryDate())
  }
})

onStoreAndCookie('item 30: what is no expiry is refused', async (t, open) => {
  const { session } = await openExpiring(open)
  const none: unknown[] = [
    Number.NaN,
    Number.POSITIVE_INFINITY,
    new Date(Number.NaN),
    '60',
    {},
    true,
    undefined,
    1e300,
  ]
  for (const expiry of none) {
    t.throws(() => session.setExpiry(expiry as number), { instanceOf: RangeError }, String(expiry))
  }
  t.false(session.modified)
  t.is(session.getExpiryAge(), 100)
})

onStoreAndCookie('an expiry is counted from a valid date only, and its end is a date', async (t, open) => {
  const { session } = await openExpiring(open)
  for (const modification of [new Date(Number.NaN), 5, '2026-01-01']) {
    const question = { modification: modification as Date }
    t.throws(() => session.getExpiryDate(question), { instanceOf: RangeError, message: /valid Date/ })
    t.throws(() => session.getExpiryAge(question), { instanceOf: RangeError })
  }
  const [first, last] = [new Date(-8.64e15), new Date(8.64e15)]
  t.deepEqual(session.getExpiryDate({ modification: last, expiry: 1e12 }), last)
  t.deepEqual(session.getExpiryDate({ modification: first, expiry: -1e12 }), first)
})

onStoreAndCookie('item 31: the present moment is not the end of the browser session', async (t, open) => {
  const { session, now } = await openExpiring(open)
  session.setExpiry(new Date(now))
  t.false(session.getExpireAtBrowserClose())
  t.is(session.getExpiryAge(), 0)
})

for (const [title, milliseconds, calls] of [
  ['this moment', 0, ['load', 'delete']],
  ['a millisecond away', 1, ['load', 'update']],
] as const) {
  onStoreAndCookie(
    `item 31: a session whose own end is ${title} is saved, unless it is over`,
    async (t, open) => {
      const { site, now } = await openExpiring(open)
      const session = await site.sessions.open(await site.store())
      session.setExpiry(new Date(now + milliseconds))
      await session.save()
      t.deepEqual(site.calls, calls)
    },
  )
}

onStoreAndCookie('item 32: null takes the expiry away', async (t, open) => {
  const { session } = await openExpiring(open)
  session.setExpiry(10)
  session.setExpiry(null)
  t.is(session.getExpiryAge(), 100)
  t.false(session.getExpireAtBrowserClose())
})

onStoreAndCookie(
  'items 33 to 35: an expiry that is asked about stands before the own one',
  async (t, open) => {
    const { session, now } = await openExpiring(open)
    const modification = new Date(now - 50_000)
    session.setExpiry(10)
    t.is(session.getExpiryAge({ expiry: 20 }), 20)
    t.is(session.getExpiryAge({ expiry: null }), 100)
    t.is(session.getExpiryAge({ modification, expiry: new Date(now) }), 50)
    t.is(session.getExpiryDate({ modification, expiry: 20 }).getTime(), now - 30_000)
    t.is(session.getExpiryDate({ modification, expiry: null }).getTime(), now + 50_000)
    t.is(session.getExpiryDate({ modification }).getTime(), now - 40_000)
  },
)

onStoreAndCookie('item 36: the own expiry overrides EXPIRE_AT_BROWSER_CLOSE', async (t, open) => {
  const site = await open({}, { expireAtBrowserClose: true })
  const session = await site.sessions.open()
  t.true(session.getExpireAtBrowserClose())
  session.setExpiry(10)
  t.false(session.getExpireAtBrowserClose())
  session.setExpiry(null)
  t.true(session.getExpireAtBrowserClose())
})

onStoreAndCookie(
  'item 38: a session lives from its last save, not from its last reading',
  async (t, open) => {
    const { site, session } = await openExpiring(open)
    await session.save()
    site.bench.now += 60_000
    t.is((await site.sessions.open(session.id)).id, session.id)
    site.bench.now += 39_999
    t.is((await site.sessions.open(session.id)).id, session.id)
    site.bench.now += 1
    t.is((await site.sessions.open(session.id)).id, undefined)
  },
)

onStoreAndCookie('item 38: each save begins its life anew, with its own expiry too', async (t, open) => {
  const { site, session } = await openExpiring(open)
  session.setExpiry(10)
  await session.save()
  site.bench.now += 9000
  await session.save()
  site.bench.now += 9000
  t.is((await site.sessions.open(session.id)).getExpiryAge(), 10)
})

onStoreAndCookie('item 11: clear takes the own expiry along', async (t, open) => {
  const { site, session } = await openExpiring(open)
  session.setExpiry(10)
  session.set('a', 1)
  await session.save()
  session.clear()
  await session.save()
  t.is((await site.sessions.open(session.id)).getExpiryAge(), 100)
})

onStoreAndCookie('createdAt is the moment the session began, and stays', async (t, open) => {
  const { site, session, now } = await openExpiring(open)
  await session.save()
  site.bench.now += 5000
  session.set('a', 1)
  await session.save()
  t.is((await site.sessions.open(session.id)).createdAt.getTime(), now)
})
