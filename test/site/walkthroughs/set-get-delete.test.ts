import test from 'ava'
import { onEngines, openSite } from './site.js'

const HERE = '/sessions/set-get-delete'
const COOKIE = 'sessionid-short'

onEngines(
  'the session of thirty seconds is there for thirty seconds, however often it is read',
  async (t, site) => {
    const person = site.person()
    const before = await person.open(`${HERE}/get`)
    t.is(before.text('#said'), 'Session has expired')
    t.false(before.has('#sent'))

    const set = await person.submit(await person.open(HERE), `${HERE}/set`, { name: 'Ada' })
    t.is(set.path, HERE)
    t.regex(set.text('.result') ?? '', /^Session is set\. It ends at .* in 30 seconds$/)

    site.now += 15_000
    const half = await person.open(`${HERE}/get`)
    t.is(half.text('#said'), 'Hello, Ada')
    t.is(half.text('.token .countdown'), 'in 15 seconds')

    site.now += 14_999
    t.is((await person.open(`${HERE}/get`)).text('#said'), 'Hello, Ada', 'a millisecond before')
    site.now += 1
    t.true(person.cookies.has(COOKIE), 'the browser keeps the cookie until it closes')
    const over = await person.open(`${HERE}/get`)
    t.is(over.text('#said'), 'Session has expired')
    t.regex(over.text('#sent') ?? '', /^whose hash begins with #[0-9a-f]{8}…$/, 'and sends it')
    t.regex(over.text('#cookie-now') ?? '', /The response of this page removes the cookie/)
    t.false(person.cookies.has(COOKIE), 'as the page says')
    const next = await person.open(`${HERE}/get`)
    t.false(next.has('#sent') || next.has('#cookie-now'), 'so the next request has none')
    t.false((await person.open(HERE)).has('.result'))
  },
)

onEngines('each change gives it thirty seconds again', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  await person.submit(page, `${HERE}/set`, { name: 'Ada' })
  site.now += 20_000
  await person.submit(page, `${HERE}/set`, { name: 'Grace' })
  site.now += 29_999
  t.is((await person.open(`${HERE}/get`)).text('#said'), 'Hello, Grace')
})

onEngines('delete takes the name, flush the session', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  await person.submit(page, `${HERE}/set`, { name: 'Ada' })
  const set = await person.open(`${HERE}/deleted`)
  t.is(set.text('h1'), 'The session is set', 'nobody has deleted anything')

  const deleted = await person.submit(page, `${HERE}/delete`)
  t.is(deleted.text('h1'), 'Session is cleared')
  t.is(deleted.text('#what'), 'One key is deleted')
  t.is(deleted.text('.lead'), 'The name is gone, and the session is still there.')
  t.true(person.cookies.has(COOKIE))
  const nameless = await person.open(`${HERE}/get`)
  t.is(nameless.text('#said'), 'The session has no name')
  t.false(nameless.has('#cookie-now'))

  await person.submit(page, `${HERE}/set`, { name: 'Ada' })
  const thief = person.copy()
  const flushed = await person.submit(page, `${HERE}/flush`)
  t.is(flushed.text('h1'), 'Session is cleared')
  t.is(flushed.text('#what'), 'The session has ended')
  t.is(flushed.text('.lead'), 'Nothing of it is left.')
  t.false(person.cookies.has(COOKIE))

  const { revocable } = site.sessions.engine.capabilities
  const stolen = (await thief.open(`${HERE}/get`)).text('#said')
  t.is(/the session’s id into the cookie/.test(page.html), revocable, 'it says what the cookie holds')
  t.is(stolen, revocable ? 'Session has expired' : 'Hello, Ada')
  t.is(/a copy of the cookie works until it expires/.test(flushed.html), !revocable, 'and the page says so')
})

onEngines('a button that comes after the end is not judged, and the page says so', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  for (const [action, prediction] of [
    ['delete', 'delete-key.stays'],
    ['flush', 'flush.ends'],
    ['clear', ''],
  ] as const) {
    await person.submit(page, `${HERE}/set`, { name: 'Ada' })
    site.now += 30_000
    const late = await person.submit(page, `${HERE}/${action}`, { prediction })
    t.is(late.text('#what'), 'Nothing was left to delete', action)
    t.regex(late.text('.lead') ?? '', /had ended before you pressed the button.* within 30 seconds\.$/)
    t.false(late.has('#predicted'), action)
    t.notRegex(late.all('.stage').join(), /flush\(\)/)
  }
})

onEngines('when it ends, or is flushed, nothing else is forgotten', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const page = await person.open(HERE)
  await person.submit(page, `${HERE}/set`, { name: 'Ada' })
  await person.submit(page, `${HERE}/flush`)
  await person.submit(page, `${HERE}/set`, { name: 'Ada' })
  site.now += 30_000
  await person.open(`${HERE}/get`)
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

onEngines('a name is any line of text, and is shown as it is', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  for (const name of [
    '<script>alert(1)</script>',
    '👩‍👩‍👧‍👦 & "co"',
    '__proto__',
    'constructor',
    '👩‍👩‍👧‍👦'.repeat(40),
  ]) {
    const set = await person.submit(page, `${HERE}/set`, { name })
    t.is(set.status, 200)
    const got = await person.open(`${HERE}/get`)
    t.is(got.text('#said'), `Hello, ${name}`)
    t.notRegex(got.html, /<script>alert/)
  }
})

onEngines(
  'what is none is told beside the field, what was typed is kept, and nothing is set',
  async (t, site) => {
    const person = site.person()
    const page = await person.open(HERE)
    for (const [name, problem] of [
      ['', 'A name is missing.'],
      ['   ', 'A name is missing.'],
      ['a'.repeat(5000), 'A name has at most 40 characters.'],
      ['two\nlines', 'A name is one line of text.'],
    ] as const) {
      const again = await person.submit(page, `${HERE}/set`, { name })
      t.is(again.status, 422)
      t.is(again.text('.problem'), problem)
      t.is(again.value('#name'), name)
    }
    const body = new URLSearchParams(page.hiddenIn(`${HERE}/set`))
    for (const twice of ['', '&name=Ada&name=Grace', '&name[a]=1']) {
      const response = await person.browser.fetch(`${HERE}/set`, {
        method: 'POST',
        body: `${body}${twice}`,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      })
      t.is(response.status, 422)
    }
    t.false(person.cookies.has(COOKIE))
  },
)

onEngines('a forged cookie opens nothing', async (t, site) => {
  const person = site.person()
  for (const forged of ['a'.repeat(32), '%E0%A4%A', '{"name":"Ada"}', 'x'.repeat(5000), '__proto__']) {
    person.cookies.set(COOKIE, forged)
    const got = await person.open(`${HERE}/get`)
    t.is(got.status, 200)
    t.is(got.text('#said'), 'Session has expired')
  }
})

test('a site whose sessions are shorter still has shorter ones here too', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache', COOKIE_AGE: '10' })
  const person = site.person()
  const page = await person.submit(await person.open(HERE), `${HERE}/set`, { name: 'Ada' })
  t.is(
    page.text('.lead'),
    'A session that lives for 10 seconds. Set it, get it, and get it again when it has expired.',
  )
  site.now += 10_000
  t.is((await person.open(`${HERE}/get`)).text('#said'), 'Session has expired')
})

test('with SAVE_EVERY_REQUEST too, looking does not make it last longer', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache', SAVE_EVERY_REQUEST: 'true' })
  const person = site.person()
  await person.submit(await person.open(HERE), `${HERE}/set`, { name: 'Ada' })
  site.now += 20_000
  t.is((await person.open(`${HERE}/get`)).text('#said'), 'Hello, Ada')
  site.now += 10_000
  t.is((await person.open(`${HERE}/get`)).text('#said'), 'Session has expired')
})

test('the countdown has its script where the panel is off', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache', SHOW_INTERNALS: 'false' })
  const person = site.person()
  const page = await person.open(`${HERE}/get`)
  t.false(page.has('.inspector'))
  t.true(page.has('script[src="/assets/site.js"]'))
})
