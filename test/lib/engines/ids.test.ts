import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import test from 'ava'
import { generateId } from '../../../src/lib/engines/ids.js'

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789'
const MANY = 100_000

test.serial('S01 ids come from the secure generator of node:crypto and from nowhere else', (t) => {
  const original = crypto.randomBytes
  t.teardown(() => {
    crypto.randomBytes = original
    syncBuiltinESMExports()
  })
  // Each byte chooses one character; 252 and more would favour the first letters and are passed over.
  crypto.randomBytes = ((size: number) =>
    Buffer.alloc(size, 0).fill(35, 1, 2).fill(255, 2, 3)) as typeof original
  syncBuiltinESMExports()
  t.is(generateId(), `a9${'a'.repeat(30)}`)
})

test('S01 a hundred thousand ids are all different, of 165 bits', (t) => {
  const ids = new Set(Array.from({ length: MANY }, generateId))
  t.is(ids.size, MANY)
  t.true(32 * Math.log2(ALPHABET.length) >= 128)
  for (const id of ids) if (!/^[a-z0-9]{32}$/.test(id)) t.fail(id)
})

test('S01 S02 each character is as likely in each place: nothing of time, counter or host shows', (t) => {
  const counts = Array.from({ length: 32 }, () => new Map<string, number>())
  for (let n = 0; n < MANY; n++) {
    const id = generateId()
    counts.forEach((count, place) => {
      const letter = id.charAt(place)
      count.set(letter, (count.get(letter) ?? 0) + 1)
    })
  }
  const fair = MANY / ALPHABET.length
  for (const [place, count] of counts.entries()) {
    for (const letter of ALPHABET) {
      // Seven standard deviations: a fair generator is refused once in a hundred million runs.
      const off = Math.abs((count.get(letter) ?? 0) - fair) / Math.sqrt(fair)
      t.true(off < 7, `${letter} at ${place}: ${count.get(letter)} times of ${Math.round(fair)}`)
    }
  }
})

test('S02 ids that are made one after the other share nothing', (t) => {
  const ids = Array.from({ length: 1000 }, generateId)
  for (const length of [8, 12]) {
    for (let place = 0; place + length <= 32; place++) {
      t.is(
        new Set(ids.map((id) => id.slice(place, place + length))).size,
        ids.length,
        `${length} at ${place}`,
      )
    }
  }
})
