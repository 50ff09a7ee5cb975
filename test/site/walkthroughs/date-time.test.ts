import { onEngines } from './site.js'

const HERE = '/cookies/date-time'

onEngines('a name, then the date and time, with each visit anew', async (t, site) => {
  const person = site.person()
  const hello = await person.submit(await person.open(HERE), HERE, { name: ' Ada Lovelace ' })
  t.is(hello.path, `${HERE}/hello`)
  t.is(hello.text('h1'), 'Hello Ada Lovelace')
  t.is(person.cookies.get('date-time-name'), 'Ada%20Lovelace')

  site.now = Date.UTC(2030, 0, 31, 23, 59, 58)
  const result = await person.open(`${HERE}/result`)
  t.is(result.text('h1'), 'Hello Ada Lovelace')
  t.is(result.text('#now'), '31 Jan 2030, 23:59:58 UTC')
  site.now += 3_000
  const updated = await person.open(`${HERE}/result`)
  t.is(updated.text('h1'), 'Hello Ada Lovelace')
  t.is(updated.text('#now'), '1 Feb 2030, 00:00:01 UTC')
  t.is((await person.open(HERE)).value('#name'), 'Ada Lovelace', 'the form knows it too')
  t.false(person.cookies.has('sessionid'), 'it needs no session')
})

onEngines('a visit without the cookie goes to the form, with a hint', async (t, site) => {
  for (const step of ['hello', 'result']) {
    const person = site.person()
    const response = await person.browser.fetch(`${HERE}/${step}`)
    t.is(response.status, 303)
    const form = await person.open(response.headers.get('Location') ?? '')
    t.is(form.status, 200)
    t.true(form.has('#name'))
    t.regex(form.text('.result') ?? '', /Your browser sent no name/)
  }
  const person = site.person()
  t.false((await person.open(HERE)).has('.result'), 'nobody is reproached who came by the front door')
  const strange = await person.open(`${HERE}?name=<script>alert(1)</script>&name=missing`)
  t.is(strange.status, 200)
  t.notRegex(strange.html, /<script>/)
})

onEngines('a forgotten name is asked for again', async (t, site) => {
  const person = site.person()
  const hello = await person.submit(await person.open(HERE), HERE, { name: 'Ada' })
  const form = await person.submit(hello, `${HERE}/forget`)
  t.is(form.path, HERE)
  t.is(form.value('#name'), '')
  t.false(person.cookies.has('date-time-name'))
  t.is((await person.open(`${HERE}/result`)).path, `${HERE}?name=missing`)
})

onEngines('what is no name is told beside the field, and what was typed is kept', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  for (const [typed, problem] of [
    ['', 'A name is missing.'],
    ['   ', 'A name is missing.'],
    ['x'.repeat(41), 'A name has at most 40 characters.'],
    ['x'.repeat(5000), 'A name has at most 40 characters.'],
    ['Ada\nLovelace', 'A name is one line of text.'],
    ['\u0000', 'A name is one line of text.'],
    // Forty characters as people count them, and more than a cookie holds.
    [`a${'\u20d0'.repeat(11)}`.repeat(40), 'A name of such characters is too long for a cookie.'],
  ] as const) {
    const again = await person.submit(page, HERE, { name: typed })
    t.is(again.status, 422)
    t.is(again.text('.problem'), problem)
    t.is(again.value('#name'), typed)
    t.false(person.cookies.has('date-time-name'))
  }
  const { csrfmiddlewaretoken = '' } = page.hiddenIn(HERE)
  for (const rest of ['', '&name[a]=1', '&name=Ada&name=Grace']) {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = `csrfmiddlewaretoken=${encodeURIComponent(csrfmiddlewaretoken)}${rest}`
    t.is((await person.browser.fetch(HERE, { method: 'POST', headers, body })).status, 422, rest)
  }
})

onEngines('a name of any characters is greeted by exactly these', async (t, site) => {
  for (const name of [
    '<script>alert(1)</script>',
    '👩‍👩‍👧‍👦'.repeat(10),
    '__proto__',
    'constructor',
    '"; Path=/x, ä%20%',
    'שלום',
  ]) {
    const person = site.person()
    const hello = await person.submit(await person.open(HERE), HERE, { name })
    t.is(hello.status, 200)
    t.notRegex(hello.html, /<script>/)
    t.is(decodeURIComponent(person.cookies.get('date-time-name') ?? ''), name)
    t.is((await person.open(HERE)).value('#name'), name)
  }
})

onEngines('a forged cookie is a name or nothing', async (t, site) => {
  const person = site.person()
  person.cookies.set('date-time-name', 'Grace')
  t.is((await person.open(`${HERE}/result`)).text('h1'), 'Hello Grace')
  for (const forged of ['', '%', '%E0%A4', '%0A', 'x'.repeat(41), 'x'.repeat(5000), '%20']) {
    person.cookies.set('date-time-name', forged)
    t.is((await person.open(`${HERE}/result`)).path, `${HERE}?name=missing`, forged)
  }
  person.cookies.set('date-time-name', '<script>alert(1)</script>')
  t.notRegex((await person.open(`${HERE}/result`)).html, /<script>/)
})
