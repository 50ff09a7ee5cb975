import test from 'ava'
import { keysFor } from '../../../src/lib/codecs/keys.js'
import { bindingOf, newRandom, randomOf, verifiedRandom, writeToken } from '../../../src/lib/csrf/token.js'

const keys = keysFor('a test', ['a secret of the tests, and of nobody else', 'an earlier one'])
const engine = {}

/** Numbers from 0 to below `n` that are the same in every run. */
function generator(seed: number): (n: number) => number {
  let state = seed
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * n)
  }
}

test('S59 S64 whatever text is taken for a token, the parser never throws and finds none that was not signed', (t) => {
  const random = newRandom()
  const good = writeToken(random, 'session', keys)
  t.is(verifiedRandom(good, 'session', keys), random)
  const next = generator(7)
  const alphabet = [
    '.',
    'A',
    '_',
    '-',
    '=',
    '%',
    '\0',
    '\n',
    'é',
    '\u{1F3FA}',
    '\ud800',
    random,
    good,
    good.slice(0, 40),
  ]
  for (let run = 0; run < 20_000; run++) {
    let text = ''
    if (run % 2 === 0) {
      for (let parts = next(12); parts > 0; parts--) text += alphabet[next(alphabet.length)]
    } else {
      const at = next(good.length)
      text = good.slice(0, at) + (alphabet[next(alphabet.length)] ?? '') + good.slice(at + next(3))
    }
    if (text === good) continue
    t.is(verifiedRandom(text, 'session', keys), undefined)
    t.true([undefined, 24].includes(randomOf(text)?.length))
  }
  const began = process.cpuUsage().user
  for (const long of ['A'.repeat(1e6), `${random}.`.repeat(4e4), '.'.repeat(1e6)])
    t.is(verifiedRandom(long, 'session', keys), undefined)
  t.true(process.cpuUsage().user - began < 1e6, 'microseconds: linear, even on a busy machine')
})

test('S64 binding and random are signed with their lengths: no two pairs are signed alike', (t) => {
  const [random, binding] = ['r'.repeat(24), 'b'.repeat(43)]
  const mac = (one: string, other: string) => writeToken(one, other, keys).slice(-43)
  t.not(mac(random, binding), mac(`b${random}`, binding.slice(1)))
  t.not(mac(random, binding), mac(random.slice(1), `${binding}r`))
  t.not(mac('1:a', ''), mac('', '1:a'))
})

test('a binding is the same for the same cookies, another for any others, and leads back to none', (t) => {
  const held = ['a'.repeat(32), 'b'.repeat(32)]
  const [one = '', other = ''] = held
  t.is(bindingOf([], engine), '')
  t.is(bindingOf([one], engine), bindingOf([one], engine))
  const all = [[], [one], [other], [one, other], [other, one], [one, one], [''], ['', ''], [one, '']]
  const bindings = all.map((values) => bindingOf(values, engine))
  t.is(new Set(bindings).size, all.length)
  t.false(bindings.some((binding) => binding.includes(one)))

  const anchored = { anchorOf: (id: string) => (id === one || id === other ? 'anchor' : undefined) }
  t.is(bindingOf([one], anchored), bindingOf([other], anchored))
  t.not(bindingOf(['anchor'], anchored), bindingOf([one], anchored), 'the text of an anchor is none')
})
