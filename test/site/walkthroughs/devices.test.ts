import test, { type ExecutionContext } from 'ava'
import { deviceOf } from '../../../src/site/demos/kit/format.js'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

const LOG_IN = '/sessions/log-in'
const HERE = `${LOG_IN}/devices`
const END = `${HERE}/end`
const END_OTHERS = `${HERE}/end-others`
const AGAIN = `${HERE}/again`
const MINUTE = 60_000

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
const SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'

/** Somebody who is logged in, in a browser that calls itself so. */
async function loggedIn(site: Site, username: string, userAgent?: string): Promise<Person> {
  const person = site.person()
  person.browser.userAgent = userAgent
  await person.submit(await person.open(LOG_IN), LOG_IN, { username, password: 'not a real one' })
  return person
}

const whoIs = async (person: Person): Promise<string> =>
  (await person.open(`${LOG_IN}/members`)).text('.lead b') ?? 'nobody'

/** What the cards say: each session's device, and whether it is this browser. */
const cards = (page: Page): string[] => page.all('.devices h2')

const says = (page: Page): string | undefined => page.text('.result')

/** Where the sessions of this site are kept in cookies, or on the server. */
const isListed = (site: Site): boolean => site.sessions.engine.index !== undefined

type Run = (t: ExecutionContext, site: Site) => Promise<unknown>

const keeping = [{ SESSION_ENGINE: 'cache' }, { SESSION_ENGINE: 'db' }]
const ending = [...keeping, { SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'cache' }]

/** Registers the test once for each kind of store that keeps sessions. */
const onListingEngines = (title: string, run: Run): void => onEach(keeping, title, run)

/** And for what can end a user's other sessions without having any of them. */
const onEndingEngines = (title: string, run: Run): void => onEach(ending, title, run)

function onEach(environments: readonly Readonly<Record<string, string>>[], title: string, run: Run): void {
  for (const env of environments)
    test(`${env.SESSION_ENGINE}: ${title}`, async (t) => run(t, await openSite(t, env)))
}

onEngines('S30 who is not logged in is sent to the form, and from there to the devices', async (t, site) => {
  const person = site.person()
  const form = await person.open(HERE)
  t.is(form.path, `${LOG_IN}?next=devices`)
  const page = await person.submit(form, LOG_IN, { username: 'Ada', password: 'not a real one' })
  t.is(page.path, HERE)
  t.is(page.text('h1'), 'Your devices')
  t.is(page.text('.lead b'), 'Ada')
  t.is((await person.open(LOG_IN)).link('Your devices'), HERE)
  t.is((await person.open(`${LOG_IN}/members`)).link('Your devices'), HERE)
})

onListingEngines(
  'S30 the list says of each session its device, when it began and was seen, and which is this browser',
  async (t, site) => {
    const laptop = await loggedIn(site, 'Ada', FIREFOX)
    site.now += MINUTE
    const phone = await loggedIn(site, 'Ada', SAFARI)
    await loggedIn(site, 'Grace', FIREFOX)
    const page = await laptop.open(HERE)
    t.deepEqual(cards(page), ['Safari on iPhone', 'Firefox on Linux this browser'])
    const moments = [...page.html.matchAll(/<dd><time datetime="([^"]*)"/g)].map(([, moment]) => moment)
    const iso = (moment: number) => new Date(moment).toISOString()
    const [begun, before] = [iso(site.now), iso(site.now - MINUTE)]
    t.deepEqual(moments.slice(0, 6), [begun, begun, begun, before, before, before])
    t.is(page.all('.devices button').length, 1, 'a log-out button for each other one')
    for (const person of [laptop, phone])
      t.false(page.html.includes(person.cookies.get('sessionid') ?? ''), 'no id')
    t.deepEqual(cards(await phone.open(HERE)), ['Safari on iPhone this browser', 'Firefox on Linux'])
  },
)

onListingEngines('S29 S30 one session is ended from another, and the others stay', async (t, site) => {
  const laptop = await loggedIn(site, 'Ada', FIREFOX)
  site.now += 1
  const tablet = await loggedIn(site, 'Ada')
  site.now += 1
  const phone = await loggedIn(site, 'Ada', SAFARI)
  await phone.open('/sessions/page-count')
  const page = await laptop.open(HERE)
  t.is(cards(page).length, 3)
  const after = await laptop.submit(page, END)
  t.regex(says(after) ?? '', /^1 session has ended\. Its cookie is worthless/)
  t.deepEqual(cards(after), ['A device that does not say what it is', 'Firefox on Linux this browser'])
  t.is(await whoIs(phone), 'nobody')
  t.is((await phone.open('/sessions/page-count')).text('#count'), '1', 'its data is gone too')
  t.deepEqual([await whoIs(laptop), await whoIs(tablet)], ['Ada', 'Ada'])

  const late = await laptop.submit(page, END)
  t.regex(says(late) ?? '', /^No session was left to end/)
  t.is(cards(late).length, 2)
})

onListingEngines('S29 log out everywhere else ends all of this user but this one', async (t, site) => {
  const laptop = await loggedIn(site, 'Ada', FIREFOX)
  const page = await laptop.open(HERE)
  t.false(/Log out everywhere else<\/button>/.test(page.html), 'there is nothing else')
  const others = [await loggedIn(site, 'Ada'), await loggedIn(site, 'Ada', SAFARI)]
  const [grace, thief] = [await loggedIn(site, 'Grace'), laptop.copy()]
  const after = await laptop.submit(await laptop.open(HERE), END_OTHERS)
  t.regex(says(after) ?? '', /^2 sessions have ended\./)
  t.is(await whoIs(thief), 'nobody', 'a copy of this very cookie is worthless too')
  t.deepEqual(cards(after), ['Firefox on Linux this browser'])
  for (const other of others) t.is(await whoIs(other), 'nobody')
  t.deepEqual([await whoIs(laptop), await whoIs(grace)], ['Ada', 'Grace'])
})

onListingEngines('S30 a stranger’s handle ends nothing, nor does one that nobody has', async (t, site) => {
  const ada = await loggedIn(site, 'Ada')
  await loggedIn(site, 'Ada')
  const grace = await loggedIn(site, 'Grace')
  const [stranger] = await site.sessions.forUser('Grace')
  const page = await ada.open(HERE)
  for (const handle of [stranger?.handle ?? '', 'A'.repeat(16), '', '__proto__', 'x'.repeat(5000)]) {
    const after = await ada.submit(page, END, { handle })
    t.is(after.path, `${HERE}?ended=0`)
    t.is(cards(after).length, 2)
  }
  t.is(await whoIs(grace), 'Grace')
})

onListingEngines('S30 a form without its token, or from nobody, ends nothing', async (t, site) => {
  const ada = await loggedIn(site, 'Ada')
  const other = await loggedIn(site, 'Ada')
  for (const action of [END, END_OTHERS, AGAIN])
    t.is((await ada.browser.fetch(action, { method: 'POST' })).status, 403)
  const page = await ada.open(HERE)
  const stranger = site.person()
  stranger.browser.saysOrigin = true
  for (const action of [END, END_OTHERS])
    t.is((await stranger.submit(page, action)).path, `${LOG_IN}?next=devices`)
  t.is(await whoIs(other), 'Ada')
})

onEndingEngines(
  'S73 ten minutes after the password was given nothing is ended before it is given again',
  async (t, site) => {
    const ada = await loggedIn(site, 'Ada')
    const other = await loggedIn(site, 'Ada')
    site.now += 10 * MINUTE - 1
    const early = await ada.open(HERE)
    t.false(early.has('#password'))
    site.now += 1
    const actions = isListed(site) ? [END, END_OTHERS] : [END_OTHERS]
    for (const action of actions) {
      const refused = await ada.submit(early, action)
      t.is(refused.status, 403)
      t.regex(
        says(refused) ?? '',
        /^No session has ended, because you gave your password more than 10 minutes ago/,
      )
    }
    t.is(await whoIs(other), 'Ada')
    const page = await ada.open(HERE)
    t.false(/<button[^>]*>Log out(?! here)/.test(page.html))
    t.is(cards(page).length, isListed(site) ? 2 : 0, 'who is logged in is shown all the same')

    const wrong = await ada.submit(page, AGAIN, { password: '' })
    t.is(wrong.status, 422)
    t.is(wrong.text('.problem'), 'A password is missing.')
    t.is((await ada.submit(early, END_OTHERS)).status, 403)
    await ada.open('/sessions/page-count')
    const before = ada.cookies.get('sessionid')
    const proven = await ada.submit(await ada.open(HERE), AGAIN, { password: 'not a real one' })
    t.is(proven.path, HERE)
    t.not(ada.cookies.get('sessionid'), before, 'a new proof is a new id (S08)')
    t.is((await ada.open('/sessions/page-count')).text('#count'), '2', 'and the data stays')
    t.is(cards(proven).length, isListed(site) ? 2 : 0, 'it is the same log-in')

    const after = await ada.submit(proven, END_OTHERS)
    t.is(after.status, 200)
    t.is(await whoIs(other), 'nobody')
    t.is(await whoIs(ada), 'Ada')
    site.now += 10 * MINUTE
    t.true((await ada.open(HERE)).has('#password'))
  },
)

test('signed_cookies: S29 S33 with a store for revocations all others are ended at once, copies too, and none is counted', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'signed_cookies', REVOCATION_STORE: 'cache' })
  const ada = await loggedIn(site, 'Ada')
  const [copy, other, grace] = [ada.copy(), await loggedIn(site, 'Ada'), await loggedIn(site, 'Grace')]
  const page = await ada.open(HERE)
  t.regex(says(page) ?? '', /^There is no list\. This server’s engine, signed_cookies, keeps each session/)
  t.false(page.has('.devices'))
  const after = await ada.submit(page, END_OTHERS)
  t.regex(says(after) ?? '', /^You are logged out everywhere else\. Nobody can count these sessions/)
  t.deepEqual(await Promise.all([ada, copy, other, grace].map(whoIs)), ['Ada', 'nobody', 'nobody', 'Grace'])
  t.regex(after.text('.inspector') ?? '', /revocations\.revokeUser revoked/)
  t.false(after.html.includes(ada.cookies.get('sessionid') ?? ''), 'the new id is not told')
  ada.browser.saysOrigin = true
  const one = await ada.browser.fetch(END, { method: 'POST', body: new URLSearchParams({ handle: 'x' }) })
  t.is(one.status, 404, 'one alone cannot be ended')
  const inside = await ada.open(LOG_IN)
  t.regex(inside.html, /so\s+copies\s+of\s+the\s+cookie\s+are\s+worthless/)
  const kept = ada.copy()
  const out = await ada.submit(inside, `${LOG_IN}/out`)
  t.is(await whoIs(kept), 'nobody')
  t.regex(out.html, /So\s+a\s+copy\s+of\s+the\s+cookie\s+is\s+worthless/)
})

test('signed_cookies: S33 without one nothing is listed or ended, and the page says which setting would do', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'signed_cookies' })
  const ada = await loggedIn(site, 'Ada')
  const other = await loggedIn(site, 'Ada')
  site.now += 11 * MINUTE
  const page = await ada.open(HERE)
  t.regex(
    says(page) ?? '',
    /^There is no list, and nothing to end\..* With REVOCATION_STORE=db .* SESSION_ENGINE=db/,
  )
  t.deepEqual([page.has('.devices'), page.has('#password')], [false, false])
  ada.browser.saysOrigin = true
  for (const action of [END, END_OTHERS, AGAIN])
    t.is((await ada.browser.fetch(action, { method: 'POST' })).status, 404)
  t.is(await whoIs(other), 'Ada')
})

test('S29 the panel tells what “log out everywhere else” asked of the engine, and who is in the record', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const ada = await loggedIn(site, 'Ada', FIREFOX)
  await loggedIn(site, 'Ada')
  const after = await ada.submit(await ada.open(HERE), END_OTHERS)
  t.deepEqual(after.all('.more + .exchange .calls li code'), [
    'load',
    'index.read',
    'index.write',
    'index.load',
    'index.evict',
    'index.read',
    'index.write',
    'index.read',
    'index.write',
    'rotate',
  ])
  t.regex(after.text('.inspector') ?? '', /index\.evict deleted/)
  t.regex(after.text('.record') ?? '', /user ?Ada, with the handle [\w-]{16}, authenticated \d{4}-/)
})

test('what is in the address is no more than what could have been counted', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const ada = await loggedIn(site, 'Ada')
  for (const forged of ['-1', '<b>', '1e3', '99999999999', 'nan', '1&ended=2'])
    t.regex(says(await ada.open(`${HERE}?ended=${forged}`)) ?? '', /^No session was left/)
})

test('the list has twenty sessions a page, the one used last first', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  for (let n = 1; n <= 44; n++) {
    site.now += 1_000
    await loggedIn(site, 'Ada')
  }
  site.now += 1_000
  const ada = await loggedIn(site, 'Ada', FIREFOX)
  const pageOf = async (query: string) => {
    const page = await ada.open(`${HERE}${query}`)
    return [cards(page).length, page.text('#page'), page.all('.devices .mark').length]
  }
  t.deepEqual(await pageOf(''), [20, 'Page 1 of 3, 45 sessions', 1])
  t.deepEqual(await pageOf('?page=2'), [20, 'Page 2 of 3, 45 sessions', 0])
  t.deepEqual(await pageOf('?page=3'), [5, 'Page 3 of 3, 45 sessions', 0])
  for (const query of ['?page=4', '?page=1000000000'])
    t.is((await pageOf(query))[1], 'Page 3 of 3, 45 sessions')
  for (const query of ['?page=0', '?page=-1', '?page=x', '?page=1&page=2', '?page=99999999999'])
    t.is((await pageOf(query))[1], 'Page 1 of 3, 45 sessions', query)
  const first = await ada.open(HERE)
  t.deepEqual([first.link('Next'), first.has('a[rel=prev]')], [`${HERE}?page=2`, false])
  const second = await ada.open(first.link('Next'))
  t.deepEqual([second.link('Previous'), second.link('Next')], [HERE, `${HERE}?page=3`])
  // What is ended on a later page is of this user too.
  t.is((await ada.submit(await ada.open(`${HERE}?page=3`), END)).text('#ended'), '1')
  const few = await loggedIn(site, 'Grace')
  t.false((await few.open(HERE)).has('#page'))
})

onEngines('the pages of members have a button to log out', async (t, site) => {
  for (const path of [HERE, `${LOG_IN}/members`]) {
    const ada = await loggedIn(site, 'Ada')
    for (const wait of [0, 11 * MINUTE]) {
      site.now += wait
      t.regex((await ada.open(path)).html, /action="\/sessions\/log-in\/out"/, path)
    }
    t.is((await ada.submit(await ada.open(path), `${LOG_IN}/out`)).text('h1'), 'You are logged out.')
    t.is(await whoIs(ada), 'nobody')
  }
})

for (const [userAgent, device] of [
  [FIREFOX, 'Firefox on Linux'],
  [SAFARI, 'Safari on iPhone'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; SM-S928B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36',
    'Samsung Internet on Android',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
    'Chrome on ChromeOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36',
    'Chrome on Linux',
  ],
  [
    'Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.0.0 Mobile/15E148 Safari/604.1',
    'Chrome on iPad',
  ],
  ['Lynx/2.9 (Linux)', 'A browser on Linux'],
  ['Firefox/1', 'Firefox'],
  ['curl/8.5.0', undefined],
  ['<script>', undefined],
  ['', undefined],
] as const) {
  test(`S30 a device that calls itself ${JSON.stringify(userAgent)} is shown as ${device}`, (t) => {
    t.is(deviceOf(userAgent), device)
  })
}
