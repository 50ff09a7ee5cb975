import test from 'ava'
import type { SessionRecord } from '../../../src/lib/codecs/record.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { openSignedCookies } from '../../../src/lib/engines/signed-cookies.js'
import { VerifiedCookies } from '../../../src/lib/engines/verified-cookies.js'
import { noteCrypto } from '../../support/counting.js'

const computed = noteCrypto()
const silent = { warn() {}, error() {} }

async function engineAt(now: () => number, cookieCodec: 'signed' | 'sealed') {
  const secretKey = 'a key of this test, which is long enough for it'
  const options = { cookieName: 'sessionid', cookieCodec, secretKey, secretKeyFallbacks: [] }
  return openSignedCookies(options, { clock: now, logger: silent })
}

const record = (): SessionRecord => ({ data: { n: -0, list: [{ deep: 1 }] }, createdAt: 500, expires: 2000 })

for (const codec of ['signed', 'sealed'] as const) {
  test.serial(`${codec}: a cookie that was verified is known, and each reader gets a copy`, async (t) => {
    const maker = await engineAt(() => 1000, codec)
    const id = await createIn(maker, record())
    const reader = await engineAt(() => 1000, codec)
    for (const time of [1, 2, 3]) {
      computed.length = 0
      if (time > 1) await reader.load(id, true)
      const loaded = await reader.load(id)
      if (loaded.kind !== 'found') return t.fail()
      t.deepEqual(loaded.record, { data: { n: 0, list: [{ deep: 1 }] }, createdAt: 500, expires: 2000 })
      if (time > 1) t.deepEqual(computed, [])
      ;(loaded.record.data.list as object[]).push({})
      Object.assign((loaded.record.data.list as object[])[0] ?? {}, { deep: 2 })
    }
  })

  test.serial(
    `${codec}: what is remembered of a cookie that was made is what reading it would have made`,
    async (t) => {
      const engine = await engineAt(() => 1000, codec)
      const given = record()
      const id = await createIn(engine, given)
      ;(given.data.list as object[]).push({})
      const known = await engine.load(id)
      const read = await (await engineAt(() => 1000, codec)).load(id)
      t.deepEqual(known, read)
      if (known.kind === 'found') t.true(Object.is(known.record.data.n, 0))
    },
  )

  test.serial(
    `${codec}: a cookie that is known expires as any other, and one that differs by a character is not known`,
    async (t) => {
      let now = 1000
      const engine = await engineAt(() => now, codec)
      const id = await createIn(engine, record())
      t.is((await engine.load(id)).kind, 'found')
      for (let place = 0; place < id.length; place += 7) {
        const other = `${id.slice(0, place)}${id[place] === 'A' ? 'B' : 'A'}${id.slice(place + 1)}`
        t.is((await engine.load(other)).kind, 'missing', `${place}`)
      }
      now = 2000
      t.is((await engine.load(id)).kind, 'missing')
    },
  )
}

test('what JSON would make another thing of is not remembered, and not shared', async (t) => {
  const others: unknown[] = [
    new Date(0),
    undefined,
    Number.NaN,
    new Map(),
    { toJSON: () => 1 },
    [undefined],
    { [Symbol('s')]: 1 },
  ]
  const engine = await engineAt(() => 1000, 'signed')
  for (const other of others) {
    const id = await createIn(engine, { data: { other } as never, createdAt: 500, expires: 2000 })
    const read = await (await engineAt(() => 1000, 'signed')).load(id)
    t.deepEqual(await engine.load(id), read, String(other))
  }
})

test('of the cookies that were verified last a thousand are remembered, and none that is long', (t) => {
  const cookies = new VerifiedCookies<object>()
  for (let number = 0; number < 1100; number++) cookies.remember(`cookie ${number}`, { number })
  t.deepEqual(cookies.find('cookie 1099'), { number: 1099 })
  t.deepEqual(cookies.find('cookie 500'), { number: 500 })
  t.is(cookies.find('cookie 10'), undefined)
  const long = 'x'.repeat(2001)
  cookies.remember(long, {})
  t.is(cookies.find('cookie 10'), undefined)
  t.is(cookies.find(long), undefined)
})

test('a cookie is known only by its whole text, wherever it differs', (t) => {
  const cookies = new VerifiedCookies<object>()
  const mac = 'm'.repeat(43)
  cookies.remember(`s1.nonce.text.${mac}`, {})
  for (const other of [`s1.nonce.texx.${mac}`, `s1.nonce.text${mac}`, mac, `s1.nonce.text.${mac}m`, ''])
    t.is(cookies.find(other), undefined, other)
  t.deepEqual(cookies.find(`s1.nonce.text.${mac}`), {})
})
