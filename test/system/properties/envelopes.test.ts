import test from 'ava'
import fc from 'fast-check'
import { SealedEnvelope, SignedEnvelope } from '../../../src/lib/codecs/envelope.js'
import { isSame, keysFor } from '../../../src/lib/codecs/keys.js'
import { holds } from './runs.js'
import { takesLinearTime } from './time.js'

const PURPOSE = 'tessera test of sessionid'
/** What each looks like that closed this text in 2026, and must be opened ever after (R21). */
const GOLDEN = '{"a":"é"}'
const kinds = [
  [
    'signed',
    SignedEnvelope,
    's1',
    's1.zN8QSIlYO0BTU8r2.eyJhIjoiw6kifQ.AxSxPAr3lPGjUmFSImEg1k9_lbUqKAMRUGAuqhFyWWo',
  ],
  ['sealed', SealedEnvelope, 'e1', 'e1.K7qKgHlMDD_0DARSOV3k3AKSOHAPO1Flt_M-BT1N2Bw3zX-ScLiDPWFvZibM7nH2r2A'],
] as const
const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.json())

for (const [title, Envelope, version, golden] of kinds) {
  const envelope = new Envelope(keysFor(PURPOSE, ['one secret', 'an older one']))

  test.serial(`${title}: S54 a text comes back under each of the keys, and under no other`, async (t) => {
    const property = fc.property(text, (said) => {
      const value = envelope.close(said)
      t.is(envelope.open(value)?.text, said)
      t.true(envelope.isWritten(value))
      t.not(envelope.close(said), value)
      t.is(envelope.open(new Envelope(keysFor(PURPOSE, ['an older one'])).close(said))?.text, said)
      t.is(new Envelope(keysFor(PURPOSE, ['an older one'])).open(value)?.text, undefined)
      t.is(new Envelope(keysFor(`${PURPOSE}2`, ['one secret'])).open(value)?.text, undefined)
    })
    await holds(property, 100)
  })

  test.serial(
    `${title}: R21 what was closed by an earlier release is opened, and under its own version only`,
    (t) => {
      t.is(envelope.open(golden)?.text, GOLDEN)
      for (const other of ['s1', 'e1', 's2', 'e2', '', 'xx'].filter((one) => one !== version))
        t.is(envelope.open(golden.replace(version, other))?.text, undefined, other)
    },
  )

  test.serial(
    `${title}: S13 a value that was changed anywhere is not opened, whatever the change`,
    async (t) => {
      const put = fc.oneof(
        fc.constantFrom('', '.', 'A', '=', '-', '_', version),
        fc.string({ unit: 'binary', maxLength: 2 }),
      )
      const property = fc.property(text, fc.nat(), fc.nat(2), put, (said, at, gone, piece) => {
        const value = envelope.close(said)
        const place = at % (value.length + 1)
        const changed = value.slice(0, place) + piece + value.slice(place + gone)
        t.is(envelope.open(changed)?.text, changed === value ? said : undefined)
      })
      await holds(property, 500)
    },
  )

  test.serial(
    `${title}: S13 nor one whose last character was changed, though some of its bits mean nothing`,
    (t) => {
      for (const said of ['', 'a', 'ab', 'abc']) {
        const value = envelope.close(said)
        for (const last of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_')
          t.is(envelope.open(value.slice(0, -1) + last)?.text, value.endsWith(last) ? said : undefined)
      }
    },
  )

  test.serial(`${title}: S13 no text makes it throw`, async (t) => {
    const written = fc.stringMatching(/^[se]1(\.[\w-]{0,60}){0,4}$/)
    const property = fc.property(fc.oneof(fc.string({ unit: 'binary' }), written), (sent) => {
      t.is(envelope.open(sent)?.text, undefined)
      t.notThrows(() => envelope.isWritten(sent))
    })
    await holds(property, 1000)
  })

  test.serial(`${title}: S51 what is written otherwise is told from its characters`, (t) => {
    const value = envelope.close('')
    const longer = envelope.close('some text')
    for (const not of [
      '',
      version,
      value.slice(1),
      ` ${value}`,
      `${value}\n`,
      `${value}=`,
      `${value}.`,
      `x${longer}`,
      `${longer}!`,
    ])
      t.false(envelope.isWritten(not), not)
    t.true(envelope.isWritten(longer))
  })

  for (const [what, input] of [
    ['letters', (length) => `${version}.${'a'.repeat(length)}`],
    ['dots', (length) => `${version}${'.'.repeat(length)}`],
    [
      'what is almost right',
      (length) => `${version}.${'a'.repeat(16)}.${'a'.repeat(length)}.${'a'.repeat(42)}`,
    ],
    ['parts', (length) => version + `.${'a'.repeat(16)}`.repeat(length / 17)],
  ] as const satisfies readonly [string, (length: number) => string][]) {
    test.serial(`${title}: R31 a value full of ${what} is refused in bounded time`, (t) => {
      takesLinearTime(t, 'open', input, (sent) => envelope.open(sent))
    })
  }
}

test.serial('S13 two texts are the same if they are equal, of whatever length they are', async (t) => {
  const property = fc.property(text, text, (one, other) => {
    t.true(isSame(one, one))
    t.is(isSame(one, other), one === other)
    t.false(isSame(one, `${one}x`))
  })
  await holds(property, 300)
})
