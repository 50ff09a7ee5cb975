import test from 'ava'
import { Recent } from '../../../src/lib/engines/recent.js'

test('what was put in last is there, and never twice as many as were asked for', (t) => {
  const recent = new Recent<number>(10)
  const there = (): number[] =>
    Array.from({ length: 1000 }, (_, number) => number).filter((number) => recent.get(`${number}`) === number)
  for (let number = 0; number < 1000; number++) {
    recent.set(`${number}`, number)
    const known = there()
    t.true(known.length <= 20 && known.length >= Math.min(number + 1, 10), `${number}: ${known}`)
    t.is(known.at(-1), number)
  }
  recent.set('999', -1)
  t.is(recent.get('999'), -1)
})

test('a key that is put in again has its newest value, wherever the one before is', (t) => {
  const recent = new Recent<number>(2)
  for (let round = 0; round < 20; round++) {
    recent.set('often', round)
    for (let other = 0; other < round % 3; other++) recent.set(`${other}`, other)
    t.is(recent.get('often'), round)
  }
})
