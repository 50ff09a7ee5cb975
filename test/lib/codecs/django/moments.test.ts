import test from 'ava'
import { momentsIn } from '../../../../src/lib/codecs/django/moments.js'

/** A local time, and what Python makes of it. */
const localTimes = [
  ['America/New_York', '2026-07-01T12:00:00', '2026-07-01T16:00:00Z'],
  // Comes twice: the first of the two.
  ['America/New_York', '2026-11-01T01:30:00', '2026-11-01T05:30:00Z'],
  ['Australia/Lord_Howe', '2026-04-05T01:45:00', '2026-04-04T14:45:00Z'],
  // Never comes: as if the clock had not been put forward yet.
  ['America/New_York', '2026-03-08T02:30:00', '2026-03-08T07:30:00Z'],
  ['Australia/Lord_Howe', '2026-10-04T02:15:00', '2026-10-03T15:45:00Z'],
  ['Asia/Kathmandu', '2030-01-01T00:00:00.000250', '2029-12-31T18:15:00Z'],
  ['UTC', '2030-01-01T00:00:00', '2030-01-01T00:00:00Z'],
] as const

for (const [zone, local, instant] of localTimes)
  test(`${local} in ${zone} is the moment that it is to Python`, (t) => {
    const moments = momentsIn(zone)
    t.is(new Date(moments.fromIso(local)).toISOString(), new Date(instant).toISOString())
    t.is(moments.fromColumn(local.replace('T', ' ')), Date.parse(instant))
  })

test('a moment is written with its offset where none is local, and without one in every zone, UTC too', (t) => {
  const time = Date.parse('2026-07-01T16:00:00.5Z')
  t.deepEqual(
    [undefined, 'UTC', 'America/New_York', 'Asia/Kathmandu'].map((zone) => [
      momentsIn(zone).toIso(time),
      momentsIn(zone).toColumn(time),
    ]),
    [
      ['2026-07-01T16:00:00.500000+00:00', '2026-07-01 16:00:00.500000'],
      ['2026-07-01T16:00:00.500000', '2026-07-01 16:00:00.500000'],
      ['2026-07-01T12:00:00.500000', '2026-07-01 12:00:00.500000'],
      ['2026-07-01T21:45:00.500000', '2026-07-01 21:45:00.500000'],
    ],
  )
})

test('a text with an offset is that moment in every zone, and what is no moment is none', (t) => {
  for (const zone of [undefined, 'UTC', 'America/New_York']) {
    const { fromIso } = momentsIn(zone)
    t.is(fromIso('2026-07-01T18:00:00+02:00'), Date.parse('2026-07-01T16:00:00Z'))
    t.is(fromIso('2026-07-01T16:00:00Z'), Date.parse('2026-07-01T16:00:00Z'))
    for (const text of ['', 'soon', '2026-13-01T00:00:00', '2026-07-01', '2026-07-01T16:00:00+0200 '])
      t.is(fromIso(text), Number.NaN, text)
  }
})
