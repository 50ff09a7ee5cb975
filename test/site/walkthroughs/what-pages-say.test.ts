import test from 'ava'
import { openSite } from './site.js'

test('what pages say of your progress is so: neither a log-out nor the end of the session takes it', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const count = await person.open('/sessions/page-count')
  await person.submit(count, '/progress/sessions-page-count')
  const finished = async (): Promise<string> => (await person.open('/')).text('.progress label') ?? ''
  t.regex(await finished(), /^You have finished 1 of/)

  const LOG_IN = '/sessions/log-in'
  const inside = await person.submit(await person.open(LOG_IN), LOG_IN, { username: 'ada', password: 'x' })
  t.regex(inside.html, /Your progress on the path stays/)
  await person.submit(inside, `${LOG_IN}/out`)
  t.regex(await finished(), /^You have finished 1 of/)
  t.is(
    (await person.open('/sessions/page-count')).text('#count'),
    '1',
    'and the count is gone, as the page says',
  )

  const METHODS = '/sessions/methods'
  const methods = await person.open(METHODS)
  t.regex(methods.html, /your count, your profile and your cart stay/)
  await person.submit(methods, `${METHODS}/set-expiry`, { expiry: '60' })
  site.now += 61_000
  t.regex(await finished(), /^You have finished 1 of/)
  t.is((await person.open('/sessions/page-count')).text('#count'), '2')
})

test('what pages say of who holds an application’s data is so', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  for (const [path, said, cookie] of [
    ['/cookies/profile', /Its cookies brought your three answers/, /^profile_/],
    ['/sessions/profile', /The server remembers your three answers/, /^sessionid$/],
  ] as const) {
    const person = site.person()
    await person.submit(await person.open(path), path, { name: 'Ada' })
    await person.submit(await person.open(`${path}/age`), `${path}/age`, { age: '36' })
    const results = await person.submit(await person.open(`${path}/friend`), `${path}/friend`, {
      friend: 'Eve',
    })
    t.regex(results.text('.lead') ?? '', said)
    // Without every other cookie the answers are still there; without these they are not.
    const copy = person.copy()
    for (const name of copy.cookies.keys()) if (!cookie.test(name)) copy.cookies.delete(name)
    t.is((await copy.open(`${path}/results`)).text('#age'), '36', path)
    for (const name of person.cookies.keys()) if (cookie.test(name)) person.cookies.delete(name)
    t.false((await person.open(`${path}/results`)).has('#age'), path)
  }
})

test('each cookie that this site needs for itself says what it is for, where cookies are listed', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'cache' })
  const person = site.person()
  const count = await person.open('/sessions/page-count')
  await person.submit(count, '/progress/sessions-page-count')
  person.cookies.set('inspector-0', 'x')
  for (const path of ['/browser-tools', '/cookies/cart-as-taught/items']) {
    const rows = (await person.open(path)).all('.all-cookies tbody tr').join('\n')
    t.regex(rows, /^csrftoken ?#.*the token of this site’s forms$/m, path)
    t.regex(rows, /^sessionid-progress ?#.*the session of your progress on the path$/m, path)
    t.regex(rows, /^inspector-0 ?#.*of the inspector$/m, path)
  }
  t.deepEqual((await person.open('/one-request')).all('#own-cookies li').sort(), [
    'csrftoken: the token of this site’s forms',
    'inspector-0: of the inspector',
    'sessionid-progress: the session of your progress on the path',
  ])
  t.false((await site.person().open('/one-request')).has('#own-cookies'))
  t.regex(
    (await person.open('/browser-tools')).text('.inspector .cookies') ?? '',
    /the token of this site’s forms/,
  )
})

test('a page does not give away beside a question what will happen', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  await person.submit(await person.open('/labs/forged-cookie'), '/labs/forged-cookie/begin')
  for (const [path, told] of [
    ['/sessions/log-in', /changes the id/],
    ['/sessions/page-count', /has given out leads/],
    ['/sessions/set-get-delete', /session stays|ends the session/],
    ['/four-ways', /belongs to the old number/],
    ['/labs/forged-cookie', /Only the server can write/],
  ] as const) {
    const page = await person.open(path)
    t.true(page.has('.predict'), path)
    t.notRegex(page.all('.stage').join('\n'), told)
  }
})

test('what is for programmers is folded, in steps for everybody', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  const form = await person.open('/sessions/set-get-delete')
  const pages = [form, await person.open('/sessions/set-get-delete/get'), await person.open('/sessions/cart')]
  const words = /NODE_ENV|EXPIRE_AT_BROWSER_CLOSE|KeyError|transform/
  for (const page of pages) {
    const folded = page.all('.stage details.frameworks').join('\n')
    t.regex(folded, /(^|\n)For programmers/, page.path)
    t.regex(folded, words, page.path)
    t.notRegex(page.all('.stage > section > p, .stage > p').join('\n'), words, page.path)
  }
  // The same step in three frameworks says what these are.
  t.regex(pages[2]?.html ?? '', /Django and Express are frameworks that servers are built with/)
})
