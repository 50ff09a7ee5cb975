import test from 'ava'
import { onEngines, openSite, type Person, type Site } from './site.js'

const HERE = '/sessions/log-in'
const ADA = { username: 'Ada', password: 'a secret of Ada’s' }

const isRevocable = (site: Site): boolean => site.sessions.engine.capabilities.revocable

async function logIn(person: Person) {
  return person.submit(await person.open(HERE), HERE, ADA)
}

onEngines('who is logged in is not shown the form, until the log-out', async (t, site) => {
  const person = site.person()
  t.is((await person.open(HERE)).text('h1'), 'Log in')
  const inside = await logIn(person)
  t.is(inside.path, HERE)
  t.is(inside.text('h1'), 'You are logged in')
  t.is(inside.text('.lead b'), 'Ada')
  t.false((await person.open(HERE)).has('#password'))

  const out = await person.submit(inside, `${HERE}/out`)
  t.is(out.text('h1'), 'You are logged out.')
  t.regex(out.text('.lead') ?? '', /^The session has ended/)
  t.false(person.cookies.has('sessionid'))
  t.is((await person.open(HERE)).text('h1'), 'Log in')
})

onEngines('the log-in changes the id and keeps the data, the log-out ends it all', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const before = person.cookies.get('sessionid') ?? ''
  const inside = await logIn(person)
  t.not(person.cookies.get('sessionid'), before)
  t.regex(inside.text('#before') ?? '', /^#[0-9a-f]{8}…$/)
  t.regex(inside.text('#now') ?? '', /^#[0-9a-f]{8}…$/)
  t.not(inside.text('#before'), inside.text('#now'))
  t.notRegex(inside.html, new RegExp(before), 'ids are shown as a hash only')
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')

  await person.submit(await person.open(HERE), `${HERE}/out`)
  t.is((await person.open('/sessions/page-count')).text('#count'), '1')
})

onEngines('who had no session is told so', async (t, site) => {
  t.is((await logIn(site.person())).text('#before'), 'none: you had no session')
})

onEngines('an id from before the log-in is worthless after it', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const attacker = person.copy()
  await logIn(person)
  for (const wait of [0, 61_000]) {
    site.now += wait
    t.is((await attacker.copy().open(HERE)).text('h1'), 'Log in')
    t.is((await attacker.copy().open(`${HERE}/members`)).text('h1'), 'Log in')
  }
  t.is((await person.open(HERE)).text('h1'), 'You are logged in')
})

onEngines(
  'an id from before the log-out is worthless too, or the page says that it is not',
  async (t, site) => {
    const person = site.person()
    const inside = await logIn(person)
    const attacker = person.copy()
    t.is((await attacker.open(`${HERE}/members`)).text('h1'), 'Members')
    const out = await person.submit(inside, `${HERE}/out`)
    t.is((await attacker.open(`${HERE}/members`)).text('h1'), isRevocable(site) ? 'Log in' : 'Members')
    t.is(/a copy of the cookie works until it expires/i.test(flat(out.html)), !isRevocable(site))
    t.is(/A copy of the cookie works until it expires/.test(flat(inside.html)), !isRevocable(site))
  },
)

const flat = (html: string): string => html.replace(/\s+/g, ' ')

onEngines('S34 a log-out, and nothing else, empties the cache; other cookies stay', async (t, site) => {
  const person = site.person()
  // The form is sent again after the log-out, when its token is good no more.
  person.browser.saysOrigin = true
  await person.open('/cookies/page-count')
  const inside = await logIn(person)
  const send = () =>
    person.browser.fetch(`${HERE}/out`, {
      method: 'POST',
      body: new URLSearchParams(inside.hiddenIn(`${HERE}/out`)),
    })
  const out = await send()
  t.is(out.status, 303)
  t.is(out.headers.get('Clear-Site-Data'), '"cache"')
  t.is(out.headers.get('Cache-Control'), 'no-store')
  t.false(person.cookies.has('sessionid'))
  t.is((await person.open('/cookies/page-count')).text('#count'), '2')

  const again = await send()
  t.is(again.status, 303)
  t.is(again.headers.get('Clear-Site-Data'), null, 'nothing was ended')
  t.is((await person.browser.fetch(HERE)).headers.get('Clear-Site-Data'), null)
})

onEngines('a log-out in one tab is one in the other', async (t, site) => {
  const person = site.person()
  person.browser.saysOrigin = true
  const first = await logIn(person)
  const second = await person.open(HERE)
  await person.submit(second, `${HERE}/out`)
  t.is((await person.open(`${HERE}/members`)).text('h1'), 'Log in')

  // What began since in either tab is not ended by the button that is still there in the first one.
  await person.open('/sessions/page-count')
  const out = await person.submit(first, `${HERE}/out`)
  t.is(out.text('h1'), 'You are logged out.')
  t.regex(out.text('.lead') ?? '', /You have a session, but nobody has logged in to it/)
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

onEngines(
  'forms of a tab that was open before the log-in still work, but for the log-in’s own',
  async (t, site) => {
    const person = site.person()
    person.browser.saysOrigin = true
    const early = await person.open(HERE)
    const count = await person.open('/cookies/page-count')
    await logIn(person)
    const forged = await person.submit(count, '/cookies/page-count/forge', { forged: '10' })
    t.is(forged.text('#count'), '11')

    const told = await person.submit(early, HERE, { ...ADA, username: 'Grace' })
    t.is(told.status, 409)
    t.is(told.text('.lead b'), 'Ada')
    t.regex(told.text('.result') ?? '', /You are logged in already, so the server ignored it/)
    t.is((await person.open(HERE)).text('.lead b'), 'Ada')
  },
)

onEngines('the page for members sends to the form, and the form back', async (t, site) => {
  const person = site.person()
  const form = await person.open(`${HERE}/members`)
  t.is(form.path, `${HERE}?next=members`)
  t.regex(form.text('.lead') ?? '', /^The page that you asked for/)
  const wrong = await person.submit(form, HERE, { username: 'Ada', password: '' })
  t.is(wrong.status, 422)
  const members = await person.submit(wrong, HERE, ADA)
  t.is(members.path, `${HERE}/members`)
  t.is(members.text('.lead b'), 'Ada')
  t.is((await person.open(`${HERE}/out`)).path, HERE, 'who is logged in is not told otherwise')
})

onEngines('it sends nowhere else', async (t, site) => {
  for (const next of ['https://elsewhere.example/', '//elsewhere.example', '/sessions/cart', '__proto__']) {
    const person = site.person()
    const form = await person.open(`${HERE}?next=${encodeURIComponent(next)}`)
    t.notRegex(form.html, /elsewhere/)
    t.is((await person.submit(form, HERE, { ...ADA, next })).path, HERE)
  }
})

onEngines('what is missing or too long is told; the name is kept, the password is not', async (t, site) => {
  const person = site.person()
  const form = await person.open(HERE)
  for (const [username, password, problems] of [
    ['', '', ['A username is missing.', 'A password is missing.']],
    ['Ada', '', ['A password is missing.']],
    ['a'.repeat(5000), 'secret-1', ['A username has at most 20 characters.']],
    ['Ada', 'secret-1'.repeat(700), ['A password has at most 200 characters.']],
  ] as const) {
    const again = await person.submit(form, HERE, { username, password })
    t.is(again.status, 422)
    t.deepEqual(again.all('.problem'), [...problems])
    t.is(again.value('#username'), username)
    t.is(again.value('#password'), '')
    t.notRegex(again.html, /secret-1/)
  }
  t.false(person.cookies.has('sessionid'))
})

onEngines('a name is shown as it was typed, whatever it is; the password is nowhere', async (t, site) => {
  for (const username of ['<b>&"\'</b>', '👩‍👩‍👧‍👦'.repeat(20), '__proto__', 'constructor']) {
    const person = site.person()
    const inside = await person.submit(await person.open(HERE), HERE, { username, password: 'secret-2' })
    t.is(inside.text('.lead b'), username)
    t.notRegex(inside.html, /secret-2|<b><b>/)
    t.is((await person.open(`${HERE}/members`)).text('.lead b'), username)
  }
})

onEngines('forged cookies log nobody in', async (t, site) => {
  for (const forged of ['a'.repeat(32), '%E0%A4%A', '{"logIn":{"username":"Ada"}}', 'x'.repeat(5000)]) {
    const person = site.person()
    person.cookies.set('sessionid', forged)
    t.is((await person.open(HERE)).text('h1'), 'Log in')
    person.cookies.set('sessionid', forged)
    await logIn(person)
    t.not(person.cookies.get('sessionid'), forged)
  }
})

test('a form without its token logs nobody in, and logs nobody out', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  await person.open(HERE)
  const entry = { method: 'POST', body: new URLSearchParams(ADA) }
  t.is((await person.browser.fetch(HERE, entry)).status, 403)
  await logIn(person)
  t.is((await person.browser.fetch(`${HERE}/out`, { method: 'POST' })).status, 403)
  t.is((await person.open(HERE)).text('h1'), 'You are logged in')
})
