import { onEngines, type Person, type Site } from './site.js'

const HERE = '/test-cookie'

/** Somebody whose browser keeps no cookies: each request is its first. */
function withoutCookies(site: Site): Person {
  const person = site.person()
  person.cookies.set = () => person.cookies
  return person
}

onEngines('set, check, delete', async (t, site) => {
  const person = site.person()
  let page = await person.open(HERE)
  t.false(person.cookies.has('sessionid'))
  page = await person.submit(page, `${HERE}/set`)
  t.is(page.path, `${HERE}/set`)
  t.true(person.cookies.has('sessionid'))

  page = await person.open(`${HERE}/check`)
  t.is(page.text('h1'), 'Cookies work')
  t.is((await person.open(`${HERE}/check`)).text('h1'), 'Cookies work', 'a check changes nothing')

  page = await person.submit(page, `${HERE}/delete`)
  t.is(page.path, `${HERE}/check?deleted=yes`)
  t.is(page.text('h1'), 'The test cookie is deleted')
  t.is((await person.open(`${HERE}/check`)).text('h1'), 'No test cookie')
})

onEngines('deleting it takes nothing else out of the session', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  await person.submit(await person.open(HERE), `${HERE}/set`)
  await person.submit(await person.open(`${HERE}/check`), `${HERE}/delete`)
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

onEngines('a browser with cookies off is told so, by its form and without it', async (t, site) => {
  const person = withoutCookies(site)
  t.is((await person.open(HERE)).status, 200)
  const straight = await person.open(`${HERE}/check`)
  t.is(straight.text('h1'), 'No test cookie', 'nothing was set yet, so that none came says nothing')
  t.regex(straight.text('.lead') ?? '', /^Nothing was set yet/)

  // A browser says where a form comes from; so it needs no token, which would need a cookie.
  const headers = { 'Sec-Fetch-Site': 'same-origin' }
  const sent = await person.browser.fetch(`${HERE}/set`, { method: 'POST', headers })
  t.is(sent.status, 303)
  const set = await person.open(sent.headers.get('Location') ?? '')
  t.is(set.text('h1'), 'Has it come back?')
  t.deepEqual(set.hiddenIn('/test-cookie/check'), { set: 'yes' })
  const page = await person.open(`${HERE}/check?set=yes`)
  t.is(page.status, 200)
  t.is(page.text('h1'), 'No cookie came')
  t.is(person.cookies.size, 0)

  const told = await person.browser.fetch(`${HERE}/set`, { method: 'POST' })
  t.is(told.status, 403, 'a client that does not say it is told what is missing')
  t.regex(await told.text(), /Allow cookies for this site/)
})

onEngines(
  'a browser that brings cookies, but no test cookie, is not told that cookies do not work',
  async (t, site) => {
    const person = site.person()
    await person.open(HERE)
    t.is((await person.open(`${HERE}/check`)).text('h1'), 'No test cookie')

    // The session's cookie alone is kept back, or is over.
    await person.submit(await person.open(HERE), `${HERE}/set`)
    const copy = person.copy()
    copy.cookies.delete('sessionid')
    t.is((await copy.open(`${HERE}/check`)).text('h1'), 'No test cookie')
    site.now += 15 * 86_400_000
    t.is((await person.open(`${HERE}/check`)).text('h1'), 'No test cookie')
  },
)

onEngines('a made-up session cookie does not pass for one that came back', async (t, site) => {
  for (const forged of ['a'.repeat(32), 'testcookie', '%', 'worked', 'x'.repeat(5000)]) {
    const person = site.person()
    person.cookies.set('sessionid', forged)
    t.is((await person.open(`${HERE}/check`)).text('h1'), 'No test cookie', forged)
  }
})
