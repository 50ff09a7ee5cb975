import test from 'ava'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { onEngines, openSite, type Page } from '../walkthroughs/site.js'

onEngines(
  'the panel shows the visitor’s own record, and ids as the beginning of a hash only',
  async (t, site) => {
    const person = site.person()
    await person.open('/sessions/page-count')
    const page = await person.open('/sessions/page-count')
    const id = person.cookies.get('sessionid') ?? ''
    t.not(id, '')
    t.false(page.html.includes(id), 'no id')
    t.false(page.html.includes(keyOf(id)), 'nor all of its hash')
    t.regex(page.text('.inspector') ?? '', new RegExp(`sessionid=#${keyOf(id).slice(0, 8)}…`))
    t.regex(page.text('.inspector pre') ?? '', /"pageCount": 2/)
    t.regex(page.text('.raw pre') ?? '', /"pageCount":2/)
    t.regex(page.text('.inspector .exchange') ?? '', /GET \/sessions\/page-count 200/)
    t.deepEqual(page.all('.calls code'), ['load', 'update'])
    t.regex(page.text('.given dl') ?? '', /Max-Age=1209600 ?kept for 1209600 seconds/)
    t.regex(page.text('.call') ?? '', /^session\.transform\('pageCount', \(n = 0\) => n \+ 1\)/)
    t.regex(page.text('.source') ?? '', /^src\/site\/demos\/session-page-count\.ts:\d+ router\.get/)

    const stranger = await site.person().open('/cookies/page-count')
    t.regex(stranger.text('.inspector') ?? '', /you have no session/)
  },
)

onEngines(
  'a form’s exchange is shown on the page that it leads to, once, and to nobody else',
  async (t, site) => {
    const person = site.person()
    const page = await person.open('/cookies/page-count')
    const stranger = site.person()
    await stranger.open('/cookies/page-count')

    const after = await person.submit(page, '/cookies/page-count/forge', { forged: '7' })
    t.regex(after.text('.inspector') ?? '', /The form you sent POST \/cookies\/page-count\/forge 303/)
    t.regex(after.text('.inspector') ?? '', /count=7/)
    t.notRegex((await person.open('/cookies/page-count')).text('.inspector') ?? '', /The form you sent/)

    await person.submit(after, '/cookies/page-count/forge', { forged: '7' })
    t.notRegex((await stranger.open('/cookies/page-count')).text('.inspector') ?? '', /The form you sent/)
  },
)

onEngines('a form that leads to no page costs the next page nothing', async (t, site) => {
  const person = site.person()
  await person.open('/cookies/page-count')
  person.browser.saysOrigin = true
  t.is((await person.browser.fetch('/cookies/page-count/nowhere', { method: 'POST' })).status, 404)
  const page = await person.open('/cookies/page-count')
  t.is(page.status, 200)
  t.notRegex(page.text('.inspector') ?? '', /The form you sent/)
})

/** What the panel tells of a form's request and response; undefined without one. */
const formOn = (page: Page): string | undefined =>
  page.all('.exchange').find((text) => text.startsWith('The form you sent'))

test('whoever knows a visitor’s cookies before a form sees nothing of it', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const HERE = '/cookies/page-count'
  const attacker = site.person()
  const page = await attacker.open(HERE)
  t.true(formOn(await attacker.submit(page, `${HERE}/forge`, { forged: '1' })) !== undefined)
  // All that the attacker has been given is planted in the victim's browser, by a sibling domain for example.
  const victim = attacker.copy()
  const form = await victim.open(HERE)
  attacker.cookies.clear()
  for (const [name, value] of victim.cookies) attacker.cookies.set(name, value)
  victim.browser.saysOrigin = true
  const fields = { ...form.hiddenIn(`${HERE}/forge`), forged: '4711' }
  const answer = await victim.browser.fetch(`${HERE}/forge`, {
    method: 'POST',
    body: new URLSearchParams(fields),
  })
  t.is(answer.status, 303)
  const seen = await attacker.open(HERE)
  t.is(formOn(seen), undefined)
  t.notRegex(seen.html, /4711/)
  t.regex(formOn(await victim.open(HERE)) ?? '', /count=4711/)
  t.is(formOn(await victim.open(HERE)), undefined, 'it is shown once')
})

test('of two tabs that send a form at once each is shown its own', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const HERE = '/sessions/two-tabs/by-hand'
  const begun = await person.submit(await person.open(HERE), `${HERE}/begin`)
  const tabs = await Promise.all(['milk', 'bread'].map((item) => person.submit(begun, HERE, { item })))
  const paths = tabs.map(({ path }) => path)
  t.is(new Set(paths).size, 2)
  for (const tab of tabs) t.true(formOn(tab)?.includes(` to ${tab.path}`), formOn(tab))
})

test('values of cookies that are none of the demos’ own are hashes, and the inspector’s own are not shown', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  person.cookies.set('other_app', 'its-own-secret')
  person.cookies.set('__Host-sid', 'another-secret')
  person.cookies.set('cart', 'plain')
  const page = await person.open('/sessions/page-count')
  const after = await person.submit(page, '/sessions/page-count/start-again')
  t.regex(formOn(after) ?? '', /other_app=#[0-9a-f]{8}….*__Host-sid=#[0-9a-f]{8}….*cart=plain/)
  t.notRegex(after.html, /its-own-secret|another-secret/)
  t.notRegex(after.text('.inspector') ?? '', /inspector-/)
  t.deepEqual(
    [...person.cookies.keys()].filter((name) => name.startsWith('inspector')),
    [],
    'nor kept',
  )
})

test('in production there is no inspector, unless SHOW_INTERNALS asks for it', async (t) => {
  const production = { NODE_ENV: 'production', SESSION_ENGINE: 'cache' }
  const opened = async (env: Record<string, string>): Promise<boolean> => {
    const site = await openSite(t, env)
    return (await site.person().open('/sessions/page-count')).has('.inspector')
  }
  t.false(await opened(production))
  t.true(await opened({ ...production, SHOW_INTERNALS: 'true' }))
  t.true(await opened({ SESSION_ENGINE: 'cache' }))
  t.false(await opened({ SESSION_ENGINE: 'cache', SHOW_INTERNALS: 'false' }))
})

onEngines(
  'a store that was not asked: because no cookie came, or because nothing needs the session',
  async (t, site) => {
    const person = site.person()
    await person.open('/sessions/page-count')
    const SHORT = '/sessions/set-get-delete'
    const NONE = /was not asked: no session cookie came for this page\./
    for (const path of [`${SHORT}/get`, '/sessions/save-every-request'])
      t.regex(
        (await person.open(path)).text('.exchange') ?? '',
        NONE,
        `${path}: the site’s own cookie is another`,
      )
    const set = await person.submit(await person.open(SHORT), `${SHORT}/set`, { name: 'Ada' })
    t.deepEqual((await person.open(`${SHORT}/get`)).all('.calls code'), ['load'], 'it looks once')
    const flushed = await person.submit(set, `${SHORT}/flush`)
    t.regex(flushed.all('.exchange').at(-1) ?? '', NONE)
    const cookies = await person.open('/cookies/page-count')
    t.regex(cookies.text('.exchange') ?? '', /was not asked: this page does not need the session\./)
  },
)

test('what another request changed meanwhile is told, and that it was another', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const TABS = '/sessions/two-tabs'
  const raced = await person.submit(await person.open(TABS), `${TABS}/race`)
  const told = raced.all('.changes li').map((text) => text.replace(/\s+/g, ' ').trim())
  t.true(told.includes('Session twoTabs new: []'))
  for (const side of ['left', 'right'])
    t.true(
      told.some((line) => new RegExp(`^Session twoTabs.*"${side}".*, by another request$`).test(line)),
      told.join(),
    )
})
