import { createHash } from 'node:crypto'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import test from 'ava'
import { openSite, type Page, type Person } from './site.js'

const HERE = '/labs/other-site'
const ON = { OTHER_SITE_PORT: '0', SESSION_ENGINE: 'cache' }

const begun = async (person: Person): Promise<Page> => person.submit(await person.open(HERE), `${HERE}/begin`)

/** A form as a browser sends it from a page of `origin`; `site`: what it says in `Sec-Fetch-Site`. */
async function send(person: Person, path: string, origin: string, site = 'same-site'): Promise<number> {
  const headers = { Origin: origin, 'Sec-Fetch-Site': site }
  return (await person.browser.fetch(path, { method: 'POST', headers })).status
}

const coins = async (person: Person) => (await person.open(HERE)).text('#coins')

test('another site’s form pays where nothing is checked, and is refused where csrf() looks', async (t) => {
  const site = await openSite(t, ON)
  const person = site.person()
  const page = await begun(person)
  const other = page.link(page.text('#same-site') ?? '')
  const { origin, port } = new URL(other)
  t.not(port, new URL(site.url).port)
  t.is(await send(person, `${HERE}/pay`, origin), 403)
  t.is(await coins(person), '10')
  t.is(await send(person, `${HERE}/pay-unchecked`, origin), 303)
  const paid = await person.open(HERE)
  t.is(paid.text('#coins'), '9')
  t.is(paid.text('#origin'), origin)
  t.is(paid.text('#site'), 'same-site')
  t.is((await person.submit(paid, `${HERE}/pay`)).text('#coins'), '8', 'the site’s own form is let through')
})

test('a form that was refused leads back to the lab, though its page was somebody else’s', async (t) => {
  const site = await openSite(t, ON)
  const headers = { Origin: 'http://evil.example', 'Sec-Fetch-Site': 'cross-site', Accept: 'text/html' }
  const response = await site.person().browser.fetch(`${HERE}/pay`, { method: 'POST', headers })
  t.is(response.status, 403)
  t.true((await response.text()).includes(`href="${HERE}">Back to the step</a>`))
})

test('what the other site’s form does is predicted, with the cookie and without', async (t) => {
  const site = await openSite(t, ON)
  const person = site.person()
  await begun(person)
  const send = (cookies: boolean) =>
    person.browser.fetch(`${HERE}/pay-unchecked`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...(!cookies && { Cookie: '' }) },
      body: 'prediction=other-site.paid',
    })
  await send(true)
  t.regex((await person.open(HERE)).text('#predicted') ?? '', /That is what happened\.$/)
})

test('the other site’s page has both forms, runs nothing, and is sent where the visitor is', async (t) => {
  const site = await openSite(t, ON)
  const page = await begun(site.person())
  for (const id of ['same-site', 'cross-site']) {
    const link = page.link(page.text(`#${id}`) ?? '')
    const response = await fetch(link)
    const policy = response.headers.get('Content-Security-Policy') ?? ''
    const html = await response.text()
    const style = /<style>(.*)<\/style>/s.exec(html)?.[1] ?? ''
    const source = `'sha256-${createHash('sha256').update(style).digest('base64')}'`
    t.true(policy.startsWith(`default-src 'none'; style-src ${source}; form-action http://127`), policy)
    t.true(html.includes(`This page belongs to somebody else: <b>${new URL(link).origin}</b>`), html)
    for (const path of ['/pay', '/pay-unchecked'])
      t.true(html.includes(`<form method="post" action="${site.url}${HERE}${path}">`), path)
    t.notRegex(html, /<script/)
    t.true(html.includes('name="prediction" value="other-site.paid"'), 'it asks what will happen')
  }
})

test('the other site answers this machine only, and no more than its one page', async (t) => {
  const page = await begun((await openSite(t, ON)).person())
  const { port, origin } = new URL(page.link(page.text('#same-site') ?? ''))
  const ask = async (headers: Record<string, string>) => {
    const sent = request({ host: '127.0.0.1', port, path: '/?to=evil.example', headers }).end()
    return new Promise<[number | undefined, string]>((resolve, reject) => {
      sent.on('response', async (response) => resolve([response.statusCode, await text(response)]))
      sent.on('error', reject)
    })
  }
  t.is((await ask({ Host: 'rebound.example' }))[0], 403)
  t.is((await ask({ 'X-Forwarded-For': '192.0.2.1' }))[0], 403)
  const [status, html] = await ask({ Host: `127.0.0.1:${port}`, Origin: 'http://<b>evil' })
  t.is(status, 200)
  t.notRegex(html, /evil/, 'nobody says where its forms go')
  t.is((await fetch(`${origin}/labs/other-site`)).status, 404)
  t.is((await fetch(origin, { method: 'POST' })).status, 404)
})

test('without its setting, in production and for other machines there is no other site, and no unchecked address', async (t) => {
  for (const env of [{}, { ...ON, NODE_ENV: 'production' }, { ...ON, TRUST_PROXY: 'true' }] as Record<
    string,
    string
  >[]) {
    const site = await openSite(t, env)
    const person = site.person()
    const page = await begun(person)
    t.regex(page.text('#off') ?? '', /OTHER_SITE_PORT=0 npm start/)
    t.is(await send(person, `${HERE}/pay-unchecked`, 'http://localhost:1'), 404)
    t.is(await send(person, `${HERE}/pay-unchecked`, site.url, 'same-origin'), 404)
    t.is(await coins(person), '10')
  }
})

test('a port that is taken is told on the page, and the page works', async (t) => {
  const { port } = new URL((await openSite(t)).url)
  const page = await begun((await openSite(t, { OTHER_SITE_PORT: port })).person())
  t.is(page.status, 200)
  t.regex(page.text('.result') ?? '', new RegExp(`OTHER_SITE_PORT=${port}: .*EADDRINUSE`))
})

test('a form that arrives without the cookie takes nothing, and what it says of itself is text', async (t) => {
  const site = await openSite(t, ON)
  const person = site.person()
  await begun(person)
  const stranger = site.person()
  t.is(await send(stranger, `${HERE}/pay-unchecked`, 'http://evil.example', 'cross-site'), 303)
  t.false(stranger.cookies.has('sessionid-lab'), 'nobody gets a session by it')
  t.is(await coins(person), '10')
  await send(person, `${HERE}/pay-unchecked`, 'http://localhost:1')
  const alone = await person.open(`${HERE}?came=alone`)
  t.true(alone.has('#alone'))
  t.false(alone.has('#origin'), 'an older form is not the last one')

  await send(person, `${HERE}/pay-unchecked`, `<img src=x>${'o'.repeat(5000)}`)
  const paid = await person.open(HERE)
  t.is(paid.text('#origin'), `<img src=x>${'o'.repeat(49)}`)
  t.notRegex(paid.html, /<img src=x>/)
})
