import test from 'ava'
import { changesOf, dataLines } from '../../../src/site/inspector/changes.js'
import { givenCookies, sentCookies } from '../../../src/site/inspector/cookies.js'
import { differences } from '../../../src/site/inspector/differences.js'
import { sequenceOf } from '../../../src/site/inspector/sequence.js'
import { onEngines, openSite, type Page } from '../walkthroughs/site.js'

const changesOn = (page: Page): string[] => page.all('.changes li').map((text) => text.replace(/\s+/g, ' '))

onEngines(
  'the panel begins with what the step changed: in the session and in the browser',
  async (t, site) => {
    const person = site.person()
    const first = await person.open('/sessions/page-count')
    t.is(changesOn(first)[0], 'The session begins')
    t.true(changesOn(first).includes('Session pageCount new: 1'))
    const second = await person.open('/sessions/page-count')
    t.true(changesOn(second).includes('Session pageCount 1 → 2'))
    t.is(second.text('.inspector pre mark'), '"pageCount": 2', 'the stored record is marked there too')
    const gone = await person.submit(second, '/sessions/page-count/start-again')
    t.true(changesOn(gone).some((line) => /^Cookie sessionid removed/.test(line)))
    t.is(gone.text('.changes h3'), 'The form you sent', 'form and page are told apart')

    const reader = site.person()
    await reader.open('/cookies/date-time')
    t.deepEqual(changesOn(await reader.open('/cookies/date-time')), [])
  },
)

test('a step is not shown what others left in the browser', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  for (const path of ['/sessions/page-count', '/cookies/page-count']) await person.open(path)
  person.cookies.set('other_app', 'theirs')
  const page = await person.open('/cookies/page-count')
  t.regex(page.text('.sequence desc') ?? '', /Cookie: count=1; and 3 other cookies\./)
  t.regex(page.text('.sequence desc') ?? '', /Set-Cookie: count=2\.$/)
  t.true(page.has('.records details.other'), 'the session of another step is folded')
  t.false(page.has('.records > .record'))
  const own = await person.open('/sessions/page-count')
  t.true(own.has('.records > .record'))
  t.regex(
    own.text('.sequence desc') ?? '',
    /load #[0-9a-f]{8}….*found, version 1.*update #[0-9a-f]{8}…, if version 1/,
  )
})

test('going on to the next step shows nothing of the step before', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const page = await person.open('/four-ways')
  const next = await person.submit(page, '/progress/four-ways')
  t.false(next.has('.changes h3'))
  t.is(next.all('.exchange').length, 1)
})

test('a cookie is new, changed, sent again or removed', (t) => {
  const sent = sentCookies('count=1; cart=a; temporary=x')
  const given = givenCookies([
    'csrftoken=t',
    'count=2; Path=/',
    'cart=a',
    'temporary=; Max-Age=0',
    'persistent=p',
  ])
  t.deepEqual(
    changesOf([], sent, given).map(({ name, what }) => `${name} ${what}`),
    [
      'count changed',
      'cart sent again, with the same value',
      'temporary removed',
      'persistent new',
      'csrftoken new',
    ],
  )
})

test('values that differ only beyond what is shown are changed; what did not change is no change', (t) => {
  const call = { outcome: 'found', took: 0, key: '#1' }
  const data = (entries: Record<string, string>) => new Map(Object.entries(entries))
  const changes = changesOf(
    [
      { ...call, call: 'load', data: data({ kept: '1', grown: '"aaa… #1"', lost: '2' }) },
      { ...call, call: 'update', outcome: 'conflict' },
      { ...call, call: 'load', data: data({ kept: '1', grown: '"aaa… #1"', lost: '2', theirs: '3' }) },
      {
        ...call,
        call: 'update',
        outcome: 'updated',
        data: data({ kept: '1', grown: '"aaa… #2"', theirs: '3' }),
      },
    ],
    [],
    [],
  )
  t.deepEqual(
    changes.map(({ name, what }) => `${name} ${what}`),
    ['grown changed', 'lost removed'],
    'what another request wrote meanwhile is not this one’s doing',
  )
  const lines = dataLines(JSON.stringify({ kept: { grown: 1 }, grown: [1] }, null, 2), changes)
  t.deepEqual(
    lines.filter(({ isChanged }) => isChanged).map(({ text }) => text),
    ['  "grown": [', '    1', '  ]'],
  )
})

test('of a long value only what differs is shown, with its place', (t) => {
  const planted = { id: 'x'.repeat(200), given: true, loggedIn: false }
  const whole = JSON.stringify({ careless: planted, tessera: { 'first-try': [1, 2] } })
  const later = JSON.stringify({
    careless: { ...planted, loggedIn: true },
    tessera: { 'first-try': [1, 3, 4] },
  })
  t.deepEqual(differences(whole, later), [
    { inside: '.careless.loggedIn', before: 'false', after: 'true' },
    { inside: '.tessera["first-try"][1]', before: '2', after: '3' },
    { inside: '.tessera["first-try"][2]', before: undefined, after: '4' },
  ])
  const long = (middle: string): string => JSON.stringify(`${'a'.repeat(150)}${middle}${'b'.repeat(150)}`)
  t.deepEqual(differences(long('1'), long('2')), [
    { inside: '', before: '…aaaaaaaa1bbbbbbbb…', after: '…aaaaaaaa2bbbbbbbb…' },
  ])
  const many = (sign: string): string => JSON.stringify(Array.from({ length: 9 }, (_, at) => sign + at))
  t.is(differences(many('a'), many('b'))[0]?.inside, '', 'a value of which most differs is shown as one')
})

test('the text of a diagram fits its picture, however long a value is', (t) => {
  const long = 'x'.repeat(4000)
  const sent = [{ name: 'cart', value: long }]
  const calls = Array.from({ length: 20 }, () => ({
    call: 'load',
    outcome: 'missing',
    took: 0,
    key: '#12345678…',
  }))
  const given = givenCookies([`cart=${long}; Path=/`])
  const of = { method: 'GET', path: `/${'p/'.repeat(100)}`, status: 200, location: '' }
  const { arrows, height, description } = sequenceOf({ ...of, sent, used: new Set(['cart']), given, calls })
  const lines = arrows.flatMap((arrow) => arrow.lines)
  t.true(lines.every(({ text }) => text.length <= 28 && text.length > 1))
  t.true(lines.every(({ y }) => y < height) && height < 1000, String(height))
  t.regex(description, /and 12 more/)
})
