import test from 'ava'
import { onEngines, openSite } from './site.js'

onEngines('the count in the cookie can be forged', async (t, site) => {
  const person = site.person()
  await person.open('/cookies/page-count')
  const page = await person.open('/cookies/page-count')
  t.is(page.text('#count'), '2')
  const forged = await person.submit(page, '/cookies/page-count/forge', { forged: '1000' })
  t.is(forged.text('#count'), '1001')
  t.is(person.cookies.get('count'), '1001')
})

onEngines('what is no count is told beside the field, and what was typed is kept', async (t, site) => {
  const person = site.person()
  const page = await person.open('/cookies/page-count')
  for (const [typed, problem] of [
    ['', 'A count is missing.'],
    ['-1', 'A count is from 0 to 1000000000.'],
    ['1e9', 'A count is a whole number, such as 1.'],
    ['<script>', 'A count is a whole number, such as 1.'],
  ] as const) {
    const again = await person.submit(page, '/cookies/page-count/forge', { forged: typed })
    t.is(again.status, 422)
    t.is(again.text('.problem'), problem)
    t.is(again.value('#forged'), typed)
    t.is(again.text('#count'), '1')
    t.notRegex(again.html, /<script>/)
  }
})

onEngines('the count in the session cannot: a made-up id opens nothing', async (t, site) => {
  const person = site.person()
  await person.open('/sessions/page-count')
  const page = await person.open('/sessions/page-count')
  t.is(page.text('#count'), '2')
  const tried = await person.submit(page, '/sessions/page-count/forge', { id: 'a'.repeat(32) })
  t.is(tried.status, 200)
  t.regex(tried.text('.result') ?? '', /^No session has that id/)
  t.is(tried.text('#count'), '2', 'the visitor’s own session is as it was')

  const forger = site.person()
  forger.cookies.set('sessionid', 'a'.repeat(32))
  t.is((await forger.open('/sessions/page-count')).text('#count'), '1')
  t.not(forger.cookies.get('sessionid'), 'a'.repeat(32), 'an unknown id is not adopted (S03)')
})

test('a form without its token is refused, with how to mend it', async (t) => {
  const site = await openSite(t)
  const person = site.person()
  await person.open('/cookies/page-count')
  const response = await person.browser.fetch('/cookies/page-count/start-again', { method: 'POST' })
  t.is(response.status, 403)
  t.regex(await response.text(), /Open the page again and send the form once more/)
  t.is(person.cookies.get('count'), '1')
})
