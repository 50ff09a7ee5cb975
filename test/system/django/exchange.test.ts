import type { ExecutionContext } from 'ava'
import { DjangoSigner, SESSION_SALT } from '../../../src/lib/codecs/django/signing.js'
import { djangoLogin, djangoUser, type Sessions } from '../../../src/lib/index.js'
import { besideDjango, isPostgres, type Pair } from '../../support/django/pair.js'
import { type DjangoSays, djangoKnowsMoments, SECRET } from '../../support/django/project.js'

const beside = besideDjango()
const WEEKS = 1_209_600

/** Every type that JSON has, nested, with keys in an order of their own. */
const VALUES = {
  text: 'é😀\u007f\u2028</script>"\\\n',
  zebra: 1,
  number: -2.5,
  yes: true,
  no: false,
  none: null,
  list: [1, [2, [3]], {}],
  object: { b: { a: [] }, a: '' },
  'a key: with "signs", é': 'x',
  long: 'a'.repeat(5000),
}

async function stored(
  sessions: Sessions,
  values: Readonly<Record<string, unknown>> = { a: 1 },
): Promise<string> {
  const session = await sessions.open()
  session.update(values as Record<string, string>)
  await session.save()
  return session.id ?? ''
}

/** A session that Django has made. */
async function madeByDjango({ django }: Pair, values: object = { a: 1 }): Promise<string> {
  await django.do('set', { name: 'made', key: null, values })
  return django.do('save', { name: 'made' })
}

async function readByDjango({ django }: Pair, key: string): Promise<DjangoSays['data']> {
  return (await django.do<DjangoSays>('open', { name: 'read', key })).data
}

async function readHere(sessions: Sessions, id: string): Promise<Record<string, unknown>> {
  return Object.fromEntries((await sessions.open(id)).entries())
}

beside(
  'every type of JSON that Django stores is read here, and what is stored here is read there',
  async (t, pair) => {
    const sessions = await pair.open(t)
    const theirs = await madeByDjango(pair, VALUES)
    t.deepEqual(Object.entries(await readHere(sessions, theirs)), Object.entries(VALUES))
    const ours = await stored(sessions, VALUES)
    t.regex(ours, /^[a-z0-9]{32}$/)
    t.deepEqual(Object.entries(await readByDjango(pair, ours)), Object.entries(VALUES))
  },
)

beside(
  'what a request does not change goes back word for word, also what JavaScript cannot hold',
  async (t, pair) => {
    const { django } = pair
    const sessions = await pair.open(t)
    const values =
      "{'float': 1.0, 'big': 18446744073709551616, 'exponent': 1e+16, 'nan': float('nan'), 'endless': -float('inf')," +
      " 'b': 1, '1': {'x': 2.0}, 'a': 3, '__proto__': {'y': 4.0}}"
    await django.do('eval', { name: 'word', key: null, values })
    const key = await django.do<string>('save', { name: 'word' })
    const before = await django.do<string>('read', { name: 'word', key })
    const session = await sessions.open(key)
    session.set<string>('seen', 3)
    session.set<string>('a', 'changed')
    await session.save()
    const after = await django.do<string>('read', { name: 'word', key })
    t.is(after, `${before.slice(0, -1).replace("'a': 3", "'a': 'changed'")}, 'seen': 3}`)
  },
)

beside('an expiry of seconds, 0 and none means the same on both sides', async (t, pair) => {
  const { django } = pair
  const sessions = await pair.open(t)
  const cases = [
    [60, { age: 60, browser: false }],
    [0, { age: WEEKS, browser: true }],
    [null, { age: WEEKS, browser: false }],
  ] as const
  for (const [expiry, expected] of cases) {
    const key = await madeByDjango(pair)
    await django.do('expiry', { name: 'made', expiry: 1234 })
    await django.do('expiry', { name: 'made', expiry })
    await django.do('save', { name: 'made' })
    const theirs = await sessions.open(key)
    const here = { age: theirs.getExpiryAge(), browser: theirs.getExpireAtBrowserClose() }
    t.deepEqual(here, expected)
    t.is(theirs.has('_session_expiry'), false)

    const ours = await sessions.open()
    ours.set<string>('a', 1)
    ours.setExpiry(1234)
    await ours.save()
    ours.setExpiry(expiry)
    await ours.save()
    const row = await endIn(pair, ours.id ?? '')
    t.true(
      Math.abs(row - Date.now() - expected.age * 1000) < 50_000,
      `${expiry}: ${new Date(row).toISOString()}`,
    )
    t.deepEqual(await django.do('age', { name: 'ours', key: ours.id }), expected)
  }
})

/** When the row ends, in milliseconds since 1970. Texts and plain moments are in UTC. */
async function endIn(pair: Pair, key: string): Promise<number> {
  const end = (await pair.row(key))?.expire_date
  if (typeof end === 'string') return Date.parse(`${end.replace(' ', 'T')}Z`)
  return end instanceof Date ? end.getTime() : Number.NaN
}

beside(
  'a moment that is set here as the expiry is the end of the row, and Django reads the session',
  async (t, pair) => {
    const sessions = await pair.open(t)
    const moment = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)
    const session = await sessions.open()
    session.set<string>('a', 1)
    session.setExpiry(moment)
    await session.save()
    const key = session.id ?? ''
    t.is(await endIn(pair, key), moment.getTime())
    t.deepEqual(await readByDjango(pair, key), { a: 1, _session_expiry: inPython(moment) })
    t.is((await sessions.open(key)).getExpiryDate().getTime(), moment.getTime())
  },
)

/** As Python writes a moment of whole seconds. */
const inPython = (moment: Date): string => moment.toISOString().replace('.000Z', '+00:00')

beside(
  'a row that ends at a moment, as Django writes it since 4.1, ends there and goes back word for word',
  async (t, pair) => {
    const sessions = await pair.open(t)
    const key = await stored(sessions)
    const end = Math.floor(Date.now() / 1000) * 1000 + 3_600_000
    const said = `${new Date(end).toISOString().slice(0, -5)}.000250+00:00`
    const text = new DjangoSigner(SESSION_SALT, [SECRET]).sign(
      `{"a":1,"_session_expiry":"${said}"}`,
      Date.now(),
    )
    const column = `${said.slice(0, -6).replace('T', ' ')}${isPostgres(pair) ? '+00' : ''}`
    await pair.query(
      `UPDATE django_session SET session_data = '${text}', expire_date = '${column}' WHERE session_key = '${key}'`,
    )
    const session = await sessions.open(key)
    t.is(session.getExpiryDate().getTime(), end)
    session.set<string>('b', 2)
    await session.save()
    t.deepEqual(await readByDjango(pair, key), { a: 1, _session_expiry: said, b: 2 })
    t.is(await endIn(pair, key), end)
  },
)

if (djangoKnowsMoments)
  beside(
    'a moment that Django 4.1 and later sets is the same here, and Django saves one of ours',
    async (t, pair) => {
      const { django } = pair
      const sessions = await pair.open(t)
      const moment = new Date(Math.floor(Date.now() / 1000) * 1000 + 3_600_000)
      const theirs = await madeByDjango(pair)
      await django.do('expiry', { name: 'made', expiry: inPython(moment) })
      await django.do('save', { name: 'made' })
      const session = await sessions.open(theirs)
      t.is(session.getExpiryDate().getTime(), moment.getTime())
      const later = new Date(moment.getTime() + 3_600_000)
      session.setExpiry(later)
      await session.save()
      const { age } = await django.do<{ age: number }>('age', { name: 'moment', key: theirs })
      t.true(age > 7100 && age <= 7200, `${age}`)
      await django.do('set', { name: 'moment', values: { b: 2 } })
      await django.do('save', { name: 'moment' })
      t.is(await endIn(pair, theirs), later.getTime())
      t.is((await sessions.open(theirs)).getExpiryDate().getTime(), later.getTime())
    },
  )
else
  beside(
    'Django before 4.1 cannot save a session that ends at a moment; with seconds again it can',
    async (t, pair) => {
      const { django } = pair
      const sessions = await pair.open(t)
      const key = await stored(sessions)
      const session = await sessions.open(key)
      session.setExpiry(new Date(Date.now() + 3_600_000))
      await session.save()
      await django.do('open', { name: 'moment', key })
      await django.do('set', { name: 'moment', values: { b: 2 } })
      await t.throwsAsync(django.do('save', { name: 'moment' }), { message: /^TypeError: .*\bstr\b/ })
      session.setExpiry(60)
      await session.save()
      await django.do('open', { name: 'moment', key })
      await django.do('set', { name: 'moment', values: { b: 2 } })
      await django.do('save', { name: 'moment' })
      t.is((await sessions.open(key)).get('b'), 2)
    },
  )

/** A user of Django's. */
async function newUser({ django }: Pair): Promise<{ id: number; password: string }> {
  return django.do('user', { username: `ada${crypto.randomUUID()}`, password: 'correct horse' })
}

beside(
  'a log-in at Django is one here, until either side ends it or the password changes',
  async (t, pair) => {
    const { django } = pair
    const sessions = await pair.open(t)
    const { id, password } = await newUser(pair)
    const anonymous = await madeByDjango(pair, { cart: ['apple'] })
    const key = await django.do<string>('login', { name: 'visitor', key: anonymous, id })
    t.not(key, anonymous)
    t.deepEqual(await readHere(sessions, anonymous), {})
    const session = await sessions.open(key)
    t.is(session.get('_auth_user_id'), String(id))
    t.deepEqual(session.get('cart'), ['apple'])
    t.is(await djangoUser(session, { passwordOf: () => password }), String(id))
    const changed = await django.do<string>('password', { id, password: 'another horse' })
    t.is(await djangoUser(session, { passwordOf: () => changed }), undefined)

    const again = await django.do<string>('login', { name: 'visitor', key: anonymous, id })
    await django.do('logout', { name: 'visitor' })
    t.deepEqual(await readHere(sessions, again), {})
    const last = await django.do<string>('login', { name: 'visitor', key: anonymous, id })
    const ours = await sessions.open(last)
    ours.flush()
    await ours.save()
    t.is(await pair.row(last), undefined)
    t.is(await django.do('who', { name: 'later', key: last }), null)
  },
)

beside('a log-in by djangoLogin is one that Django accepts', async (t, pair) => {
  const { django } = pair
  const sessions = await pair.open(t)
  const { id, password } = await newUser(pair)
  const before = await stored(sessions, { cart: ['apple'] })
  const session = await sessions.open(before)
  djangoLogin(session, { id, passwordHash: password })
  await session.save()
  t.not(session.id, before)
  t.is(await pair.row(before), undefined)
  t.is(await django.do('who', { name: 'visitor', key: session.id }), id)
  t.like(await readByDjango(pair, session.id ?? ''), { cart: ['apple'] })
})

beside('a session that either side gives a new key lives on there, and nowhere else', async (t, pair) => {
  const { django } = pair
  const sessions = await pair.open(t)
  const first = await madeByDjango(pair, { n: 1 })
  const session = await sessions.open(first)
  session.cycleKey()
  await session.save()
  const second = session.id ?? ''
  t.deepEqual(await readByDjango(pair, second), { n: 1 })
  t.is(await pair.row(first), undefined)
  const third = await django.do<string>('cycle', { name: 'cycled', key: second })
  t.deepEqual(await readHere(sessions, third), { n: 1 })
  t.deepEqual(await readHere(sessions, second), {})
})

beside('clearExpired removes the rows that clearsessions removes, and those only', async (t, pair) => {
  const { django } = pair
  const sessions = await pair.open(t)
  const [dead, alive] = [[], []] as [string[], string[]]
  const make = async (): Promise<void> => {
    for (const hours of [-48, -3, -1, 1, 3, 48]) {
      const list = hours < 0 ? dead : alive
      const key = await stored(sessions)
      list.push(key)
      const end = new Date(Date.now() + hours * 3_600_000).toISOString().replace('T', ' ').replace('Z', '')
      const zone = isPostgres(pair) ? '+00' : ''
      // One of each is signed by nobody we know: its time is over all the same.
      const text = Math.abs(hours) === 3 ? `, session_data = 'nobody:signed:this'` : ''
      await pair.query(
        `UPDATE django_session SET expire_date = '${end}${zone}'${text} WHERE session_key = '${key}'`,
      )
    }
  }
  const leftOf = async (keys: readonly string[]): Promise<number> =>
    (await pair.rows()).filter(({ session_key }) => keys.includes(session_key)).length
  await make()
  t.true((await sessions.clearExpired()) >= 3)
  t.deepEqual([await leftOf(dead), await leftOf(alive)], [0, 3])
  await make()
  await django.do('clearsessions')
  t.deepEqual([await leftOf(dead), await leftOf(alive)], [0, 6])
})

beside('keys of the signature change one side after the other, and nobody is logged out', async (t, pair) => {
  const { django } = pair
  const NEXT = 'tessera-django-tests-next-4Zk8Qw2pVb9LmXc7RtYn5HdGfJs3A6eU'
  const key = await madeByDjango(pair, { n: 1 })
  const next = await pair.open(t, { secretKey: NEXT, secretKeyFallbacks: [String(pair.settings.secretKey)] })
  t.deepEqual(await readHere(next, key), { n: 1 })
  const untouched = await madeByDjango(pair, { n: 1 })
  const session = await next.open(key)
  session.set<string>('n', 2)
  await session.save()
  t.deepEqual(await readHere(await pair.open(t), key), {})
  await django.do('secret', { secret: NEXT })
  try {
    t.deepEqual(await readByDjango(pair, key), { n: 2 })
    t.deepEqual(await readHere(await pair.open(t, { secretKey: NEXT }), untouched), {})
  } finally {
    await django.do('secret', { secret: pair.settings.secretKey })
  }
})

/** Rows that look like sessions and are none of ours. */
async function foreignTexts(t: ExecutionContext, pair: Pair): Promise<readonly string[]> {
  const others = await pair.open(t, {
    secretKey: 'tessera-django-tests-other-9Lm4Zk8Qw2pVbXc7RtYn5HdGfJs3A6e',
  })
  const text = (await pair.row(await stored(others)))?.session_data ?? ''
  const ours = (await pair.row(await stored(await pair.open(t))))?.session_data ?? ''
  const damaged = ours.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
  // Of Django before 3.1.
  const old = 'ZDEzY2RmN2ZhMzI2YzZmYjdiZGExNDRhYTQ4ZGRkMDNiYTA0MmE1Mjp7ImEiOjF9'
  return [
    text,
    damaged,
    ours.toUpperCase(),
    ours.slice(0, -1),
    old,
    '',
    '{"value":{"version":1},"expires":9e15}',
  ]
}

beside('a row that none of our keys has signed is never changed, removed or adopted', async (t, pair) => {
  const sessions = await pair.open(t)
  let changed = 0
  for (const text of await foreignTexts(t, pair)) {
    const key = await stored(sessions)
    await pair.query(`UPDATE django_session SET session_data = '${text}' WHERE session_key = '${key}'`)
    const before = await pair.row(key)
    t.is(before?.session_data, text)
    const session = await sessions.open(key)
    t.deepEqual([...session.keys()], [])
    session.set<string>('mine', true)
    await session.save().then(
      () => t.not(session.id, key),
      () => {},
    )
    for (const act of ['flush', 'cycleKey'] as const) {
      const other = await sessions.open(key)
      other[act]()
      await other.save().catch(() => {})
    }
    t.is(await sessions.engine.delete(key), 'missing')
    t.deepEqual(await pair.row(key), before)
    changed++
  }
  t.is(changed, 7)
})
