import test from 'ava'
import { openSessions } from '../../../src/lib/index.js'
import { onStore, onStoreAndCookie } from '../../support/site.js'

const logger = { warn() {}, error() {} }
const domains: Readonly<Record<string, string>> = { 'a.example': 'a.example', 'www.b.example': 'b.example' }

onStoreAndCookie(
  'each tenant has the cookie on its own domain and path, and loses it there',
  async (t, open) => {
    const site = await open(
      {
        '/in': async (ctx) => (await ctx.session).login('ada'),
        '/out': async (ctx) => (await ctx.session).logout(),
      },
      {
        proxy: true,
        cookieDomain: ({ hostname }) => domains[hostname],
        cookiePath: ({ hostname }) => (hostname === 'a.example' ? '/shop' : '/'),
      },
    )
    for (const [host, domain, path] of [
      ['a.example', 'a.example', '/shop'],
      ['www.b.example', 'b.example', '/'],
      ['c.example', undefined, '/'],
    ] as const) {
      const headers = { 'X-Forwarded-Host': host }
      const [given] = (await site.send('/in', { headers })).cookies
      t.deepEqual([given?.attributes.domain, given?.attributes.path], [domain, path])
      const [removed] = (await site.send('/out', { headers, cookie: `sessionid=${given?.value}` })).cookies
      t.is(removed?.value, '')
      t.deepEqual([removed?.attributes.domain, removed?.attributes.path], [domain, path])
    }
  },
)

onStore('what is no domain or path fails the request, and nothing is stored', async (t, open) => {
  const answers: unknown[] = [
    'a.example; Secure',
    'a b',
    'x\r\nSet-Cookie: a=b',
    '',
    null,
    7,
    Promise.resolve('a.example'),
  ]
  let answer: unknown
  const site = await open(
    {
      '/': async (ctx) => (await ctx.session).set('a', 1),
      '/read': async (ctx) => (await ctx.session).get('a'),
    },
    {
      cookieDomain: () => answer as string,
      cookiePath: () => '/',
    },
  )
  for (answer of answers) {
    site.calls.length = 0
    const { status, cookies } = await site.send('/')
    t.is(status, 500)
    t.deepEqual(cookies, [])
    t.deepEqual(site.calls, [])
    t.regex(site.errors.pop()?.message ?? '', /cookieDomain answered .*Give a domain name/)
  }
  // A request that sends no cookie does not ask.
  t.is((await site.send('/read')).status, 200)
})

test('the name that production gives the cookie does not promise what a function breaks', async (t) => {
  const options = {
    engine: 'cache',
    logger,
    environment: 'production',
    secretKey: 'Zm9ydHktdHdvIGJ5dGVzIG9mIG5vYm9keSBlbHNlJ3M',
    cookieDomain: () => 'a.example',
  } as const
  await (await openSessions(options)).close()
  await t.throwsAsync(openSessions({ ...options, cookieName: '__Host-id' }), { message: /__Host-id/ })
})
