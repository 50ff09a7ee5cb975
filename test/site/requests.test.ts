import { once } from 'node:events'
import { createServer, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import test, { type ExecutionContext } from 'ava'
import { openSessions } from '../../src/lib/index.js'
import { createApp } from '../../src/site/app.js'
import { walkthroughs } from '../../src/site/demos/walkthroughs.js'
import { loadSiteSettings } from '../../src/site/settings.js'
import { serve } from '../support/serve.js'
import { temporaryDirectory } from '../support/server-process.js'

/** The site's app in `cache`, what it logged, and the time in the test's hand. */
async function openApp(t: ExecutionContext, env: Readonly<Record<string, string>> = {}) {
  const settings = await loadSiteSettings({
    configDir: await temporaryDirectory(t),
    env: {
      NODE_ENV: 'test',
      SECRET_KEY: 'only for this test, and long enough',
      SESSION_ENGINE: 'cache',
      ...env,
    },
  })
  const logged: { level: 'warn' | 'error'; details: Record<string, unknown>; message: string }[] = []
  const logger = {
    warn: (details: object, message = '') => logged.push({ level: 'warn', details: { ...details }, message }),
    error: (details: object, message = '') =>
      logged.push({ level: 'error', details: { ...details }, message }),
  }
  const time = { now: Date.UTC(2026, 0, 1) }
  const sessions = await openSessions({ ...settings, logger, clock: () => time.now })
  t.teardown(() => sessions.close())
  const app = await createApp({ sessions, settings, logger, clock: () => time.now })
  logged.length = 0 // what the start had to say
  return { app, url: await serve(t, app), logged, time }
}

const FORM = '/cookies/page-count/forge'
const headers = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/x-www-form-urlencoded' }

test('a request line of more than 8000 characters is a 414', async (t) => {
  const { url, logged } = await openApp(t)
  for (const path of [
    `/sessions/log-in?${'a&'.repeat(7500)}`,
    `/${'a'.repeat(8000)}`,
    `/?${'a'.repeat(9000)}`,
  ]) {
    const response = await fetch(url + path)
    t.is(response.status, 414)
    t.regex(await response.text(), /<h1>URI Too Long<\/h1>/)
  }
  t.is((await fetch(`${url}/sessions/log-in?${'a&'.repeat(3900)}`)).status, 200)
  t.true(logged.every(({ level }) => level === 'warn'))
})

/** Koa collects all values of a name again each time the name occurs in the query: seconds for a long one. */
test('no page asks Koa for the parsed query', async (t) => {
  const { app, url } = await openApp(t)
  let asked = 0
  Object.defineProperty(app.request, 'query', {
    get() {
      asked++
      return {}
    },
  })
  const entries = walkthroughs.flatMap(({ entries }) => entries.map(({ href }) => href))
  const more = [
    '/',
    '/cookies/date-time/hello',
    '/cookies/profile/age',
    '/sessions/profile/results',
    '/cookies/cart/items',
    '/sessions/set-get-delete/get',
    '/sessions/library/books',
    '/sessions/log-in/devices',
    '/sessions/log-in/members',
    '/sessions/log-in/out',
    '/sessions/two-tabs/by-hand',
    '/test-cookie/check',
    '/nowhere',
  ]
  const query = '?a=1&a=2&count=3&race=4&sent=5&call=6&ended=7&name=8&skipped&next=9&tried=x&set=y'
  for (const path of [...entries, ...more])
    await (await fetch(url + path + query, { redirect: 'manual' })).text()
  t.is(asked, 0)
  t.is((await fetch(`${url}/four-ways?count=1`)).status, 200)
})

const whole = gzipSync('forged=7'.padEnd(2000, ' '))
for (const [title, encoding, body, status] of [
  ['gzip that is none', 'gzip', Buffer.from('junk'), 400],
  ['deflate that is none', 'deflate', Buffer.from('junk'), 400],
  ['brotli that is none', 'br', Buffer.alloc(20, 255), 400],
  ['brotli that ends too early', 'br', Buffer.from('junkjunk'), 400],
  ['gzip that ends too early', 'gzip', whole.subarray(0, 12), 400],
  ['gzip with a wrong checksum', 'gzip', Buffer.concat([whole.subarray(0, -8), Buffer.alloc(8)]), 400],
  ['gzip of fifty megabytes', 'gzip', gzipSync(Buffer.alloc(50_000_000, 'a')), 413],
  ['an unknown encoding', 'zip', Buffer.from('junk'), 415],
] as const) {
  test(`a body in ${title} is a ${status}, and the log has no stack trace`, async (t) => {
    const { url, logged } = await openApp(t)
    const response = await fetch(url + FORM, {
      method: 'POST',
      body,
      headers: { ...headers, 'Content-Encoding': encoding },
    })
    t.is(response.status, status)
    t.notRegex(await response.text(), /zlib|header check|\bat /)
    t.is(logged.length, 1)
    t.like(logged[0], { level: 'warn', details: { status, method: 'POST', path: FORM } })
    t.notRegex(JSON.stringify(logged), /\bat |node_modules|\.js:/)
  })
}

test('a compressed body that can be read is read', async (t) => {
  const { url } = await openApp(t)
  const init = { method: 'POST', body: whole, headers: { ...headers, 'Content-Encoding': 'gzip' } }
  t.is((await fetch(url + FORM, { ...init, redirect: 'manual' })).status, 303)
})

test('errors of visitors’ making are logged as twenty lines a minute and a sum, for each status', async (t) => {
  const { url, logged, time } = await openApp(t)
  const refused = async (origin: string) => {
    const init = { method: 'POST', headers: { ...headers, 'Sec-Fetch-Site': origin } }
    return (await fetch(url + FORM, init)).status
  }
  for (let n = 0; n < 50; n++) t.is(await refused('cross-site'), 403)
  t.is(logged.length, 20)
  t.like(logged[0], { level: 'warn', details: { status: 403, method: 'POST', path: FORM } })
  await (await fetch(`${url}/${'a'.repeat(8000)}`)).text()
  t.like(logged.at(-1), { details: { status: 414 } }, 'another status has room of its own')
  t.true(JSON.stringify(logged.at(-1)).length < 500, 'and the line is short')
  time.now += 60_000
  await refused('cross-site')
  t.deepEqual(
    logged.slice(21).map(({ details }) => [details.status, details.unsaid]),
    [
      [403, 30],
      [403, undefined],
    ],
  )
})

test('in production the front page tells nothing of the settings, even with SHOW_INTERNALS', async (t) => {
  for (const more of [{}, { SHOW_INTERNALS: 'true' }]) {
    const { url } = await openApp(t, { NODE_ENV: 'production', KEY_PREFIX: 'somewhere', ...more })
    const page = await (await fetch(url)).text()
    t.notRegex(
      page,
      /SESSION_ENGINE|DATABASE_URL|COOKIE_AGE|KEY_PREFIX|somewhere|production|cache|[Ss]ettings/,
    )
    t.regex(page, /href="\/four-ways"/)
    t.is((await fetch(`${url}/settings`)).status, 404)
  }
})

/** Asks with a `Host` header of its own, which `fetch` would not send. */
async function withHost(url: string, path: string, host: string) {
  const sent = request(url + path, { headers: { Host: host } }).end()
  const [response] = await once(sent, 'response')
  return { status: response.statusCode as number, body: await text(response) }
}

test('what is for this machine only is not for a page whose name somebody made lead here', async (t) => {
  const { url } = await openApp(t, { NODE_ENV: 'development' })
  const { port } = new URL(url)
  for (const host of [
    'localhost',
    '127.0.0.1',
    '127.1.2.3',
    '[::1]',
    'LOCALHOST',
    'localhost.',
    'app.localhost',
  ])
    for (const name of [host, `${host}:${port}`]) {
      t.is((await withHost(url, '/metrics', name)).status, 200, name)
      t.regex((await withHost(url, '/settings', name)).body, /SESSION_ENGINE/, name)
    }
  for (const host of [
    'rebound.example',
    'localhost.example',
    '127.0.0.1.example',
    '10.0.0.1',
    '[::2]',
    '127.0.0.1@rebound.example',
    'rebound.example:80@localhost',
  ]) {
    t.is((await withHost(url, '/metrics', host)).status, 404, host)
    t.is((await withHost(url, '/settings', host)).status, 404, host)
    t.notRegex((await withHost(url, '/', host)).body, /[Ss]ettings/, host)
  }
})

test('a proxy on this machine asks for others', async (t) => {
  const { url } = await openApp(t, { NODE_ENV: 'development' })
  for (const name of ['X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Forwarded', 'Via']) {
    t.is((await fetch(`${url}/metrics`, { headers: { [name]: '127.0.0.1' } })).status, 404, name)
  }
})

test('the app answers where a client speaks HTTP/1.0 without a Host', async (t) => {
  const { app } = await openApp(t)
  const server = createServer({ requireHostHeader: false }, app.callback()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const sent = request({ port, host: '127.0.0.1', path: '/', setHost: false, agent: false }).end()
  const [response] = await once(sent, 'response')
  t.is(response.statusCode, 200)
  response.resume()
})
