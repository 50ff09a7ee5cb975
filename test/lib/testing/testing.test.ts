import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import Koa from 'koa'
import { csrf } from '../../../src/lib/index.js'
import { type Testable, type TestSessionsOptions, testSessions } from '../../../src/lib/testing/index.js'
import { application } from '../../support/application.js'
import { codeIn } from '../../support/documents.js'

const secretKey = 'a secret of the tests, and of nobody else'

async function siteForTests(t: { teardown(fn: () => Promise<void>): void }, options?: TestSessionsOptions) {
  const logger = { warn: () => {}, error: () => {} }
  const site = await testSessions({ secretKey, logger, ...options })
  t.teardown(site.close)
  const app = new Koa()
  app.silent = true
  app.use(site.sessions.middleware()).use(csrf({ secretKey }))
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.path === '/out') session.logout()
    if (ctx.path === '/put') session.set<string>('put', ctx.URL.search)
    if (ctx.path === '/away') return ctx.redirect('/elsewhere')
    ctx.body = { user: session.user ?? null, keys: [...session.keys()] }
  })
  return { ...site, app }
}

for (const options of [{ engine: 'cache' }, { engine: 'signed_cookies', revocationStore: 'none' }] as const) {
  test(`${options.engine}: a client logs a user in, reads and changes its session, and is logged out`, async (t) => {
    const { client, app, sessions } = await siteForTests(t, options)
    const [browser, other] = [client(app), client(app)]
    await browser.loggedInAs('ada', { device: 'Phone' })
    t.deepEqual(await (await browser.fetch('/')).json(), { user: 'ada', keys: [] })
    t.deepEqual(await (await other.fetch('/')).json(), { user: null, keys: [] })
    if (options.engine === 'cache') t.is((await sessions.forUser('ada'))[0]?.device, 'Phone')

    await browser.fetch('/put?1')
    const session = await browser.session()
    t.is(session.get('put'), '?1')
    session.set('mine', true)
    await session.save()
    t.deepEqual(await (await browser.fetch('/')).json(), { user: 'ada', keys: ['put', 'mine'] })

    other.cookies.set('sessionid', browser.cookies.get('sessionid') ?? '')
    t.is((await (await other.fetch('/')).json()).user, 'ada')
    await browser.fetch('/out')
    t.is(browser.cookies.get('sessionid'), undefined)
    t.is((await browser.session()).user, undefined)
    const last = await other.session()
    last.flush()
    await last.save()
    t.is(other.cookies.get('sessionid'), undefined)
  })
}

test('the clock stands until it is moved: sessions and cookies end by it', async (t) => {
  const now = new Date('2030-01-01T00:00:00Z')
  const { client, app, clock } = await siteForTests(t, { now, cookieAge: 100, cookieName: 'sid' })
  const browser = client(app)
  await browser.fetch('/put')
  t.deepEqual([clock.now, (await browser.session()).createdAt], [now, now])
  clock.advance(99)
  t.deepEqual((await (await browser.fetch('/')).json()).keys, ['put'])
  const id = browser.cookies.get('sid') ?? ''
  clock.advance(2)
  t.is(browser.cookies.get('sid'), undefined)
  browser.cookies.set('sid', id)
  t.deepEqual((await (await browser.fetch('/')).json()).keys, [])
  t.throws(() => clock.advance(Number.NaN), { instanceOf: RangeError })
})

test('a client is a page of the site itself, follows nothing, and takes an application only', async (t) => {
  const { client, app } = await siteForTests(t)
  const browser = client(app)
  t.is((await browser.fetch('/', { method: 'POST' })).status, 200)
  const headers = { 'Sec-Fetch-Site': 'cross-site' }
  t.is((await browser.fetch('/', { method: 'POST', headers })).status, 403)
  t.is((await browser.fetch('/away')).headers.get('location'), '/elsewhere')
  t.is((await browser.fetch('/away', { redirect: 'follow' })).status, 200)
  t.throws(() => client(app.callback() as unknown as Testable), { message: /your Koa application/ })
})

test('the test of docs/testing.md runs, and ends by itself', async (t) => {
  const names = ['account.mjs', 'account.test.mjs']
  const files = Object.fromEntries(names.map((name) => [name, codeIn('docs/testing.md', name)]))
  const { directory } = await application(t, files)
  const running = promisify(execFile)(process.execPath, ['--test', 'account.test.mjs'], {
    cwd: directory,
    env: { PATH: process.env.PATH },
  })
  const { stdout } = await running.catch(({ stdout }) => Promise.reject(new Error(stdout)))
  t.regex(stdout, /pass 1\n/)
})
