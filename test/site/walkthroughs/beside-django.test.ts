import test from 'ava'
import { onEngines, openSite } from './site.js'

const HERE = '/beside-django'

onEngines('a note is shown as Django stores it, and every changed character is noticed', async (t, site) => {
  const person = site.person()
  const none = await person.open(HERE)
  t.is(none.text('#payload'), undefined)
  t.is(none.text('#command'), 'npm run django-demo')
  t.is((await person.submit(none, HERE, { note: '' })).status, 422)

  const page = await person.submit(none, HERE, { note: '<b>é' })
  const json = Buffer.from(page.text('#payload') ?? '', 'base64url').toString()
  t.is(json, '{"besideDjango":"<b>\\u00e9"}')
  t.is(page.text('#json'), '{"besideDjango":"<b>é"}')
  const parts = ['payload', 'second', 'signature'].map((part) => page.text(`#${part}`) ?? '')
  const text = parts.join(':')
  const read = await person.submit(page, `${HERE}/read`, { text })
  t.regex(read.text('#read') ?? '', /says {"besideDjango":"<b>é"}\.$/)
  for (const other of [text.slice(1), `${text}A`, text.replace(':', '.'), parts.slice(0, 2).join(':'), 'x'])
    t.regex(
      (await person.submit(page, `${HERE}/read`, { text: other })).text('#read') ?? '',
      /^No key has signed/,
    )
  t.is((await person.submit(page, `${HERE}/read`, { text: 'x'.repeat(1001) })).status, 422)
})

test('with sessions in cookies of Django the site counts, ends its short sessions in time, and says why nobody can log in', async (t) => {
  const site = await openSite(t, { SESSION_ENGINE: 'signed_cookies', COOKIE_CODEC: 'django' })
  const person = site.person()
  for (const count of [1, 2]) t.is((await person.open('/sessions/page-count')).text('#count'), `${count}`)
  t.regex(person.cookies.get('sessionid') ?? '', /^[\w-]+:[\dA-Za-z]{6}:[\w-]{43}$/)

  const short = '/sessions/set-get-delete'
  await person.submit(await person.open(short), `${short}/set`, { name: 'Ada' })
  site.now += 29_000
  t.is((await person.open(`${short}/get`)).text('#said'), 'Hello, Ada')
  site.now += 1000
  t.is((await person.open(`${short}/get`)).text('#said'), 'Session has expired')

  const page = await person.open('/sessions/log-in')
  t.regex(page.text('#shared') ?? '', /^Nobody can log in here: Django uses the sessions of this server too/)
  t.false(page.has('#password'))
  const body = new URLSearchParams((await person.open(short)).hiddenIn(`${short}/set`))
  t.is((await person.browser.fetch('/sessions/log-in', { method: 'POST', body })).status, 501)
})
