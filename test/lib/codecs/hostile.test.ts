import test, { type ExecutionContext } from 'ava'
import { encodePayload } from '../../../src/lib/codecs/cookie-payload.js'
import { SealedEnvelope, SignedEnvelope } from '../../../src/lib/codecs/envelope.js'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { keysFor } from '../../../src/lib/codecs/keys.js'
import { openSessions, type Sessions, UnsupportedValue } from '../../../src/lib/index.js'

const SECRET = 'a secret of the tests, and of nobody else'
const now = Date.UTC(2026, 0, 1)

/** Data that only a text can hold: literals would set the prototype. */
const POLLUTING =
  '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"a":{"__proto__":{"b":1}}}'
const nested = (depth: number): string => `{"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`
const manyKeys = (count: number): string =>
  `{${Array.from({ length: count }, (_, key) => `"${key}":0`).join()}}`

/** As text: to write what is nested deep from objects would take a stack of its own. */
const payloadOf = (data: string): string =>
  encodePayload({
    anchor: undefined,
    record: { data: {}, createdAt: now, expires: now + 60_000 },
    issuedAt: now,
  }).replace('{}', data)

for (const [cookieCodec, Envelope] of [
  ['signed', SignedEnvelope],
  ['sealed', SealedEnvelope],
] as const) {
  /** A cookie that bears this data and was made with the right key, as by somebody who has it. */
  const cookieOf = (data: string): string => {
    const keys = keysFor(`tessera signed_cookies ${Envelope.version} sessionid`, [SECRET])
    return new Envelope(keys).close(payloadOf(data))
  }
  const open = async (t: ExecutionContext): Promise<Sessions> => {
    const sessions = await openSessions({
      engine: 'signed_cookies',
      cookieCodec,
      secretKey: SECRET,
      clock: () => now,
      logger: { warn: () => {}, error: () => {} },
    })
    t.teardown(() => sessions.close())
    return sessions
  }

  test(`S59 ${cookieCodec}: a million keys, or a deep nest, are refused by their size before anything is opened`, async (t) => {
    const { engine } = await open(t)
    t.is((await engine.load(cookieOf(manyKeys(5)))).kind, 'found')
    for (const data of [manyKeys(1_000_000), nested(5000), manyKeys(1000)]) {
      const cookie = cookieOf(data)
      t.false(engine.isId?.(cookie))
      t.deepEqual(await engine.load(cookie), { kind: 'missing' })
      t.is(await engine.inspect?.(cookie), undefined)
    }
  })

  test(`S59 ${cookieCodec}: names of prototypes are keys like any other, and change nothing else`, async (t) => {
    const session = await (await open(t)).open(cookieOf(POLLUTING))
    t.deepEqual([...session.keys()], ['__proto__', 'constructor', 'a'])
    session.set('b', 1)
    await session.save()
    t.is(Reflect.get({}, 'polluted'), undefined)
    t.is(Reflect.get({}, 'b'), undefined)
    t.is(session.get('toString'), undefined)
  })

  test(`S59 ${cookieCodec}: the deepest nest that a cookie holds is read, goes along with what is written, and is not written itself`, async (t) => {
    const sessions = await open(t)
    const session = await sessions.open(cookieOf(nested(1200)))
    t.true(Array.isArray(session.get('deep')))
    session.set('b', 1)
    await session.save()
    const again = await sessions.open(session.id)
    t.deepEqual([...again.keys()], ['deep', 'b'])
    t.throws(() => again.set('deep', again.get('deep')), {
      instanceOf: UnsupportedValue,
      message: /nested more than/,
    })
  })
}

test('S59 a stored text of any depth decodes or is undecodable, and never throws', (t) => {
  for (const depth of [10_000, 1_000_000]) {
    const text = `{"value":{"version":1,"createdAt":1,"data":${nested(depth)}},"expires":${now}}`
    t.notThrows(() => jsonCodec.decode(text))
  }
  const text = `{"value":{"version":1,"createdAt":1,"data":${POLLUTING}},"expires":${now}}`
  const entry = jsonCodec.decode(text)
  t.true(entry?.kind === 'session' && Object.hasOwn(entry.record.data, '__proto__'))
  t.is(Reflect.get({}, 'polluted'), undefined)
})
