import crypto, { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import test from 'ava'
import { type Envelope, SealedEnvelope, SignedEnvelope } from '../../../src/lib/codecs/envelope.js'
import { keysFor, macOf } from '../../../src/lib/codecs/keys.js'

const SECRETS = ['a secret of the tests, and of nobody else', 'an earlier secret of the tests'] as const
const keys = keysFor('tests', SECRETS)
const TEXT = '{"data":{}}'

for (const [name, Envelope, version] of [
  ['signed', SignedEnvelope, 's1'],
  ['sealed', SealedEnvelope, 'e1'],
] as const) {
  test(`S54 ${name}: the first key closes, all open, and what another has closed is outdated`, (t) => {
    t.deepEqual(new Envelope(keys).open(new Envelope(keys).close(TEXT)), { text: TEXT, outdated: false })
    const earlier = new Envelope(keysFor('tests', [SECRETS[1]])).close(TEXT)
    t.deepEqual(new Envelope(keys).open(earlier), { text: TEXT, outdated: true })
    t.is(new Envelope(keysFor('tests', [SECRETS[0]])).open(earlier), undefined)
  })

  test(`S52 ${name}: a key that serves one purpose opens nothing of another`, (t) => {
    const others = ['', 'test', 'tests ', 'tessera csrf'].map(
      (purpose) => new Envelope(keysFor(purpose, SECRETS)),
    )
    for (const other of others) t.is(other.open(new Envelope(keys).close(TEXT)), undefined)
  })

  test(`S51 ${name}: there is one format, and no other name for it`, (t) => {
    const value = new Envelope(keys).close(TEXT)
    for (const other of ['s1', 'e1', 's2', 'e2', 's0', 'S1', 'none', 'null', '', 'HS256', 's1.s1', 'e1.e1']) {
      if (other !== version) t.is(new Envelope(keys).open(value.replace(version, other)), undefined, other)
    }
  })
}

test('S51 signed: the version is signed too', (t) => {
  const value = new SignedEnvelope(keys).close(TEXT)
  const covered = value.slice(0, value.lastIndexOf('.'))
  const resigned = (text: string): string => `${text}.${macOf(text, keys[0])}`
  t.deepEqual(new SignedEnvelope(keys).open(resigned(covered)), { text: TEXT, outdated: false })
  t.is(new SignedEnvelope(keys).open(resigned(covered.replace('s1', 's2'))), undefined)
  t.is(new SignedEnvelope(keys).open(`${covered}.${macOf(covered.slice(3), keys[0])}`), undefined)
})

test('S50 neither envelope opens what the other has closed', (t) => {
  t.is(new SignedEnvelope(keys).open(new SealedEnvelope(keys).close(TEXT)), undefined)
  t.is(new SealedEnvelope(keys).open(new SignedEnvelope(keys).close(TEXT)), undefined)
})

test.serial(
  'what encrypts keeps no random bytes for later; nonces of signed values come from one draw',
  (t) => {
    const genuine = crypto.randomBytes
    t.teardown(() => {
      crypto.randomBytes = genuine
      syncBuiltinESMExports()
    })
    const asked: number[] = []
    const counted = (size: number): Buffer => {
      asked.push(size)
      return genuine(size)
    }
    Object.assign(crypto, { randomBytes: counted })
    syncBuiltinESMExports()
    const closed = (envelope: Envelope, times: number): string[] => {
      asked.length = 0
      return Array.from({ length: times }, () => envelope.close(TEXT))
    }
    const sealed = new SealedEnvelope(keys)
    closed(sealed, 1) // draws the salt
    closed(sealed, 3)
    // A V8 start-up snapshot would hand the same ones to many processes, and one that is used twice breaks GCM.
    t.deepEqual(asked, [12, 12, 12])
    const signed = new SignedEnvelope(keys)
    const values = closed(signed, 200)
    t.true(asked.length < 8, asked.join(' '))
    t.is(new Set(values).size, values.length)
    for (const value of values)
      t.deepEqual(signed.isWritten(value) && signed.open(value), { text: TEXT, outdated: false })
  },
)

test('S50 sealed: a value whose form was looked at before has one spelling, whatever its length', (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  for (const text of ['', 'x', 'xx', 'xxx', 'xxxx', TEXT]) {
    const envelope = new SealedEnvelope(keys)
    const value = envelope.close(text)
    const spellings = [...alphabet, '', ...[...alphabet].map((last) => value.slice(-1) + last)]
    const opened = spellings
      .map((end) => value.slice(0, -1) + end)
      .filter((one) => envelope.isWritten(one) && envelope.open(one) !== undefined)
    t.deepEqual(opened, [value])
  }
})

test('a MAC is what the library makes of the text, however long it is and whatever it holds', (t) => {
  for (const bytes of [32, 64, 65, 200]) {
    const key = createSecretKey(randomBytes(bytes))
    for (const length of [0, 1, 54, 55, 56, 63, 64, 65, 400, 4095, 4096, 4097, 20_000]) {
      for (const letter of ['a', 'é', '€', '\ud800', '🍵', '\0']) {
        const text = letter.repeat(length)
        const expected = createHmac('sha256', key).update(text).digest('base64url')
        t.is(macOf(text, key), expected, `${bytes} ${length} ${letter}`)
      }
    }
  }
})
