import test from 'ava'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { onEngines, openSite } from '../walkthroughs/site.js'

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
