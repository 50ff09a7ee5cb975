import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { openSessions } from '../../../src/lib/index.js'
import { byHand } from '../../../src/site/demos/two-tabs/by-hand.js'
import { Meetings } from '../../../src/site/demos/two-tabs/meetings.js'
import { Browser } from '../../support/browser.js'
import { serve } from '../../support/serve.js'
import { onEngines, openSite, type Page, type Person, type Site } from './site.js'

const HERE = '/sessions/two-tabs'
const BY_HAND = `${HERE}/by-hand`

const keepsBoth = ({ sessions }: Site): boolean => sessions.engine.capabilities.revocable

/** What the person's session holds, as the server opens it. */
async function stored(site: Site, person: Person, key: string): Promise<unknown> {
  return (await site.sessions.open(person.cookies.get('sessionid'))).get(key)
}

onEngines('one click: both requests are kept, unless the cookie is the session', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const page = await person.open(HERE)
  const raced = await person.submit(page, `${HERE}/race`)
  const list = await stored(site, person, 'twoTabs')
  if (!Array.isArray(list)) throw new TypeError('no list')

  const [first, second] = raced.all('.pair')[0]?.match(/(Left|Right) request/g) ?? []
  t.deepEqual([first, second].sort(), ['Left request', 'Right request'])
  t.regex(raced.html, /found in the list: <b>nothing<\/b>.*found in the list: <b>nothing<\/b>/s)
  if (keepsBoth(site)) {
    t.deepEqual([...list].sort(), ['left', 'right'])
    t.true(await stored(site, person, 'twoTabsLeft'))
    t.true(await stored(site, person, 'twoTabsRight'))
    t.regex(raced.html, /Here: both are kept/)
  } else {
    t.is(list.length, 1)
    t.is(second?.toLowerCase(), `${list[0]} request`, 'the cookie that came last')
    t.regex(raced.html, /Here: one is lost/)
    t.regex(raced.text('#kept') ?? '', /nothing is stored/)
  }
  t.is(
    (await person.open('/sessions/page-count')).text('#count'),
    '2',
    'the rest of the session is as it was',
  )
})

onEngines('the engine’s calls are shown: one request was overtaken, and wrote again', async (t, site) => {
  const person = site.person()
  const raced = await person.submit(await person.open(HERE), `${HERE}/race`)
  const quick = ['load found', 'update updated']
  const again = ['load found', 'update conflict', 'load found', 'update updated']
  const blind = ['load found', 'load found', 'update updated']
  const second = keepsBoth(site) ? again : quick
  const [one, other, ...others] = raced.all('.asked')
  // Which of two answers is read first is up to the network.
  t.deepEqual([one, other].sort(), [quick, second].map((steps) => steps.join('')).sort())
  t.deepEqual(others, [blind.join(''), blind.join('')])

  const told = raced.all('#timeline li')
  t.regex(told.slice(0, 2).join(), /request loads the session: version .*request loads the session: version /)
  if (!keepsBoth(site)) return
  const [begun = ''] = /\d+/.exec(told[0] ?? '') ?? []
  const next = Number(begun) + 1
  t.deepEqual(
    told.map((text) => text.replace(/^(Left|Right) request /, '')),
    [
      `loads the session: version ${begun}.`,
      `loads the session: version ${begun}.`,
      `makes its change and writes, if the stored version is ${begun}. It is, so this is version ${next} now.`,
      `makes its change and writes, if the stored version is ${begun}. It is not: conflict, and nothing is written.`,
      `loads again: version ${next}, with the other’s change in it.`,
      `makes its change and writes, if the stored version is ${next}. It is, so this is version ${next + 1} now.`,
    ],
  )
})

onEngines('as others do it, one of the two is lost, and the record is gone again', async (t, site) => {
  const person = site.person()
  const raced = await person.submit(await person.open(HERE), `${HERE}/race`)
  t.regex(raced.html, /In many other libraries: one is lost/)
  t.is(raced.text('#others'), 'That record had: right.')
  // With an age past all of them, what could be cleared is what was left lying about.
  site.now += 61_000
  t.is(await site.sessions.clearExpired(), 0)
})

onEngines('a newcomer’s race is one session’s, and each race begins anew', async (t, site) => {
  const person = site.person()
  const once = await person.submit(await person.open(HERE), `${HERE}/race`)
  const before = person.cookies.get('sessionid')
  await person.submit(once, `${HERE}/race`)
  if (keepsBoth(site)) t.is(person.cookies.get('sessionid'), before)
  const list = await stored(site, person, 'twoTabs')
  t.is(Array.isArray(list) && list.length, keepsBoth(site) ? 2 : 1)
})

test('whoever names no race under way is not let in, and changes nothing', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const page = await person.open(HERE)
  const { csrfmiddlewaretoken = '' } = page.hiddenIn(`${HERE}/race`)
  for (const fields of [
    {},
    { side: 'left' },
    { side: 'left', race: '__proto__' },
    { side: 'up', race: 'x' },
  ]) {
    const body = new URLSearchParams({ csrfmiddlewaretoken, ...fields })
    const response = await person.browser.fetch(`${HERE}/add`, { method: 'POST', body })
    t.is(response.status, 404)
  }
  t.is(await stored(site, person, 'twoTabs'), undefined)
})

test('a race of which nothing is known is told, whatever the address says', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  for (const query of ['race=', 'race=constructor', 'race=a&race=b', `race=${'x'.repeat(5000)}`]) {
    const page = await site.person().open(`${HERE}?${query}`)
    t.is(page.status, 200)
    t.regex(page.text('[role=status]') ?? '', /no longer known/)
  }
})

test('without the panel a race is run all the same, and shows no calls', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache', SHOW_INTERNALS: 'false' })
  const person = site.person()
  const raced = await person.submit(await person.open(HERE), `${HERE}/race`)
  t.regex(raced.html, /Here: both are kept/)
  t.false(raced.has('.asked'))
})

async function begun(site: Site): Promise<{ person: Person; page: Page }> {
  const person = site.person()
  const page = await person.submit(await person.open(BY_HAND), `${BY_HAND}/begin`)
  return { person, page }
}

onEngines(
  'by hand: two tabs of one browser wait for each other, and both items are kept',
  async (t, site) => {
    const { person, page } = await begun(site)
    const tabs = ['milk', 'bread'].map((item) => person.submit(page, BY_HAND, { item }))
    const [one, other] = await Promise.all(tabs)
    for (const tab of [one, other]) t.regex(tab?.text('[role=status]') ?? '', /^The other tab’s request came/)
    const items = (await person.open(BY_HAND)).all('#items li')
    if (keepsBoth(site)) {
      t.deepEqual([...items].sort(), ['bread', 'milk'])
      t.is(one?.all('#items li').length, 2, 'each tab shows both')
      t.is(other?.all('#items li').length, 2)
      const calls = [one, other].map((tab) => tab?.all('.asked li').length)
      t.deepEqual(calls.sort(), [2, 4])
    } else {
      t.is(items.length, 1)
      t.regex(one?.text('[role=status]') ?? '', /your browser keeps the later one/)
    }
  },
)

onEngines('by hand: whatever is typed is text, and the last four are kept', async (t, site) => {
  const { person, page } = await begun(site)
  const pairs = [
    ['__proto__', 'constructor'],
    ['<b>"&\'', '👩‍👩‍👧‍👦🥛'],
    ['{"$gt":0}', '%00'],
  ]
  for (const pair of pairs) await Promise.all(pair.map((item) => person.submit(page, BY_HAND, { item })))
  const after = await person.open(BY_HAND)
  const items = after.all('#items li')
  t.is(items.length, keepsBoth(site) ? 4 : 3)
  if (keepsBoth(site)) t.deepEqual([...items].sort(), ['%00', '{"$gt":0}', '<b>"&\'', '👩‍👩‍👧‍👦🥛'].sort())
  t.notRegex(after.html, /<b>"/)
})

onEngines('by hand: what cannot be kept is told beside the field, at once', async (t, site) => {
  const { person, page } = await begun(site)
  for (const [typed, problem] of [
    ['', 'An item is missing.'],
    ['   ', 'An item is missing.'],
    ['x'.repeat(5000), 'An item has at most 20 characters.'],
    ['<script>alert(1)</script>', 'An item has at most 20 characters.'],
    ['a\u0000b', 'An item is one line of text.'],
    ['👩‍👩‍👧‍👦'.repeat(5), 'An item has at most 80 bytes.'],
  ] as const) {
    const again = await person.submit(page, BY_HAND, { item: typed })
    t.is(again.status, 422)
    t.is(again.text('.problem'), problem)
    t.notRegex(again.html, /<script>alert/)
  }
  t.is((await person.open(BY_HAND)).text('#nothing'), 'Nothing yet.')
})

onEngines('by hand: a newcomer begins a session first, and the list can be emptied', async (t, site) => {
  const person = site.person()
  const page = await person.open(BY_HAND)
  t.false(page.has('#item'))
  t.is(person.cookies.get('sessionid'), undefined)
  const { csrfmiddlewaretoken = '' } = page.hiddenIn(`${BY_HAND}/begin`)
  const body = new URLSearchParams({ csrfmiddlewaretoken, item: 'milk' })
  const response = await person.browser.fetch(BY_HAND, { method: 'POST', body })
  t.is(response.headers.get('Location'), BY_HAND)
  t.is(person.cookies.get('sessionid'), undefined, 'nothing was begun in passing')

  const { person: other, page: form } = await begun(site)
  await Promise.all(['milk', 'bread'].map((item) => other.submit(form, BY_HAND, { item })))
  const emptied = await other.submit(await other.open(BY_HAND), `${BY_HAND}/begin`)
  t.is(emptied.text('#nothing'), 'Nothing yet.')
})

/** The form by hand alone, with little patience; a page is what its view would be told. */
async function impatient(t: ExecutionContext): Promise<string> {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(bodyParser())
  app.use(async (ctx, next) => {
    await next()
    const { page } = ctx.state as { page?: { locals: object } }
    if (page !== undefined) ctx.body = page.locals
  })
  app.use(sessions.middleware())
  app.use(byHand(20).routes())
  return serve(t, app)
}

test('by hand: a tab that waits in vain stores its item alone; two visitors do not meet', async (t) => {
  const url = await impatient(t)
  const send = async (): Promise<unknown> => {
    const browser = new Browser(url)
    await browser.fetch(`${BY_HAND}/begin`, { method: 'POST' })
    const body = new URLSearchParams({ item: 'milk' })
    const location = (await browser.fetch(BY_HAND, { method: 'POST', body })).headers.get('Location') ?? ''
    return (await browser.fetch(location)).json()
  }
  for (const page of await Promise.all([send(), send()]))
    t.like(page, { sent: { met: 'alone' }, items: ['milk'] })
})

test('those who come to the same place meet, those who wait in vain go on, and no more than a few may wait', async (t) => {
  const meetings = new Meetings(2)
  const alone = meetings.meet('a', 5)
  const waiting = meetings.meet('b', 60_000)
  t.is(await meetings.meet('c', 60_000), 'full')
  t.is(await alone, 'alone')
  t.is(await meetings.meet('b', 60_000), 'met')
  t.is(await waiting, 'met')
  const next = meetings.meet('b', 5)
  t.is(await next, 'alone', 'whoever has met is not waiting any more')
})
