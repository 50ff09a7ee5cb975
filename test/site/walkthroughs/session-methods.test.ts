import test from 'ava'
import { onEngines, openSite, type Page, type Person } from './site.js'

const HERE = '/sessions/methods'
const TWO_WEEKS = 14 * 86_400

const setExpiry = async (person: Person, expiry: string): Promise<Page> =>
  person.submit(await person.open(HERE), `${HERE}/set-expiry`, { expiry })

const setDate = async (person: Person, until: string): Promise<Page> =>
  person.submit(await person.open(HERE), `${HERE}/set-date`, { until })

/** As `datetime-local` sends it. */
const typed = (time: number): string => new Date(time).toISOString().slice(0, 16)

onEngines('looking changes nothing: a question is answered without a session', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  t.is(page.text('#age'), String(TWO_WEEKS))
  t.is(page.text('#browser'), 'false')
  t.is(page.text('#id'), 'undefined')
  t.false(page.has('.result'))
  for (const [call, answer] of [
    ['getExpiryAge', String(TWO_WEEKS)],
    ['getExpiryDate', new Date(site.now + TWO_WEEKS * 1000).toISOString()],
    ['getExpireAtBrowserClose', 'false'],
  ] as const) {
    const asked = await person.open(`${HERE}?call=${call}`)
    t.is(asked.text('#call'), `${call}()`)
    t.is(asked.text('#answer'), answer)
  }
  for (const call of ['flush', '__proto__', 'constructor', '<script>', 'x'.repeat(5000)]) {
    const asked = await person.open(`${HERE}?call=${encodeURIComponent(call)}`)
    t.is(asked.status, 200)
    t.false(asked.has('.result'), call)
  }
  t.false(person.cookies.has('sessionid-methods'))
})

onEngines('setExpiry(60) ends the session a minute after the last save', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const page = await setExpiry(person, '60')
  t.is(page.path, HERE)
  t.is(page.text('#call'), 'setExpiry(60)')
  t.is(page.text('#age'), '60')
  site.now += 40_000
  await person.submit(page, `${HERE}/cycle-key`)
  site.now += 59_999
  const late = person.copy()
  t.is((await person.open(HERE)).text('#age'), '60')
  site.now += 1
  t.is((await late.open(HERE)).text('#age'), String(TWO_WEEKS))
  t.is((await late.open('/sessions/page-count')).text('#count'), '2', 'the site’s session is another one')
})

onEngines('setExpiry(0) takes the date off the cookie, setExpiry(null) puts it on again', async (t, site) => {
  const person = site.person()
  person.browser.saysOrigin = true
  const form = (page: Page, expiry: string) =>
    person.browser.fetch(`${HERE}/set-expiry`, {
      method: 'POST',
      body: new URLSearchParams({ ...page.hiddenIn(`${HERE}/set-expiry`), expiry }),
    })
  const cookieOf = (response: Response) =>
    response.headers.getSetCookie().find((line) => line.startsWith('sessionid-methods=')) ?? ''

  const page = await person.open(HERE)
  t.notRegex(cookieOf(await form(page, '0')), /max-age|expires/i)
  const zero = await person.open(HERE)
  t.is(zero.text('#call'), 'setExpiry(0)')
  t.is(zero.text('#browser'), 'true')
  t.is(zero.text('#age'), String(TWO_WEEKS))

  t.regex(cookieOf(await form(page, 'null')), /Max-Age=1209600/)
  const none = await person.open(HERE)
  t.is(none.text('#call'), 'setExpiry(null)')
  t.is(none.text('#browser'), 'false')
})

onEngines('setExpiry(date) ends it then, saved before or not', async (t, site) => {
  site.now = Date.UTC(2030, 0, 31, 12)
  const person = site.person()
  const page = await setDate(person, typed(site.now + 120_000))
  t.is(page.text('#call'), `setExpiry(new Date('2030-01-31T12:02:00.000Z'))`)
  t.is(page.text('#age'), '120')
  t.is(page.text('#date'), '31 Jan 2030, 12:02:00 UTC')
  site.now += 100_000
  t.is((await person.submit(page, `${HERE}/cycle-key`)).text('#age'), '20')
  site.now += 20_000
  t.is((await person.open(HERE)).text('#id'), 'undefined')
})

onEngines('a date that has passed ends it at once', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  await setExpiry(person, 'null')
  const copy = person.copy()
  const page = await setDate(person, '2001-01-01T00:00')
  t.regex(page.text('.result') ?? '', /^The moment had passed, so the session ended at once/)
  t.is(page.text('#id'), 'undefined')
  t.false(person.cookies.has('sessionid-methods'))
  t.is((await person.open('/sessions/page-count')).text('#count'), '2', 'the site’s session is another one')
  const { revocable } = site.sessions.engine.capabilities
  t.is((await copy.open(HERE)).text('#id') === 'undefined', revocable)
  await setExpiry(copy, 'null')
  const told = (await copy.open(`${HERE}?ended`)).text('.result') ?? ''
  t.notRegex(told, /had passed/, 'who has a session is not told that it ended')
})

onEngines('what is no date is told beside the field, and what was typed is kept', async (t, site) => {
  const person = site.person()
  const page = await person.open(HERE)
  t.is(page.value('#until'), typed(site.now + 86_400_000))
  const format = 'A moment is a date and a time, such as 2030-01-31T12:00.'
  for (const [until, problem] of [
    ['', 'A moment is missing.'],
    ['tomorrow', format],
    ['2030-02-30T10:00', format],
    ['2030-01-31T12:00Z', format],
    ['1e9', format],
    ['-1', format],
    ['<script>alert(1)</script>', format],
    ['9'.repeat(5000), format],
    ['9999-12-31T23:59', 'A moment is at most 400 days from now: no browser keeps a cookie for longer.'],
  ] as const) {
    const again = await person.submit(page, `${HERE}/set-date`, { until })
    t.is(again.status, 422, until)
    t.deepEqual(again.all('.problem'), [problem])
    t.is(again.value('#until'), until)
    t.notRegex(again.html, /<script>alert/)
  }
  for (const expiry of ['', '-1', '1e9', '120', '__proto__', 'constructor', '<script>']) {
    const again = await person.submit(page, `${HERE}/set-expiry`, { expiry })
    t.is(again.status, 422)
    t.deepEqual(again.all('.problem'), ['Choose one of the three.'])
  }
  t.false(person.cookies.has('sessionid-methods'))
})

onEngines('clearExpired() answers how many records went', async (t, site) => {
  const person = site.person()
  person.browser.saysOrigin = true
  const page = await person.open(HERE)
  const none = await person.submit(page, `${HERE}/clear-expired`)
  t.is(none.text('#call'), 'sessions.clearExpired()')
  t.is(none.text('#answer'), '0')
  for (const other of [site.person(), site.person()]) await setExpiry(other, '60')
  site.now += 60_000
  const some = await person.submit(page, `${HERE}/clear-expired`)
  t.is(some.text('#answer'), site.sessions.engine.capabilities.revocable ? '2' : '0')
})

onEngines('clearExpired() runs once for all who ask within ten seconds', async (t, site) => {
  const { engine } = site.sessions
  const clear = engine.clearExpired.bind(engine)
  let sweeps = 0
  engine.clearExpired = async (limit) => {
    sweeps++
    return clear(limit)
  }
  const people = Array.from({ length: 5 }, () => site.person())
  const press = async (person: (typeof people)[number]): Promise<void> => {
    const page = await person.submit(await person.open(HERE), `${HERE}/clear-expired`)
    t.is(page.text('#answer'), '0')
  }
  await Promise.all(people.map(press))
  for (const person of people) await press(person)
  t.is(sweeps, 1)
  site.now += 10_000
  await Promise.all(people.map(press))
  t.is(sweeps, 2)
})

onEngines('cycleKey() changes the id and keeps the data', async (t, site) => {
  const person = site.person()
  const before = await setExpiry(person, '60')
  const id = person.cookies.get('sessionid-methods')
  const page = await person.submit(before, `${HERE}/cycle-key`)
  t.not(person.cookies.get('sessionid-methods'), id)
  t.is(page.text('#before'), before.text('#id'))
  t.not(page.text('#id'), before.text('#id'))
  t.is(page.text('#age'), '60')
  const first = site.person()
  t.is((await first.submit(await first.open(HERE), `${HERE}/cycle-key`)).text('#before'), 'none')
})

test('a page of one call shows the lines that made it', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const lines = (page: Page) => (page.text('.source') ?? '').replace(/<[^>]*>/g, '')
  t.regex(lines(await person.open(HERE)), /getter\.safeParse/)
  t.regex(lines(await setExpiry(person, '60')), /session\.setExpiry\(expiry\)/)
  t.regex(lines(await setDate(person, typed(site.now + 120_000))), /session\.setExpiry\(until\)/)
  t.regex(lines(await setDate(person, '2001-01-01T00:00')), /session\.setExpiry\(until\)/)
})
