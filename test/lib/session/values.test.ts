import { UnsupportedValue } from '../../../src/lib/index.js'
import { onStoreAndCookie } from '../../support/site.js'

class Money {
  readonly cents = 1
}

const circular: Record<string, unknown> = { fine: 1 }
circular.self = { again: circular }
const circularList: unknown[] = []
circularList.push(circularList)

const refused: readonly [string, unknown][] = [
  ['a function', () => {}],
  ['a bigint', 1n],
  ['undefined', undefined],
  ['a symbol', Symbol('s')],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['a Date', new Date(0)],
  ['a Map', new Map([['a', 1]])],
  ['a Set', new Set([1])],
  ['a class instance', new Money()],
  ['an Error', new Error('e')],
  ['a Promise', Promise.resolve(1)],
  ['bytes', new Uint8Array([1])],
  ['a RegExp', /a/],
  ['a circular object', circular],
  ['a circular list', circularList],
]
for (const [title, value] of refused) {
  onStoreAndCookie(
    `W32 ${title} is refused with the key named, and the session stays as it was`,
    async (t, open) => {
      const site = await open()
      const session = await site.sessions.open(await site.store({ kept: 1 }))
      const nested: readonly unknown[] = [value, { deep: value }, [value], { deep: [{ deeper: value }] }]
      for (const each of nested) {
        const refusal = { instanceOf: UnsupportedValue, message: /\bculprit\b/ }
        t.throws(() => session.set('culprit', each), refusal)
        t.throws(() => session.setDefault('culprit', each), refusal)
        t.throws(() => session.update({ kept: 2, culprit: each }), refusal)
        t.throws(() => session.transform('culprit', () => each), refusal)
      }
      t.deepEqual([...session], [['kept', 1]])
      t.false(session.modified)
    },
  )
}

onStoreAndCookie(
  'W32 what refers to itself is refused as circular; the same value twice is not',
  async (t, open) => {
    const session = await (await open()).sessions.open()
    t.throws(() => session.set('loop', circular), { message: /loop\.self\.again: it is circular/ })
    const twice = { n: 1 }
    t.notThrows(() => session.set('twins', [twice, twice]))
  },
)

onStoreAndCookie('W32 the refusal names the place within the value', async (t, open) => {
  const session = await (await open()).sessions.open()
  t.throws(() => session.set<string>('cart', { items: [{ price: 1n }] }), {
    message: /cart\.items\[0\]\.price/,
  })
})

onStoreAndCookie(
  'W32 what became unsupported in place is refused by save(), and nothing is written',
  async (t, open) => {
    const site = await open()
    const id = await site.store({ list: [1], other: 1 })
    const session = await site.sessions.open(id)
    session.set('other', 2)
    ;(session.get('list') as unknown[]).push(() => {})
    await t.throwsAsync(session.save(), { instanceOf: UnsupportedValue, message: /\blist\b/ })
    t.deepEqual(site.calls, ['load'])
  },
)

onStoreAndCookie('what JSON holds comes back equal', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  const values = {
    nothing: null,
    yes: true,
    zero: 0,
    fraction: 0.1,
    huge: Number.MAX_SAFE_INTEGER,
    empty: '',
    text: 'é😀\u0000\u2028</script>"\\',
    colon: ':base64:AA==',
    list: [1, [2, [3]], {}],
    object: { nested: { deep: [null] } },
    bare: Object.assign(Object.create(null), { a: 1 }),
  }
  session.update(values)
  await session.save()
  const reopened = Object.fromEntries(await site.sessions.open(session.id))
  t.deepEqual(reopened, { ...values, bare: { a: 1 } })
})

onStoreAndCookie('-0 comes back as 0, as in JSON', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  session.set('n', -0)
  await session.save()
  t.is((await site.sessions.open(session.id)).get('n'), 0)
})

const special = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '_x',
  '_session_expiry',
  '',
]
for (const key of special) {
  onStoreAndCookie(`item 16: ${JSON.stringify(key)} is a plain key, stored and harmless`, async (t, open) => {
    const site = await open()
    const session = await site.sessions.open()
    t.false(session.has(key))
    t.is(session.get(key), undefined)
    session.set(key, { polluted: true })
    await session.save()

    const reopened = await site.sessions.open(session.id)
    t.true(reopened.has(key))
    t.deepEqual(reopened.get(key), { polluted: true })
    t.deepEqual([...reopened.keys()], [key])
    t.is(reopened.getExpiryAge(), session.getExpiryAge())
    t.false('polluted' in {})
    t.true(reopened.delete(key))
    await reopened.save()
    t.is((await site.sessions.open(reopened.id)).size, 0)
  })

  onStoreAndCookie(
    `item 16: ${JSON.stringify(key)} is a plain key within a value and in update()`,
    async (t, open) => {
      const site = await open()
      const session = await site.sessions.open()
      const own = JSON.parse(`{${JSON.stringify(key)}:{"polluted":true}}`)
      session.update(own)
      session.set('outer', own)
      await session.save()
      const reopened = await site.sessions.open(session.id)
      t.deepEqual(reopened.get(key), { polluted: true })
      t.is(JSON.stringify(reopened.get('outer')), JSON.stringify(own))
      t.false('polluted' in {})
    },
  )
}
