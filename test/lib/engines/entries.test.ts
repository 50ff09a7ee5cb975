import test from 'ava'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { Entries } from '../../../src/lib/engines/entries.js'
import type { SessionStore } from '../../../src/lib/engines/session-store.js'

/** Entries of a store that is never asked, and how often a text was decoded. */
function counted() {
  let decoded = 0
  const codec = {
    encode: jsonCodec.encode,
    decode(text: string) {
      decoded += 1
      return jsonCodec.decode(text)
    },
  }
  const silent = { warn() {}, error() {} }
  const entries = new Entries({
    name: 'test',
    store: {} as SessionStore,
    codec,
    clock: () => 1000,
    logger: silent,
  })
  const stored = (n: number, expires = 2000) =>
    entries.session('key', { data: { n, list: [n] }, createdAt: 500, expires })
  const read = (key: string, n: number, expires?: number, isReadOnly = false) => {
    const before = decoded
    const entry = entries.decode(key, stored(n, expires), { isReadOnly })
    return { entry, decoded: decoded - before }
  }
  return { read }
}

test('a text that stands under a key as before is decoded twice at the most, and each reader gets a copy', (t) => {
  const { read } = counted()
  const times = [1, 2, 3, 4].map(() => {
    const { entry, decoded } = read('a', 7)
    if (entry.kind !== 'session') return t.fail()
    t.deepEqual(entry.record, { data: { n: 7, list: [7] }, createdAt: 500, expires: 2000 })
    ;(entry.record.data.list as number[]).push(8)
    return decoded
  })
  t.deepEqual(times, [1, 1, 0, 0])
})

test('whoever leaves what a text says as it is need not wait for a second reading, and shares it with nobody else', (t) => {
  const { read } = counted()
  const expected = { data: { n: 7, list: [7] }, createdAt: 500, expires: 2000 }
  const first = read('a', 7, 2000, true)
  const second = read('a', 7, 2000, true)
  const other = read('a', 7)
  t.deepEqual([first.decoded, second.decoded, other.decoded], [1, 0, 0])
  if (first.entry.kind !== 'session' || second.entry.kind !== 'session' || other.entry.kind !== 'session')
    return t.fail()
  t.is(first.entry.record, second.entry.record)
  ;(other.entry.record.data.list as number[]).push(8)
  t.deepEqual(second.entry.record, expected)
  const moved = read('a', 7, 1500, true).entry
  t.deepEqual(moved.kind === 'session' && moved.record, { ...expected, expires: 1500 })
  t.deepEqual(second.entry.record, expected)
})

test('another text, or the same one under another key, is decoded', (t) => {
  const { read } = counted()
  for (const time of [1, 2, 3]) t.is(read('a', 1).entry.kind, 'session', `time ${time}`)
  t.is(read('a', 2).decoded, 1)
  t.is(read('a', 1).decoded, 1)
  t.is(read('b', 1).decoded, 1)
})

test('a session that is remembered expires as any other', (t) => {
  const { read } = counted()
  for (let time = 0; time < 3; time++) read('a', 1, 2000)
  t.is(read('a', 1, 2000).entry.kind, 'session')
  for (let time = 0; time < 4; time++) t.is(read('c', 1, 1000).entry.kind, 'missing')
})

test('of the keys that were read a thousand are remembered, and never more than two', (t) => {
  const { read } = counted()
  const readAll = (keys: number): number =>
    Array.from({ length: keys }, (_, key) => read(`key ${key}`, 1).decoded).reduce((sum, one) => sum + one)
  t.deepEqual([readAll(2100), readAll(2100), readAll(2100)], [2100, 2100, 2100])
  const first = [1, 2, 3].map(() => read('key 0', 1).decoded)
  t.deepEqual(first, [1, 1, 0])
  t.is([readAll(900), readAll(900), readAll(900)].at(-1), 0)
})
