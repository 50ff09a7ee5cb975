import test from 'ava'
import { type Entry, metadataOf, withExpiry } from '../../../src/lib/codecs/codec.js'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { keysFor } from '../../../src/lib/codecs/keys.js'
import { sealedCodec } from '../../../src/lib/codecs/sealed-codec.js'

const KEY = `keyv:${'0'.repeat(64)}`
const codec = sealedCodec(keysFor('tests', ['a secret of the tests, and of nobody else']))
const END = 1_700_000_060_000

/** Data that looks like either end of a text, and like what Keyv writes in its own way. */
const data = {
  ':colon': ':value',
  ends: '{"value":{"version":9,"expires":1}',
  nested: { expires: 5, value: { version: 7 } },
  last: '"expires":1}',
}
const session: Entry = {
  kind: 'session',
  version: 3,
  record: { data, createdAt: 1_700_000_000_000, expires: END, expiry: 60 },
}
const tombstone: Entry = { kind: 'superseded', expires: END }
const renewed: Entry = { kind: 'superseded', expires: END, next: { key: `:${KEY}`, at: END - 30_000 } }

for (const [name, each] of [
  ['json', jsonCodec],
  ['sealed', codec],
] as const) {
  test(`${name}: what is encoded decodes to the same`, (t) => {
    for (const entry of [session, tombstone, renewed])
      t.deepEqual(each.decode(each.encode(entry, KEY), KEY), entry)
  })

  test(`${name}: the version is at the beginning of a text and the end at its end, and a new end changes nothing else`, (t) => {
    const text = each.encode(session, KEY)
    t.deepEqual(metadataOf(text), { kind: 'session', version: 3, expires: END })
    t.deepEqual(metadataOf(each.encode(tombstone, KEY)), { kind: 'superseded', expires: END })
    for (const expires of [END + 1, 5, END + 0.25]) {
      const moved = { ...session, record: { ...session.record, expires } }
      t.deepEqual(each.decode(withExpiry(text, expires), KEY), moved)
    }
  })
}

for (const text of [
  '',
  'null',
  '{"value":{"version":1,"createdAt":1,"da',
  '{"value":{"createdAt":1,"data":{}},"expires":9e15}',
  '{"value":{"version":-1,"data":{}},"expires":1}',
  '{"value":{"version":1,"data":{}},"expires":null}',
  '{"value":{"version":1,"data":{}},"expires":1} ',
  '{"value":"hello","expires":1}',
]) {
  test(`a text without both ends has no metadata: ${text}`, (t) => {
    t.is(metadataOf(text), undefined)
  })
}

test('S49 S50 a sealed record with any one character changed is not opened, its end aside', (t) => {
  const text = codec.encode(session, KEY)
  const end = text.length - `${END}}`.length
  for (let at = 0; at < end; at++) {
    for (const other of ['A', 'B', '1', '"', '']) {
      const changed = text.slice(0, at) + other + text.slice(at + 1)
      if (changed !== text) t.is(codec.decode(changed, KEY), undefined, changed)
    }
  }
})

test('S52 a sealed record is opened under its own key only', (t) => {
  const text = codec.encode(session, KEY)
  for (const other of ['', `${KEY}0`, KEY.slice(1), KEY.toUpperCase()])
    t.is(codec.decode(text, other), undefined)
})

test('S51 a record of another format, or of none, is not opened', (t) => {
  const text = codec.encode(session, KEY)
  t.is(codec.decode(text.replace('e1.', 'e2.'), KEY), undefined)
  t.is(codec.decode(text.replace('e1.', 's1.'), KEY), undefined)
  t.is(codec.decode(jsonCodec.encode(session), KEY), undefined)
})

test('S52 a record that was sealed for another purpose is not opened', (t) => {
  const other = sealedCodec(keysFor('another purpose', ['a secret of the tests, and of nobody else']))
  t.is(codec.decode(other.encode(session, KEY), KEY), undefined)
})

const user = { id: 'ada', handle: 'h', authenticatedAt: 1, device: 'phone' }

test('a record with a user is read back whole', (t) => {
  for (const one of [user, { id: 'ada', handle: 'h', authenticatedAt: 1 }]) {
    const entry: Entry = { ...session, record: { ...session.record, user: one, savedAt: 2, renewedAt: 3 } }
    t.deepEqual(jsonCodec.decode(jsonCodec.encode(entry)), entry)
  }
})

for (const part of [
  { id: undefined },
  { handle: undefined },
  { authenticatedAt: undefined },
  { id: 7 },
  { handle: 7 },
  { authenticatedAt: '1' },
  { device: 7 },
  { device: null },
]) {
  test(`S29 a record with part of a user is rejected, since it could not be revoked: ${JSON.stringify(part)} ${Object.keys(part)}`, (t) => {
    const value = { version: 1, createdAt: 1, data: {}, user: { ...user, ...part } }
    t.is(jsonCodec.decode(JSON.stringify({ value, expires: END })), undefined)
  })
}

for (const other of [null, 'ada', 7, ['ada']]) {
  test(`S29 a record whose user is ${JSON.stringify(other)} is rejected`, (t) => {
    const value = { version: 1, createdAt: 1, data: {}, user: other }
    t.is(jsonCodec.decode(JSON.stringify({ value, expires: END })), undefined)
  })
}
