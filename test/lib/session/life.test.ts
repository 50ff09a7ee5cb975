import { inspect } from 'node:util'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { SessionInterrupted } from '../../../src/lib/index.js'
import { COOKIE_AGE, onStore, onStoreAndCookie } from '../../support/site.js'

onStoreAndCookie('item 17: ids are 32 characters of a-z0-9, and new each time', async (t, open) => {
  const { sessions, idPattern } = await open()
  const saved = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const session = await sessions.open()
      await session.save()
      return session.id ?? ''
    }),
  )
  t.is(new Set(saved).size, 20)
  for (const id of saved) t.regex(id, idPattern)
})

onStore('item 18: an id that is taken is not given away again', async (t, open) => {
  const site = await open()
  const taken = await site.store({ mine: true })
  site.bench.nextIds.push(taken, taken)
  const session = await site.sessions.open()
  session.set('mine', false)
  await session.save()
  t.not(session.id, taken)
  t.true((await site.sessions.open(taken)).get('mine'))
})

onStoreAndCookie('item 21: the id is read-only, and none before the first save', async (t, open) => {
  const session = await (await open()).sessions.open()
  t.is(session.id, undefined)
  t.throws(() => {
    // @ts-expect-error: id is read-only
    session.id = 'mine'
  })
  t.is(session.id, undefined)
})

const strangers: readonly [string, string][] = [
  ['unknown', 'u'.repeat(32)],
  ['too short', 'abc'],
  ['of 60 characters (item 25)', 'u'.repeat(60)],
  ['empty (item 19)', ''],
  ['no id at all (item 20)', '../../etc/passwd'],
]
for (const [title, id] of strangers) {
  onStoreAndCookie(
    `items 22 and 23: an id that is ${title} is never adopted, and opening it stores nothing`,
    async (t, open) => {
      const site = await open()
      const session = await site.sessions.open(id)
      t.is(session.id, undefined)
      t.true(session.isEmpty())
      t.deepEqual(
        site.calls.filter((call) => call !== 'load'),
        [],
      )
      session.set('a', 1)
      await session.save()
      t.not(session.id, id)
      t.regex(session.id ?? '', site.idPattern)
      t.is((await site.stored(id)).kind, 'missing')
    },
  )
}

onStoreAndCookie('item 24: ids are case-sensitive', async (t, open) => {
  const site = await open()
  const id = await site.store()
  t.is((await site.sessions.open(id.toUpperCase())).id, undefined)
})

onStoreAndCookie('item 40: flush takes data and id at once, and the record with save()', async (t, open) => {
  const site = await open()
  const id = await site.store()
  const session = await site.sessions.open(id)
  session.flush()
  t.is(session.id, undefined)
  t.is(session.size, 0)
  t.true(session.isEmpty())
  t.is((await site.stored(id)).kind, 'found', 'flush is an intent')
  await session.save()
  t.deepEqual(site.calls, ['load', 'delete'])
  if (!site.inCookie) t.is((await site.stored(id)).kind, 'missing')
})

onStoreAndCookie('item 41: what is set after flush begins a session under a new id', async (t, open) => {
  const site = await open()
  const id = await site.store({ a: 1 })
  const session = await site.sessions.open(id)
  site.bench.now += 5000
  session.flush()
  session.set('b', 2)
  await session.save()
  t.not(session.id, id)
  const stored = await site.stored(session.id ?? '')
  t.deepEqual(stored.kind === 'found' && stored.record, {
    ...record(site.bench, { b: 2 }, COOKIE_AGE),
    createdAt: site.bench.now,
  })
  if (!site.inCookie) t.not((await site.stored(id)).kind, 'found')
})

onStoreAndCookie(
  'item 42: cycleKey keeps data, age and expiry, and the old id is dead once it is saved',
  async (t, open) => {
    const site = await open()
    const id = await site.store({ a: 1 })
    const session = await site.sessions.open(id)
    const { createdAt } = session
    session.setExpiry(60)
    session.cycleKey()
    t.is(session.id, id, 'cycleKey is an intent')
    site.bench.now += 5000
    await session.save()
    t.not(session.id, id)
    if (!site.inCookie) t.not((await site.stored(id)).kind, 'found')
    const moved = await site.sessions.open(session.id)
    t.deepEqual([...moved], [['a', 1]])
    t.deepEqual(moved.createdAt, createdAt)
    t.is(moved.getExpiryAge(), 60)
  },
)

onStoreAndCookie('item 43: cycleKey on a session with neither id nor data creates one', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  session.cycleKey()
  await session.save()
  t.is((await site.stored(session.id ?? '')).kind, 'found')
})

onStoreAndCookie('item 44: save() of a new session stores it, even without data', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  await session.save()
  t.is((await site.stored(session.id ?? '')).kind, 'found')
  t.deepEqual(site.calls, ['create'])
})

onStoreAndCookie('save() leaves nothing to save', async (t, open) => {
  const session = await (await open()).sessions.open()
  session.set('a', 1)
  await session.save()
  t.false(session.modified)
})

onStore('items 45 and 49: saving what ended elsewhere is refused, and it stays dead', async (t, open) => {
  const site = await open()
  const id = await site.store()
  const session = await site.sessions.open(id)
  await site.bench.engine.delete(id)
  session.set('a', 2)
  await t.throwsAsync(session.save(), { instanceOf: SessionInterrupted })
  t.is((await site.stored(id)).kind, 'missing')
  t.deepEqual(site.calls, ['load', 'update'])
})

onStoreAndCookie('item 46: ending what ended already is no error', async (t, open) => {
  const site = await open()
  const id = await site.store()
  const [one, other] = await Promise.all([site.sessions.open(id), site.sessions.open(id)])
  for (const session of [one, other]) session.flush()
  await one.save()
  await t.notThrowsAsync(other.save())
})

onStore('item 47: clearExpired removes what is over, in as many batches as it takes', async (t, open) => {
  const site = await open()
  await Promise.all(
    Array.from({ length: 1001 }, () => createIn(site.bench.engine, record(site.bench, {}, 600))),
  )
  const id = await site.store()
  t.is(await site.sessions.clearExpired(), 0)
  // Keyv counts by the real clock too: so long that a slow machine is done before.
  site.bench.now += 600_000
  t.is(await site.sessions.clearExpired(), 1001)
  t.is((await site.stored(id)).kind, 'found')
})

onStoreAndCookie('item 50: the test cookie', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  t.false(session.testCookieWorked())
  session.setTestCookie()
  await session.save()
  const next = await site.sessions.open(session.id)
  t.is(next.get('testcookie'), 'worked')
  t.true(next.testCookieWorked())
  t.true(next.deleteTestCookie())
  t.false(next.testCookieWorked())
  t.false(next.deleteTestCookie())
})

onStore(
  'two copies that change different keys both count, and a transform runs on the newest value',
  async (t, open) => {
    const site = await open()
    const id = await site.store({ n: 0 })
    const copies = await Promise.all(
      ['x', 'y', 'z'].map(async (key) => (await site.sessions.open(id)).set(key, true)),
    )
    for (const copy of copies) copy.transform('n', (n) => Number(n) + 1)
    await Promise.all(copies.map((copy) => copy.save()))
    t.deepEqual(Object.fromEntries(await site.sessions.open(id)), { n: 3, x: true, y: true, z: true })
  },
)

onStoreAndCookie('S12 a session that is printed shows neither id nor data', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open(await site.store({ card: '4111' }))
  for (const print of [
    inspect(session, { depth: 9, showHidden: true }),
    JSON.stringify(session),
    String(session),
  ]) {
    t.false(print.includes(session.id ?? '-'))
    t.false(print.includes('4111'))
  }
})
