import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, get } from 'node:https'
import test from 'ava'
import Koa from 'koa'
import { openSessions } from '../../../src/lib/index.js'
import type { Answer } from '../../support/client.js'
import { makeCertificate } from '../../support/servers/certificate.js'
import { type Handler, onStoreAndCookie } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const read: Handler = async (ctx) => (await ctx.session).get('b')
const flush: Handler = async (ctx) => (await ctx.session).flush()

const isSecure = ({ cookies }: Answer): boolean => cookies[0]?.attributes.secure === true

/** What a proxy says of the scheme, and what an app makes of it that trusts its proxy. */
const forwarded: readonly (readonly [string | undefined, boolean])[] = [
  [undefined, false],
  ['http', false],
  ['https', true],
  ['https, http', true],
  ['http, https', false],
  ['', false],
]
for (const [proto, trusted] of forwarded) {
  for (const proxy of [false, true]) {
    onStoreAndCookie(
      `S48 COOKIE_SECURE=auto, app.proxy ${proxy}, X-Forwarded-Proto ${proto}: Secure ${proxy && trusted}`,
      async (t, open) => {
        const site = await open({ '/': set, '/flush': flush }, { cookieSecure: 'auto', proxy })
        const headers: Record<string, string> = proto === undefined ? {} : { 'x-forwarded-proto': proto }
        t.is(isSecure(await site.send('/', { headers })), proxy && trusted)
        const removal = await site.send('/flush', { headers, cookie: `sessionid=${await site.store()}` })
        t.is(removal.cookies[0]?.attributes['max-age'], '0')
        t.is(isSecure(removal), proxy && trusted)
        t.deepEqual(site.logged, [])
      },
    )
  }
}

for (const cookieSecure of [true, false]) {
  onStoreAndCookie(
    `S48 a forged X-Forwarded-Proto changes nothing of COOKIE_SECURE=${cookieSecure}`,
    async (t, open) => {
      const site = await open({ '/': set }, { cookieSecure })
      for (const proto of ['http', 'https'])
        t.is(isSecure(await site.send('/', { headers: { 'x-forwarded-proto': proto } })), cookieSecure)
    },
  )
}

test('S48 COOKIE_SECURE=auto over HTTPS, no proxy asked: Secure, whatever X-Forwarded-Proto says', async (t) => {
  const logged: string[] = []
  const log = (_: object, message: string): unknown => logged.push(message)
  const sessions = await openSessions({
    engine: 'cache',
    cookieSecure: 'auto',
    logger: { warn: log, error: log },
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    await set(ctx)
    ctx.body = 'ok'
  })
  const { certificate, key } = makeCertificate()
  const [cert, ca] = [readFileSync(certificate), readFileSync(certificate)]
  const server = createServer({ cert, key: readFileSync(key) }, app.callback()).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  for (const proto of ['https', 'http']) {
    const headers = { 'x-forwarded-proto': proto }
    const [response] = await once(get({ host: '127.0.0.1', port, ca, headers, agent: false }), 'response')
    response.resume()
    t.regex(response.headers['set-cookie']?.[0], /; Secure/)
  }
  t.deepEqual(logged, [])
})

onStoreAndCookie(
  'a Secure cookie given over plain HTTP: the answer is what it was, and the log says once a minute what to do',
  async (t, open) => {
    const site = await open(
      { '/': set, '/read': read, '/flush': flush, '/nothing': () => {} },
      { cookieSecure: true },
    )
    const cookie = `sessionid=${await site.store()}`
    await site.send('/read', { cookie })
    await site.send('/nothing', { cookie })
    t.deepEqual(site.logged, [], 'where no cookie is given there is nothing to say')

    const { status, body, cookies } = await site.send('/')
    t.deepEqual([status, body, cookies.length], [200, 'ok', 1])
    t.is(site.logged.length, 1)
    for (const advice of [/plain HTTP/, /serve HTTPS/, /app\.proxy = true/, /COOKIE_SECURE.*auto.*false/])
      t.regex(site.logged[0] ?? '', advice)

    await Promise.all(Array.from({ length: 20 }, () => site.send('/')))
    site.bench.now += 59_999
    await site.send('/flush', { cookie: `sessionid=${await site.store()}` })
    t.is(site.logged.length, 1)
    site.bench.now += 1
    await site.send('/')
    t.is(site.logged.length, 2)
    site.bench.now -= 3_600_000
    await site.send('/')
    t.is(site.logged.length, 3, 'a clock that was set back does not silence it')
  },
)

for (const [title, options, headers] of [
  ['over HTTPS', { cookieSecure: true, proxy: true }, { 'x-forwarded-proto': 'https' }],
  ['without Secure', { cookieSecure: false }, {}],
  ['with auto', { cookieSecure: 'auto' }, {}],
] as const) {
  onStoreAndCookie(`a cookie ${title} is nothing to warn of`, async (t, open) => {
    const site = await open({ '/': set }, options)
    t.is((await site.send('/', { headers })).cookies.length, 1)
    t.deepEqual(site.logged, [])
  })
}
