import test, { type ExecutionContext } from 'ava'
import { DjangoSigner, SESSION_SALT } from '../../../../src/lib/codecs/django/signing.js'
import {
  openSessions,
  type Session,
  type SessionsOptions,
  UnsupportedValue,
} from '../../../../src/lib/index.js'
import { djangoSqlite } from '../../../support/stores/django.js'

const secretKey = 'tessera-django-tests-7Qw2pVb9Zk4LmXc8RtYn5HdGfJs3A6eU'
const signer = new DjangoSigner(SESSION_SALT, [secretKey])

/** What came of a session that Django has stored: what it showed, and the JSON in its place afterwards. */
interface Outcome {
  readonly shown: Readonly<Record<string, unknown>>
  readonly after: string | undefined
}

type OutcomeOf = (json: string, change: (session: Session) => void) => Promise<Outcome>

/** What puts a JSON text into a row as Django does, changes the session there, and saves it. */
async function onTable(t: ExecutionContext, settings: SessionsOptions = {}): Promise<OutcomeOf> {
  const { options, damage, dump, discard } = await djangoSqlite.prepare()
  t.teardown(discard)
  const logger = { warn: () => {}, error: () => {} }
  const all: SessionsOptions = { engine: 'db', codec: 'django', secretKey, logger, ...options, ...settings }
  const sessions = await openSessions(all)
  t.teardown(() => sessions.close())
  return async (json, change) => {
    const first = await sessions.open()
    first.set<string>('a', 1)
    await first.save()
    await damage?.(first.id ?? '', signer.sign(json, Date.now()))
    const session = await sessions.open(first.id)
    const shown = Object.fromEntries(session.entries())
    change(session)
    await session.save()
    const rows: { session_key: string; session_data: string }[] = JSON.parse((await dump?.()) ?? '[]')
    const row = rows.find(({ session_key }) => session_key === session.id)
    return { shown, after: row && signer.verify(row.session_data)?.text }
  }
}

const touch = (session: Session): void => void session.set<string>('koa', 1)
const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels)

/** What a session here cannot hold, and what only looks as if it could. */
const values = [
  'NaN',
  'Infinity',
  '-Infinity',
  `1${'0'.repeat(400)}`,
  `{"x":-1${'0'.repeat(400)}}`,
  '{"n":NaN,"ok":1}',
  '[1e999]',
  deep(2001),
] as const

test('a value that no session here can hold reads as null, and another key can be set beside it', async (t) => {
  const outcomeOf = await onTable(t)
  for (const value of values) {
    const { shown, after } = await outcomeOf(`{"a":${value},"b":1.0}`, touch)
    t.deepEqual(shown, { a: null, b: 1 }, value.slice(0, 20))
    t.is(after, `{"a":${value},"b":1.0,"koa":1}`)
  }
  const { shown, after } = await outcomeOf(`{"a":${deep(900)}}`, touch)
  t.true(Array.isArray(shown.a))
  t.is(after, `{"a":${deep(900)},"koa":1}`)
})

test('null is written over a value that reads as null, by every way to set it', async (t) => {
  const outcomeOf = await onTable(t)
  const ways: readonly ((session: Session) => void)[] = [
    (session) => session.set<string>('a', null),
    (session) => session.update({ a: null }),
    (session) => session.transform<string>('a', (value) => value),
    (session) => {
      session.delete('a')
      session.set<string>('a', null)
    },
  ]
  for (const value of values)
    for (const way of ways) t.is((await outcomeOf(`{"a":${value},"b":1.0}`, way)).after, '{"a":null,"b":1.0}')
  const kept = await outcomeOf('{"a":NaN}', (session) => session.setDefault<string>('a', null))
  t.is(kept.after, '{"a":NaN}', 'setDefault sets nothing where something is')
  const cleared = (session: Session): void => {
    session.clear()
    session.set<string>('a', null)
  }
  t.is((await outcomeOf('{"a":NaN,"b":1}', cleared)).after, '{"a":null}')
  const renewed = (session: Session): void => {
    session.flush()
    session.set<string>('a', null)
  }
  t.is((await outcomeOf('{"a":NaN,"b":1,"_session_expiry":null}', renewed)).after, '{"a":null}')
})

test('an integer that is set over one that JavaScript rounds to it is written; one that is equal goes back', async (t) => {
  const outcomeOf = await onTable(t)
  const set = (session: Session): void => void session.set<string>('a', 2 ** 53)
  t.is((await outcomeOf('{"a":9007199254740993}', touch)).after, '{"a":9007199254740993,"koa":1}')
  t.is((await outcomeOf('{"a":9007199254740993}', set)).after, '{"a":9007199254740992}')
  t.is((await outcomeOf('{"a":9007199254740992.0}', set)).after, '{"a":9007199254740992.0}')
})

test('a change inside an object leaves the numbers around it as they are', async (t) => {
  const outcomeOf = await onTable(t)
  const json =
    '{"order":{"price":1.0,"items":[{"id":9007199254740993,"count":1.0},{"id":2,"count":3}]},"a":1.0}'
  const { after } = await outcomeOf(json, (session) => {
    const cart = session.get<string>('order') as { items: { count: number }[] }
    for (const item of cart.items.slice(1)) item.count = 4
  })
  t.is(after, json.replace('"count":3', '"count":4'))
})

test('what Django and JSON allow as keys and texts goes back word for word', async (t) => {
  const outcomeOf = await onTable(t)
  const json =
    '{"__proto__":{"__proto__":{"x":1.0}},"constructor":2,"10":1,"2":-0.0,"":-0,"k\\ud800":"\\udc00","\\u007f":"\\u2028",' +
    '"a b":1E5,"n":1e-07,"u":"\\u00e9\\/","_auth_user_id":"1","_messages":"[]","_password_reset_token":"x","_csrftoken":null,' +
    '"big":18446744073709551616,"spaced":[1, {"b" : 2}]}'
  const { shown, after } = await outcomeOf(json, touch)
  t.is(after, `${json.slice(0, -1)},"koa":1}`)
  t.deepEqual(shown, JSON.parse(json))
  const twice = await outcomeOf('{"a":1.0,"b":2,"a":3.0}', touch)
  t.is(twice.after, '{"a":3.0,"b":2,"koa":1}', 'as in Python, the last one counts')
})

test('what Django reads as no expiry stays as it is, until an expiry is set', async (t) => {
  const outcomeOf = await onTable(t)
  for (const theirs of ['null', 'NaN', '[]', '"soon"', `1${'0'.repeat(400)}`]) {
    const json = `{"_session_expiry":${theirs},"a":1}`
    const { shown, after } = await outcomeOf(json, touch)
    t.deepEqual(shown, { a: 1 })
    t.is(after, `${json.slice(0, -1)},"koa":1}`)
    t.is((await outcomeOf(json, (session) => session.setExpiry(60))).after, '{"_session_expiry":60,"a":1}')
    t.is((await outcomeOf(json, (session) => session.clear())).after, '{}')
  }
  const float = '{"_session_expiry":90.0,"a":1}'
  t.is((await outcomeOf(float, touch)).after, '{"_session_expiry":90.0,"a":1,"koa":1}')
  t.is((await outcomeOf(float, (session) => session.setExpiry(null))).after, '{"a":1}')
})

test('what an application of Django has under _tessera stays, also beside what a timeout needs', async (t) => {
  const outcomeOf = await onTable(t)
  for (const theirs of ['{"mine":1.0}', '"x"', '{"createdAt":5}', 'NaN']) {
    const { shown, after } = await outcomeOf(`{"_tessera":${theirs},"a":1}`, touch)
    t.deepEqual(shown, { a: 1 })
    t.is(after, `{"_tessera":${theirs},"a":1,"koa":1}`)
  }
  const timed = await (await onTable(t, { idleTimeout: 600 }))('{"_tessera":{"mine":1},"a":1}', touch)
  t.regex(timed.after ?? '', /^\{"_tessera":\{"mine":1,"createdAt":\d+,"savedAt":\d+\},"a":1,"koa":1\}$/)
})

test('to set a key that means something else in Django is refused at once, and says what to do', async (t) => {
  const outcomeOf = await onTable(t)
  await outcomeOf('{"a":1}', (session) => {
    const refused = (message: RegExp) => ({ instanceOf: UnsupportedValue, message })
    t.throws(() => session.set<string>('_session_expiry', 5), refused(/_session_expiry.*setExpiry/))
    t.throws(() => session.update({ b: 1, _tessera: 5 }), refused(/_tessera.*another key/))
    t.throws(() => session.transform<string>('_tessera', () => 5), refused(/_tessera/))
    t.throws(() => session.setDefault<string>('_tessera', 5), refused(/_tessera/))
    t.deepEqual([...session.keys()], ['a'])
  })
})
