import test from 'ava'
import { steps } from '../../src/site/demos/walkthroughs.js'
import { Browser } from '../support/browser.js'
import { ownDatabase, ServerProcess } from '../support/server-process.js'
import { openSite, type Page } from './walkthroughs/site.js'

for (const path of ['/cookies/page-count', '/sessions/page-count']) {
  test(`${path} counts 1, 2, 3, and starts again when told to`, async (t) => {
    const { url } = await openSite(t)
    const browser = new Browser(url)
    for (const count of ['1', '2', '3']) t.is(await browser.textOf('count', path), count)

    const headers = { 'Sec-Fetch-Site': 'same-origin' }
    const again = await browser.fetch(`${path}/start-again`, { method: 'POST', headers })
    t.is(again.status, 303)
    t.is(again.headers.get('Location'), path)
    t.deepEqual(
      [...browser.cookies.keys()].filter((name) => !name.startsWith('inspector-')),
      ['csrftoken'],
    )
    t.is(await browser.textOf('count', path), '1')
  })
}

test('the session count goes on after a restart', async (t) => {
  const env = await ownDatabase(t)
  const first = ServerProcess.start(t, env)
  const browser = new Browser(await first.url())
  t.is(await browser.textOf('count', '/sessions/page-count'), '1')
  t.is(await browser.textOf('count', '/sessions/page-count'), '2')
  first.kill('SIGTERM')
  t.is(await first.exit(), 0)

  const second = ServerProcess.start(t, env)
  t.is(await browser.movedTo(await second.url()).textOf('count', '/sessions/page-count'), '3')
})

test('the session page tells when the session ends', async (t) => {
  const site = await openSite(t, { COOKIE_AGE: '3600' })
  const page = await (await new Browser(site.url).fetch('/sessions/page-count')).text()

  t.regex(page, /1 hour \(<span id="expiry-age">3600<\/span> seconds\)/)
  const ends = Date.parse(/id="expiry-date" datetime="([^"]+)"/.exec(page)?.[1] ?? '')
  t.is(ends, site.now + 3_600_000)
})

test('a count in a cookie that is no whole number up to a billion starts again at 1', async (t) => {
  const { url } = await openSite(t)
  const browser = new Browser(url)
  const expected = {
    '41': '42',
    '0': '1',
    '1000000000': '1000000001',
    '1000000001': '1',
    '-1': '1',
    '1.5': '1',
    '1e3': '1',
    abc: '1',
    '99999999999999999999': '1',
  }
  for (const [held, shown] of Object.entries(expected)) {
    browser.cookies.set('count', held)
    t.is(await browser.textOf('count', '/cookies/page-count'), shown, held)
  }
})

test('the front page shows the engine and the way to the demos, a page of its own every setting with its layer', async (t) => {
  const { url } = await openSite(t, { SECRET_KEY: 'a secret that no page shows, ever' })
  const response = await new Browser(url).fetch('/')
  const page = await response.text()

  t.regex(page, /<b>db<\/b> engine/)
  t.notRegex(page, /DATABASE_URL/)
  t.regex(page, /href="\/cookies\/page-count"/)
  t.regex(page, /href="\/sessions\/page-count"/)
  t.regex(page, /href="\/settings"/)
  t.regex(page, /This site is a path of \d+ short steps/)
  for (const audience of ['You are new to this', 'You build with Koa', 'You look after a site'])
    t.true(page.includes(`<h3>${audience}</h3>`), audience)
  const [, chapter = ''] = /href="#([^"]+)">Attacks/.exec(page) ?? []
  t.true(page.includes(`id="${chapter}"`), 'the link leads to the chapter')
  t.is(response.headers.get('Set-Cookie'), null)

  const settings = await new Browser(url).fetch('/settings')
  const shown = await settings.text()
  t.regex(shown, /<code>DATABASE_URL<\/code>[\s\S]*?sessions\.sqlite<\/code><\/td>\s*<td>environment</)
  t.notRegex(shown, /a secret that no page shows/)
  t.is(settings.headers.get('Set-Cookie'), null)
})

test('pages are their visitor’s own, and need neither inline scripts nor inline styles nor anybody else’s server', async (t) => {
  const { url } = await openSite(t)
  const browser = new Browser(url)
  for (const path of ['/', '/cookies/page-count', '/sessions/page-count', '/nowhere']) {
    const response = await browser.fetch(path)
    const page = await response.text()
    t.is(response.headers.get('Cache-Control'), 'no-store', path)
    t.notRegex(
      page,
      /<script(?! src="\/assets\/)|<style|\sstyle=|\son\w+=|(src|href|action)="(https?:)?\/\//i,
      path,
    )
    t.regex(page, /<html lang="en">[\s\S]*<title>[^<]+<\/title>[\s\S]*<main[\s\S]*<h1>/, path)
  }
})

test('the style sheet and the health check have nothing to do with sessions', async (t) => {
  const { url } = await openSite(t, { SAVE_EVERY_REQUEST: 'true' })
  const browser = new Browser(url)
  await browser.fetch('/sessions/page-count')

  const health = await browser.fetch('/healthz')
  t.is(health.status, 200)
  t.is(await health.text(), 'ok')
  const css = await browser.fetch('/assets/tessera.css')
  t.is(css.headers.get('Content-Type'), 'text/css; charset=utf-8')
  for (const { headers } of [health, css]) {
    t.is(headers.get('Set-Cookie'), null)
    t.is(headers.get('Vary'), null)
  }

  const etag = css.headers.get('ETag') ?? ''
  // A browser that asks whether its copy is still good says so; without it, fetch would ask for a new one.
  const revalidate = { 'If-None-Match': etag, 'Cache-Control': 'max-age=0' }
  const again = await browser.fetch('/assets/tessera.css', { headers: revalidate })
  t.is(again.status, 304)
})

test('the path visits an application in a cookie first, then in a session, and each is a step', async (t) => {
  const { url } = await openSite(t)
  const browser = new Browser(url)
  browser.saysOrigin = true
  const done = async (step: string): Promise<string | null> =>
    (await browser.fetch(`/progress/${step}`, { method: 'POST' })).headers.get('Location')
  t.is(await done('cookies-page-count'), '/sessions/page-count')
  const begun = await (await browser.fetch('/')).text()
  t.regex(begun, new RegExp(`finished <b>1</b> of ${steps.length} steps`))
  t.notRegex(begun, /<li class="done">/, 'half of it is not all of it')
  t.is(await done('sessions-page-count'), '/browser-tools')
  const both = await (await browser.fetch('/')).text()
  t.regex(both, /<li class="done">\s*<h4><a href="\/cookies\/page-count">/)
  t.is((await browser.fetch('/progress/page-count', { method: 'POST' })).status, 404)
})

test('a log-out leaves the progress on the path, which has a session of its own', async (t) => {
  for (const engine of ['cache', 'signed_cookies']) {
    const { url } = await openSite(t, { SESSION_ENGINE: engine })
    const browser = new Browser(url)
    browser.saysOrigin = true
    await browser.fetch('/progress/four-ways', { method: 'POST' })
    await browser.fetch('/sessions/page-count')
    await browser.fetch('/sessions/page-count/start-again', { method: 'POST' })
    t.false(browser.cookies.has('sessionid'), 'the session was flushed')
    t.regex(await (await browser.fetch('/')).text(), new RegExp(`finished <b>1</b> of ${steps.length}`))
    await browser.fetch('/progress/forget', { method: 'POST' })
    t.notRegex(await (await browser.fetch('/')).text(), /finished/)
    t.false(browser.cookies.has('sessionid-progress'))
  }
})

test('a step that was skipped is remembered: the front page goes on to the first that was not, then to the end', async (t) => {
  const person = (await openSite(t, { SESSION_ENGINE: 'cache' })).person()
  person.browser.saysOrigin = true
  const taken = async (step: string, body?: URLSearchParams): Promise<Page> => {
    await person.browser.fetch(`/progress/${step}`, { method: 'POST', ...(body && { body }) })
    return person.open('/')
  }
  const skip = new URLSearchParams({ skip: 'yes' })
  const forAll = steps.filter(({ walkthrough }) => !walkthrough.isForEngineers)
  const programmers = steps.length - forAll.length
  let home = await person.open('/')
  for (const { step } of forAll) {
    const next = steps[steps.findIndex((one) => one.step === step) + 1]
    home = await taken(step, next?.walkthrough.isForEngineers ? skip : undefined)
    const following = forAll[forAll.findIndex((one) => one.step === step) + 1]
    t.is(home.text('.begin'), `Go on: ${following?.title ?? 'In your own words'}`)
  }
  const said = `finished ${forAll.length} of ${steps.length} steps, with ${programmers} steps for programmers skipped.`
  t.true(home.text('.progress label')?.includes(said), home.text('.progress label'))
  t.is(home.all('.for-engineers').filter((text) => text === 'for programmers, skipped').length, programmers)

  const [one] = steps.filter(({ walkthrough }) => walkthrough.isForEngineers)
  const later = await taken(one?.step ?? '')
  t.true(later.text('.progress label')?.includes(`with ${programmers - 1} steps for programmers skipped`))
  t.is(later.text('.begin'), 'Go on: In your own words')
})
