import type { Session } from '../../../src/lib/index.js'
import { onStoreAndCookie } from '../../support/site.js'

declare module '../../../src/lib/index.js' {
  interface SessionData {
    typedCount: number
  }
}

/** What one operation on a session `{ a: 1 }` leaves in `accessed` and `modified`. */
interface Flags {
  readonly item: string
  readonly does: (session: Session) => unknown
  readonly accessed: boolean
  readonly modified: boolean
}

const touches = (item: string, does: Flags['does'], accessed: boolean, modified: boolean): Flags => ({
  item,
  does,
  accessed,
  modified,
})

const flags: readonly Flags[] = [
  touches('item 1: opening', () => {}, false, false),
  touches('item 2: get', (session) => session.get('a'), true, false),
  touches('item 2: get of a missing key', (session) => session.get('missing'), true, false),
  touches('item 2: size', (session) => session.size, true, false),
  touches('item 4: set', (session) => session.set('b', 2), true, true),
  touches('item 4: set of an equal value', (session) => session.set('a', 1), true, true),
  touches('item 5: delete', (session) => session.delete('a'), true, true),
  touches('item 5: delete of a missing key', (session) => session.delete('missing'), true, false),
  touches('item 6: has', (session) => session.has('a'), true, false),
  touches('item 7: pop', (session) => session.pop('a'), true, true),
  touches('item 7: pop of a missing key', (session) => session.pop('missing', null), true, false),
  touches('item 8: setDefault of a key that is there', (session) => session.setDefault('a', 2), true, false),
  touches('item 8: setDefault of a missing key', (session) => session.setDefault('b', 2), true, true),
  touches('item 9: update', (session) => session.update({ b: 2 }), true, true),
  touches('item 9: update with nothing', (session) => session.update({}), true, true),
  touches('item 10: keys', (session) => [...session.keys()], true, false),
  touches('item 10: values', (session) => [...session.values()], true, false),
  touches('item 10: entries', (session) => [...session.entries()], true, false),
  touches('item 14: iteration', (session) => [...session], true, false),
  touches('item 11: clear', (session) => session.clear(), true, true),
  touches('item 12: isEmpty', (session) => session.isEmpty(), false, false),
  touches('transform', (session) => session.transform('a', (value) => Number(value) + 1), true, true),
  touches('item 21: id', (session) => session.id, false, false),
  touches('createdAt', (session) => session.createdAt, false, false),
  touches('item 26: setExpiry', (session) => session.setExpiry(60), true, true),
  touches('item 32: setExpiry(null) without an expiry', (session) => session.setExpiry(null), true, false),
  touches('item 33: getExpiryAge', (session) => session.getExpiryAge(), true, false),
  touches(
    'item 34: getExpiryAge with an expiry',
    (session) => session.getExpiryAge({ expiry: 5 }),
    false,
    false,
  ),
  touches(
    'item 34: getExpiryAge with null',
    (session) => session.getExpiryAge({ expiry: null }),
    false,
    false,
  ),
  touches('item 35: getExpiryDate', (session) => session.getExpiryDate(), true, false),
  touches(
    'item 34: getExpiryDate with an expiry',
    (session) => session.getExpiryDate({ expiry: 5 }),
    false,
    false,
  ),
  touches('item 36: getExpireAtBrowserClose', (session) => session.getExpireAtBrowserClose(), true, false),
  touches('item 40: flush', (session) => session.flush(), true, true),
  touches('item 42: cycleKey', (session) => session.cycleKey(), true, true),
  touches('item 50: setTestCookie', (session) => session.setTestCookie(), true, true),
  touches('item 50: testCookieWorked', (session) => session.testCookieWorked(), true, false),
  touches('item 50: deleteTestCookie of none', (session) => session.deleteTestCookie(), true, false),
]
for (const { item, does, accessed, modified } of flags) {
  const says = `${accessed ? 'accessed' : 'not accessed'}, ${modified ? 'modified' : 'not modified'}`
  onStoreAndCookie(`${item}: ${says}`, async (t, open) => {
    const site = await open()
    const session = await site.sessions.open(await site.store({ a: 1 }))
    does(session)
    t.is(session.accessed, accessed)
    t.is(session.modified, modified)
  })
}

onStoreAndCookie('item 3: get of a missing key is undefined, or the fallback', async (t, open) => {
  const session = await (await open()).sessions.open()
  session.set('nothing', null)
  t.is(session.get('missing'), undefined)
  t.is(session.get('missing', 'fallback'), 'fallback')
  t.is(session.get('nothing', 'fallback'), null)
})

onStoreAndCookie('item 5: delete says whether the key was there', async (t, open) => {
  const session = await (await open()).sessions.open()
  session.set('a', 1)
  t.true(session.delete('a'))
  t.false(session.delete('a'))
})

onStoreAndCookie(
  'item 7: pop of a missing key throws unless there is a fallback, which may be undefined',
  async (t, open) => {
    const session = await (await open()).sessions.open()
    session.set('a', 1)
    t.is(session.pop('a'), 1)
    t.throws(() => session.pop('a'), { message: /"a"/ })
    t.is(session.pop('a', null), null)
    t.is(session.pop('a', undefined), undefined)
  },
)

onStoreAndCookie('item 8: setDefault answers what stands there afterwards', async (t, open) => {
  const session = await (await open()).sessions.open()
  t.is(session.setDefault('a', 1), 1)
  t.is(session.setDefault('a', 2), 1)
})

onStoreAndCookie(
  'items 9 and 10: update merges, and everything comes in the order of its first setting',
  async (t, open) => {
    const site = await open()
    const session = await site.sessions.open()
    session.set('z', 1).update({ a: 2, z: 3 })
    await session.save()
    const reopened = await site.sessions.open(session.id)
    for (const each of [session, reopened]) {
      t.deepEqual([...each.keys()], ['z', 'a'])
      t.deepEqual([...each.values()], [3, 2])
      t.deepEqual([...each.entries()], [...each])
      t.is(each.size, 2)
    }
  },
)

onStoreAndCookie('item 11: clear keeps the id', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open(await site.store({ a: 1 }))
  const { id } = session
  session.clear()
  t.is(session.id, id)
  t.is(session.size, 0)
  await session.save()
  t.is((await site.sessions.open(session.id)).size, 0)
  if (!site.inCookie) t.is(session.id, id)
})

onStoreAndCookie('item 12: empty is a session with neither id nor data', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  t.true(session.isEmpty())
  session.set('a', 1)
  t.false(session.isEmpty())
  session.delete('a')
  t.true(session.isEmpty())
  await session.save()
  t.false(session.isEmpty(), 'it has an id')
})

onStoreAndCookie('declared keys have their type, others are unknown', async (t, open) => {
  const session = await (await open()).sessions.open()
  session.set('typedCount', 1)
  const count: number | undefined = session.get('typedCount')
  const certain: number = session.get('typedCount', 0)
  // @ts-expect-error: a declared key takes its own type only
  session.set('typedCount', 'one')
  // @ts-expect-error: what is not declared is unknown, never any
  const text: string = session.get('undeclared', 'text')
  t.deepEqual([count, certain, text], [1, 1, 'text'])
})
