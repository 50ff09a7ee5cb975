import { PassThrough } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import { type Engine, EngineUnavailable, openSessions } from '../../src/lib/index.js'
import { createApp } from '../../src/site/app.js'
import { createLogger } from '../../src/site/log.js'
import { loadSiteSettings } from '../../src/site/settings.js'
import { serve } from '../support/serve.js'
import { temporaryDirectory } from '../support/server-process.js'

const down = async (): Promise<never> => {
  throw new EngineUnavailable('the store at 10.0.0.1 refuses')
}

/** An engine whose store is down. */
const engineDown: Engine = {
  name: 'down',
  capabilities: { revocable: true, shared: true },
  load: down,
  create: down,
  update: down,
  touch: down,
  rotate: down,
  delete: down,
  clearExpired: down,
  close: async () => {},
}

async function appWith(
  t: ExecutionContext,
  engine: Engine | 'cache',
  more: Readonly<Record<string, string>> = {},
) {
  const settings = await loadSiteSettings({
    configDir: await temporaryDirectory(t),
    env: { NODE_ENV: 'production', SECRET_KEY: 'only for this test, and long enough', ...more },
  })
  const log = new PassThrough({ encoding: 'utf8' })
  const logger = createLogger(settings, log)
  const sessions = await openSessions({ ...settings, engine, logger })
  t.teardown(() => sessions.close())
  const app = await createApp({ sessions, settings, logger })
  return { app, logged: (): string => String(log.read() ?? '') }
}

test('S66 S67 with the store down, the session page is a 503 that keeps the cookie, and says nothing of the store', async (t) => {
  const { app, logged } = await appWith(t, engineDown)
  const response = await fetch(`${await serve(t, app)}/sessions/page-count`, {
    headers: { Cookie: `sessionid=${'a'.repeat(32)}` },
  })
  t.is(response.status, 503)
  t.is(response.headers.get('Retry-After'), '1')
  t.is(response.headers.get('Set-Cookie'), null)
  const page = await response.text()
  t.regex(page, /<h1>Service Unavailable<\/h1>/)
  t.notRegex(page, /10\.0\.0\.1|refuses/)
  t.regex(logged(), /the store at 10\.0\.0\.1 refuses/)
})

test('with the store down, everything that needs no session is still there', async (t) => {
  const { app } = await appWith(t, engineDown)
  const url = await serve(t, app)
  const expected = {
    '/': 200,
    '/healthz': 200,
    '/assets/tessera.css': 200,
    '/cookies/page-count': 200,
    '/no': 404,
  }
  for (const [path, status] of Object.entries(expected)) t.is((await fetch(url + path)).status, status, path)
})

test('S67 S12 a route that fails shows a page without a stack trace, and the log no cookie', async (t) => {
  const { app, logged } = await appWith(t, 'cache')
  app.use(async (ctx) => {
    const session = await ctx.session
    session.set('pageCount', 7)
    throw Object.assign(new Error('an internal matter'), { headers: { 'Set-Cookie': 'sessionid=somebody' } })
  })
  const response = await fetch(`${await serve(t, app)}/boom`)
  t.is(response.status, 500)
  t.notRegex(await response.text(), /internal matter|\.ts|node_modules/)
  const log = logged()
  t.regex(log, /an internal matter/)
  t.notRegex(log, /somebody/)
})

test('a client error that is thrown after the session was changed still brings its cookie', async (t) => {
  const { app } = await appWith(t, 'cache')
  app.use(async (ctx) => {
    const session = await ctx.session
    session.set('pageCount', 7)
    ctx.throw(418, 'short and stout')
  })
  const response = await fetch(`${await serve(t, app)}/teapot`)
  t.is(response.status, 418)
  t.regex(await response.text(), /short and stout/)
  t.regex(response.headers.get('Set-Cookie') ?? '', /^__Host-sessionid=[a-z0-9]{32};/)
  t.deepEqual(response.headers.get('Vary')?.split(', ').sort(), ['Accept', 'Cookie'])
})

test('a method that a page does not take is a 405 that names the right ones', async (t) => {
  const { app } = await appWith(t, 'cache')
  const response = await fetch(`${await serve(t, app)}/sessions/page-count`, { method: 'DELETE' })
  t.is(response.status, 405)
  t.is(response.headers.get('Allow'), 'HEAD, GET')
  t.regex(await response.text(), /<h1>Method Not Allowed<\/h1>/)
})

test('a form that is far too large is refused', async (t) => {
  const { app } = await appWith(t, 'cache')
  const body = new URLSearchParams({ text: 'x'.repeat(110_000) })
  const response = await fetch(`${await serve(t, app)}/cookies/page-count/start-again`, {
    method: 'POST',
    headers: { Accept: 'text/html' },
    body,
  })
  t.is(response.status, 413)
  t.true((await response.text()).includes('What your browser sent is too large. A form may have 100 kB.'))
})

for (const trusted of [false, true]) {
  test(`S48 TRUST_PROXY=${trusted}: a proxy's word that HTTPS was spoken counts or does not, for every cookie`, async (t) => {
    const { app, logged } = await appWith(t, 'cache', {
      NODE_ENV: 'staging',
      TRUST_PROXY: String(trusted),
      COOKIE_SECURE: 'auto',
    })
    app.use(async (ctx) => {
      ctx.body = String((await ctx.session).set('pageCount', 7).size)
    })
    logged() // what the start had to say
    const url = await serve(t, app)
    const headers = { 'X-Forwarded-Proto': 'https' }
    for (const [path, name] of [
      ['/sessions/log-in', 'csrftoken'],
      ['/own', 'sessionid'],
    ] as const) {
      const [line = ''] = (await fetch(url + path, { headers })).headers.getSetCookie()
      t.true(line.startsWith(`${name}=`), line)
      t.is(/; Secure(;|$)/.test(line), trusted, line)
    }
    t.is(logged(), '')
  })
}

test('in production over plain HTTP the log says that browsers drop the cookie, and what to do', async (t) => {
  const { app, logged } = await appWith(t, 'cache', { COOKIE_SECURE: 'true' })
  app.use(async (ctx) => {
    ctx.body = String((await ctx.session).set('pageCount', 7).size)
  })
  logged() // what the start had to say
  const url = await serve(t, app)
  for (let visit = 0; visit < 3; visit++) t.is((await fetch(`${url}/own`)).status, 200)
  const lines = logged().trim().split('\n')
  t.is(lines.length, 1)
  t.like(JSON.parse(lines[0] ?? ''), { level: 40, cookieName: '__Host-sessionid' })
  t.regex(lines[0] ?? '', /plain HTTP.*app\.proxy = true/)
})
