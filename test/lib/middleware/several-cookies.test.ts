import { record } from '../../../src/lib/conformance/case.js'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { found } from '../../../src/lib/conformance/outcomes.js'
import { COOKIE_AGE, type Handler, onCookies, onStore, onStoreAndCookie } from '../../support/site.js'

const read: Handler = async (ctx) => {
  ctx.body = String((await ctx.session).get('a', 'nobody'))
}
const set: Handler = async (ctx) => (await ctx.session).set('b', 2)

/** A `Cookie` header that brings `sessionid` with each of these values, in this order. */
const cookies = (...values: readonly string[]): { cookie: string } => ({
  cookie: ['theme=dark', ...values.map((value) => `sessionid=${value}`)].join('; '),
})

const junk = [
  '',
  'abc',
  '""',
  'x'.repeat(32).toUpperCase(),
  'a'.repeat(2000),
  '%00',
  '__proto__',
  'sessionid',
]

onStoreAndCookie('S11 item 76: of two cookies that lead to a session the last counts', async (t, open) => {
  const site = await open({ '/': read })
  const [one, other] = [await site.store({ a: 'one' }), await site.store({ a: 'other' })]
  t.is((await site.send('/', cookies(one, other))).body, 'other')
  t.is((await site.send('/', cookies(other, one))).body, 'one')
  t.deepEqual(site.calls, ['load', 'load'])
})

for (const value of junk) {
  onStoreAndCookie(
    `S11 junk (${JSON.stringify(value.slice(0, 20))}) never wins over a session's cookie, nor costs a call`,
    async (t, open) => {
      const site = await open({ '/': read, '/set': set })
      const id = await site.store({ a: 'mine' })
      for (const sent of [cookies(value, id), cookies(id, value), cookies(id, value, value, value, value)]) {
        site.calls.length = 0
        const answer = await site.send('/', sent)
        t.is(answer.body, 'mine')
        t.deepEqual(answer.cookies, [])
        t.deepEqual(site.calls, ['load'])
      }
      const { cookies: given } = await site.send('/set', cookies(id, value))
      t.deepEqual(
        given.map(({ name }) => name),
        ['sessionid'],
      )
      const stored = await site.stored(given[0]?.value ?? '')
      t.deepEqual(stored.kind === 'found' && stored.record.data, { a: 'mine', b: 2 })
    },
  )
}

onStoreAndCookie(
  'S11 an expired or unknown id never wins over a session, whatever the order',
  async (t, open) => {
    const site = await open({ '/': read })
    const expired = await createIn(site.bench.engine, record(site.bench, { a: 'gone' }, 5))
    site.bench.now += 5000
    const id = await site.store({ a: 'mine' })
    for (const other of [expired, site.bench.unknownId]) {
      t.is((await site.send('/', cookies(other, id))).body, 'mine')
      t.is((await site.send('/', cookies(id, other))).body, 'mine')
      t.is((await site.send('/', cookies(id, other, 'junk', other))).body, 'mine')
    }
  },
)

onCookies('S11 an unsigned value never wins over a signed one', async (t, open) => {
  const site = await open({ '/': read })
  const id = await site.store({ a: 'mine' })
  const flipped = id.endsWith('A') ? 'B' : 'A'
  const forged = [`${id.slice(0, -1)}${flipped}`, id.replace(/^../, 'x1'), id.slice(0, 3), `${id}A`]
  for (const value of forged) {
    t.is((await site.send('/', cookies(value))).body, 'nobody')
    t.is((await site.send('/', cookies(value, id))).body, 'mine')
    t.is((await site.send('/', cookies(id, value))).body, 'mine')
  }
})

onStoreAndCookie(
  'S11 where none leads to a session there is one removal, and one new session',
  async (t, open) => {
    const site = await open({ '/': read, '/set': set })
    const { unknownId } = site.bench
    const { body, cookies: given } = await site.send('/', cookies(unknownId, 'junk', unknownId))
    t.is(body, 'nobody')
    t.deepEqual(
      given.map(({ attributes }) => attributes['max-age']),
      ['0'],
    )
    t.deepEqual(site.calls, ['load', 'load'])
    const created = await site.send('/set', cookies(unknownId, 'junk'))
    t.is(created.cookies.length, 1)
    t.is((await site.stored(created.cookies[0]?.value ?? '')).kind, 'found')
  },
)

onStoreAndCookie('S11 the engine is asked of three at most, the last three', async (t, open) => {
  const site = await open({ '/': read })
  const { unknownId } = site.bench
  const id = await site.store({ a: 'mine' })
  t.is((await site.send('/', cookies(id, unknownId, 'junk', unknownId))).body, 'mine')
  site.calls.length = 0
  const planted = Array.from({ length: 60 }, () => unknownId)
  t.is((await site.send('/', cookies(id, ...planted))).body, 'nobody')
  t.deepEqual(site.calls, ['load', 'load', 'load'])
})

onStore(
  'S11 an id that was rotated away a moment ago gives way to no planted session, and takes no cookie away',
  async (t, open) => {
    const site = await open({ '/': read, '/set': set })
    const id = await site.store({ a: 'mine' })
    const planted = await site.store({ a: 'planted' })
    const { version } = await found(site.bench.engine, id)
    await rotateIn(site.bench.engine, id, record(site.bench, { a: 'mine' }, COOKIE_AGE), version)
    for (const sent of [cookies(planted, id), cookies(id, site.bench.unknownId)]) {
      const answer = await site.send('/', sent)
      t.is(answer.body, 'nobody')
      t.deepEqual(answer.cookies, [])
      t.is((await site.send('/set', sent)).status, 400)
    }
    t.is((await site.stored(planted)).kind, 'found')
  },
)

onStoreAndCookie(
  'S11 S66 a store that is down for one of several ids is no reason to take another',
  async (t, open) => {
    const site = await open({ '/': read })
    const id = await site.store({ a: 'mine' })
    site.down.add('load')
    const { status, cookies: given } = await site.send('/', cookies(id, site.bench.unknownId))
    t.is(status, 503)
    t.deepEqual(given, [])
    t.deepEqual(site.calls, ['load'])
  },
)

for (const saveEveryRequest of [false, true]) {
  onStoreAndCookie(
    `S11 a planted short cookie takes nobody's session away unasked, SAVE_EVERY_REQUEST ${saveEveryRequest}`,
    async (t, open) => {
      const site = await open({ '/untouched': () => {} }, { saveEveryRequest })
      const id = await site.store()
      for (const sent of [cookies(id, 'abc'), cookies('abc', id)]) {
        const { cookies: given } = await site.send('/untouched', sent)
        t.deepEqual(
          given.map(({ attributes }) => attributes['max-age']),
          saveEveryRequest ? [String(COOKIE_AGE)] : [],
        )
      }
      t.deepEqual(site.calls, saveEveryRequest ? ['load', 'touch', 'load', 'touch'] : [])
      const { cookies: given } = await site.send('/untouched', cookies('abc', 'def'))
      t.is(given[0]?.attributes['max-age'], '0')
    },
  )
}

const FORM = 'application/x-www-form-urlencoded'

onStoreAndCookie(
  'S10 an id in the query, the path, a body or another header opens nothing',
  async (t, open) => {
    const site = await open({ '/': read, '/sessionid': read })
    const id = await site.store({ a: 'mine' })
    const requests = [
      site.send(`/?sessionid=${id}`),
      site.send(`/sessionid;sessionid=${id}`),
      site.send('/', { method: 'POST', headers: { 'content-type': FORM }, body: `sessionid=${id}` }),
      site.send('/', { headers: { sessionid: id, 'x-session-id': id, authorization: `Bearer ${id}` } }),
      site.send('/', { cookie: `session=${id}; id=${id}; ${id}` }),
      site.send('/', { headers: { 'set-cookie': `sessionid=${id}`, cookie2: `sessionid=${id}` } }),
    ]
    for (const { status, body } of await Promise.all(requests)) {
      t.is(status, 200)
      t.not(body, 'mine')
    }
    t.deepEqual(site.calls, [])
  },
)
