import test from 'ava'
import fc from 'fast-check'
import { Keyv } from 'keyv'
import { decodePayload, encodePayload, newAnchor } from '../../../src/lib/codecs/cookie-payload.js'
import { fromKeyvText, jsonCodec, toKeyvText } from '../../../src/lib/codecs/json-codec.js'
import type { JsonObject, JsonValue, SessionRecord } from '../../../src/lib/codecs/record.js'
import { holds } from './runs.js'
import { takesLinearTime } from './time.js'

/** Keys and texts that somebody has stumbled over: in prototypes, in Keyv's escapes, in what scripts look for. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    ':',
    '::',
    ':base64:AA',
    '","expires":1}',
    '\ud800',
    '[":',
  ),
)
const { json } = fc.letrec<{ json: JsonValue; list: JsonValue[]; object: JsonObject }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number || 0),
    text,
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('json'), { maxLength: 4 }),
  object: fc
    .array(fc.tuple(text, tie('json')), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries)),
}))
const data = fc.array(fc.tuple(text, json), { maxLength: 4 }).map((entries) => Object.fromEntries(entries))

const time = fc.integer({ min: 0, max: 8.64e15 })
const expiry = fc.oneof(
  fc.integer(),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
)
const record = fc
  .record(
    { data, createdAt: time, expires: time, expiry },
    { requiredKeys: ['data', 'createdAt', 'expires'] },
  )
  .map((one) => ({ ...one }) as SessionRecord)

/** Nothing that was read has changed what every object has. */
function isClean(): boolean {
  return Reflect.ownKeys(Object.prototype).length === ownKeys && !('polluted' in {})
}
const ownKeys = Reflect.ownKeys(Object.prototype).length

/** What is no JSON, what is some other JSON, and what was ours before somebody bit a piece off. */
function spoiltTexts(whole: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    fc.string({ unit: 'binary' }),
    json.map((value) => JSON.stringify(value)),
    fc.tuple(whole, fc.nat(), fc.nat(3), text).map(([from, at, gone, put]) => {
      const place = at % (from.length + 1)
      return from.slice(0, place) + put + from.slice(place + gone)
    }),
  )
}

test.serial(
  'S59 an entry comes back from its text as it was, with every key and every character',
  async (t) => {
    const property = fc.property(record, fc.integer({ min: 1 }), (one, version) => {
      const entry = { kind: 'session', record: one, version } as const
      t.deepEqual(jsonCodec.decode(jsonCodec.encode(entry)), entry)
    })
    await holds(property, 300)
    const mark = { kind: 'superseded', expires: 7 } as const
    t.deepEqual(jsonCodec.decode(jsonCodec.encode(mark)), mark)
  },
)

test.serial('S59 so does a cookie that is a session', async (t) => {
  const property = fc.property(record, time, (one, issuedAt) => {
    const payload = { record: one, issuedAt, anchor: newAnchor() }
    t.deepEqual(decodePayload(encodePayload(payload)), payload)
  })
  await holds(property, 300)
})

test.serial("any JSON comes back from a text for Keyv as it was, and the text is Keyv's own", async (t) => {
  const keyv = new Keyv()
  const property = fc.asyncProperty(json, async (value) => {
    const written = toKeyvText({ value })
    t.deepEqual(fromKeyvText(written), { value })
    t.is(await keyv.serialize?.({ value }), written)
  })
  await holds(property, 500)
})

test.serial('a colon is written as Keyv writes it, wherever a text begins with it', async (t) => {
  const keyv = new Keyv()
  for (const value of [
    ':',
    [':a'],
    ['x', ':y'],
    { a: ':b' },
    { a: [1, ':'] },
    { ':': 1 },
    { 'x:': 'y' },
    'x:',
    ['a:'],
  ]) {
    for (const around of typeof value === 'string' ? [{ value }] : [value, { value }]) {
      const written = toKeyvText(around)
      t.is(await keyv.serialize?.(around as { value: unknown }), written)
      t.deepEqual(fromKeyvText(written), around)
    }
  }
})

test.serial('R21 records that an earlier release wrote are read', (t) => {
  const record = { data: { a: ':' }, createdAt: 1767225600123, expires: 1767225660123 }
  t.deepEqual(
    jsonCodec.decode(
      '{"value":{"version":7,"createdAt":1767225600123,"data":{"a":"::"}},"expires":1767225660123}',
    ),
    { kind: 'session', version: 7, record },
  )
  t.deepEqual(
    jsonCodec.decode(
      '{"value":{"version":1,"createdAt":1767225600123,"expiry":60,"data":{"a":"::"}},"expires":1767225660123}',
    ),
    { kind: 'session', version: 1, record: { ...record, expiry: 60 } },
  )
  t.deepEqual(jsonCodec.decode('{"value":{"superseded":true},"expires":1767225660123}'), {
    kind: 'superseded',
    expires: 1767225660123,
  })
  t.deepEqual(
    decodePayload(
      '{"issuedAt":1767225600124,"createdAt":1767225600123,"expires":1767225660123,"data":{"a":":"}}',
    ),
    { record, issuedAt: 1767225600124, anchor: undefined },
  )
})

test.serial('S59 no text makes a codec throw, nor changes what every object has', async (t) => {
  const entries = record.map((one) => jsonCodec.encode({ kind: 'session', record: one, version: 1 }))
  const payloads = record.map((one) => encodePayload({ record: one, issuedAt: 1, anchor: undefined }))
  await holds(
    fc.property(spoiltTexts(entries), (spoilt) => {
      jsonCodec.decode(spoilt)
      return isClean()
    }),
    1000,
  )
  await holds(
    fc.property(spoiltTexts(payloads), (spoilt) => {
      decodePayload(spoilt)
      return isClean()
    }),
    1000,
  )
  const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
  const read = jsonCodec.decode(`{"value":{"version":1,"createdAt":1,"data":${evil}},"expires":2}`)
  t.true(isClean())
  t.deepEqual(read?.kind === 'session' && Object.keys(read.record.data), ['__proto__', 'constructor'])
})

const isTime = (value: unknown): boolean => Number.isFinite(value)
const isObject = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]'
const isEnd = (value: unknown): boolean =>
  value === undefined || isTime(value) || (typeof value === 'string' && !Number.isNaN(Date.parse(value)))
const rightful: Readonly<Record<string, (value: unknown) => boolean>> = {
  data: isObject,
  createdAt: isTime,
  expires: isTime,
  expiry: isEnd,
  issuedAt: isTime,
  version: Number.isSafeInteger,
}

/** JSON of every kind, and nothing at all. */
const instead = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 53,
    '',
    '7',
    'nonsense',
    '2026-01-01T00:00:00.000Z',
  ),
  fc.constantFrom<unknown>([], {}, [1], { a: 1 }),
  json,
)

/** JSON has no number that is none: in a text it can be too large to be one. */
const asText = (value: unknown): string => String(JSON.stringify(value)).replaceAll('"too large"', '1e999')

test.serial(
  'S59 what is no record in some member is not taken for one, whatever stands there instead',
  async (t) => {
    const members = ['data', 'createdAt', 'expires', 'expiry', 'version', 'issuedAt']
    const property = fc.property(
      record,
      fc.constantFrom(...members),
      fc.oneof(instead, fc.constant('too large')),
      (one, member, value) => {
        const spoilt: Record<string, unknown> = { ...one, version: 1, issuedAt: 1, [member]: value }
        const { expires, issuedAt, ...rest } = spoilt
        const isRight = value !== 'too large' && rightful[member]?.(value) === true
        const entry = jsonCodec.decode(asText({ value: rest, expires }))
        t.is(entry !== undefined, isRight || member === 'issuedAt', asText(spoilt))
        const { version, ...payload } = spoilt
        t.is(decodePayload(asText(payload)) !== undefined, isRight || member === 'version', asText(spoilt))
      },
    )
    await holds(property, 3000)
  },
)

test.serial('S59 what is no object, or a mark without an end, is no entry', async (t) => {
  const property = fc.property(instead, (value) => {
    t.is(jsonCodec.decode(asText({ value, expires: 1 })), undefined)
    t.is(jsonCodec.decode(asText(value)), undefined)
    t.is(decodePayload(asText(value)), undefined)
    const mark = jsonCodec.decode(asText({ value: { superseded: true }, expires: value }))
    t.is(mark !== undefined, isTime(value))
  })
  await holds(property, 500)
})

const worst: readonly [string, (length: number) => string][] = [
  ['open brackets', (length) => '['.repeat(length)],
  ['nested lists', (length) => '['.repeat(length / 2) + ']'.repeat(length / 2)],
  ['nested lists around a colon', (length) => `${'['.repeat(length / 2)}":"${']'.repeat(length / 2)}`],
  ['nested objects', (length) => `${'{"a":'.repeat(length / 6)}1${'}'.repeat(length / 6)}`],
  ['colons', (length) => JSON.stringify(Array.from({ length: length / 4 }, () => ':'))],
  ['one long colon', (length) => `[":${':'.repeat(length)}"]`],
  [
    'many keys',
    (length) => JSON.stringify(Object.fromEntries(Array.from({ length: length / 12 }, (_, n) => [n, n]))),
  ],
  ['the same key', (length) => `{${'"__proto__":{},'.repeat(length / 15)}"a":1}`],
  ['a long number', (length) => '9'.repeat(length)],
  ['backslashes', (length) => `"${'\\'.repeat(length)}`],
]
for (const [title, input] of worst) {
  test.serial(`S59 a text of ${title} is decoded, or not, in bounded time`, (t) => {
    takesLinearTime(t, 'json', input, (sent) => jsonCodec.decode(sent))
    takesLinearTime(t, 'payload', input, (sent) => decodePayload(sent))
    const inside = (length: number): string =>
      `{"value":{"version":1,"createdAt":1,"data":${input(length)}},"expires":2}`
    takesLinearTime(t, 'json, within a record', inside, (sent) => jsonCodec.decode(sent))
  })
}
