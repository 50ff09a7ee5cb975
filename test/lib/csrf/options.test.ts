import test from 'ava'
import Koa from 'koa'
import { type CsrfOptions, csrf, openSessions } from '../../../src/lib/index.js'
import { serve } from '../../support/serve.js'
import { KEY, onBoth, openCsrfSite } from './site.js'

onBoth('S65 log: what would be refused passes, with one warning that holds no token', async (t, engine) => {
  const site = await openCsrfSite(t, engine, { csrf: { mode: 'log' } })
  const person = site.person()
  await person.fetch('/write')
  const token = await person.token()
  t.is(await person.post(token, '/fine?a=1'), 200)
  t.deepEqual(site.logged, [])

  t.is(await person.post('wrong', '/old?secret=1'), 200)
  await person.fetch('/other', { method: 'DELETE', headers: { Origin: 'https://evil.example' } })
  t.deepEqual(
    site.logged.map(({ details }) => details),
    [
      { method: 'POST', path: '/old', reason: 'other-token' },
      { method: 'DELETE', path: '/other', reason: 'other-origin' },
    ],
  )
  for (const { message } of site.logged) t.regex(message, /^csrf\(\) would have refused this request: /)
  const said = JSON.stringify(site.logged)
  for (const secret of [token, ...token.split('.'), ...person.cookies.values(), 'secret=1', 'wrong'])
    t.false(said.includes(secret), secret)
})

test('exempt paths are let through, to the letter, and no others', async (t) => {
  const { url } = await openCsrfSite(t, 'cache', { csrf: { exempt: ['/hooks/pay'] } })
  const status = async (path: string) => (await fetch(url + path, { method: 'POST' })).status
  for (const path of ['/hooks/pay', '/hooks/pay?a=1']) t.is(await status(path), 200, path)
  for (const path of [
    '/hooks',
    '/hooks/pay/',
    '/hooks/pay/more',
    '/HOOKS/pay',
    '//hooks/pay',
    '/?/hooks/pay',
  ])
    t.is(await status(path), 403, path)
})

test('exempt as a function: true lets through, and nothing else does', async (t) => {
  for (const [answer, expected] of [
    [true, 200],
    [false, 403],
    [Promise.resolve(true), 403],
    ['yes', 403],
  ] as const) {
    const exempt = (() => answer) as () => boolean
    const { url } = await openCsrfSite(t, 'cache', { csrf: { exempt } })
    t.is((await fetch(url, { method: 'POST' })).status, expected)
  }
})

test('the cookie goes by another name and path; with a prefix it is Secure, as it is over HTTPS', async (t) => {
  const lineOf = async (options: Partial<CsrfOptions>, headers = {}) => {
    const site = await openCsrfSite(t, 'cache', { csrf: options })
    site.app.proxy = true
    const page = await fetch(`${site.url}/form`, { headers })
    return (page.headers.get('Set-Cookie') ?? '').replace(await page.text(), '…')
  }
  t.is(await lineOf({ cookieName: 'forms', cookiePath: '/app' }), 'forms=…; Path=/app; SameSite=Lax')
  t.is(await lineOf({ cookieName: '__Host-csrftoken' }), '__Host-csrftoken=…; Path=/; Secure; SameSite=Lax')
  t.is(await lineOf({ cookieName: '__secure-t' }), '__secure-t=…; Path=/; Secure; SameSite=Lax')
  t.is(await lineOf({}, { 'X-Forwarded-Proto': 'https' }), 'csrftoken=…; Path=/; Secure; SameSite=Lax')
})

test('views that copy the state have the token as a text; with inEveryView: false it has to be handed over', async (t) => {
  for (const [inEveryView, expected] of [
    [true, /^[\w-]{24}\.[\w-]{43}$/],
    [false, /^none$/],
  ] as const) {
    const site = await openCsrfSite(t, 'cache', {
      csrf: { inEveryView },
      handlers: {
        '/view': (ctx) => {
          const locals: { csrfToken?: unknown } = { ...ctx.state }
          ctx.body = typeof locals.csrfToken === 'string' ? locals.csrfToken : 'none'
        },
      },
    })
    const page = await fetch(`${site.url}/view`)
    t.regex(await page.text(), expected)
    t.is(page.headers.has('Set-Cookie'), inEveryView)
    t.regex(await site.person().token(), /^[\w-]{24}\.[\w-]{43}$/)
  }
})

test('S42 S55 what is wrong with an option is told at once, with what would be right, and without the key', (t) => {
  const wrong: readonly [Record<string, unknown>, RegExp][] = [
    [{ secretKey: undefined }, /^csrf\(\): secretKey is missing\. .*csrf\(\{ secretKey \}\)/],
    [{ secretKey: '' }, /secretKey is missing/],
    [{ secretKeyFallbacks: [''] }, /secretKeyFallbacks holds an empty key/],
    [{ trusted: [] }, /trusted is not an option\. The options are secretKey, .*trustedOrigins/],
    [{ trustedOrigins: ['https://*.example.com'] }, /There are no wildcards/],
    [{ trustedOrigins: ['*'] }, /'\*', which is not an origin\. Give scheme, host and port/],
    [{ trustedOrigins: ['null'] }, /which is not an origin/],
    [{ trustedOrigins: ['example.com'] }, /which is not an origin/],
    [{ trustedOrigins: ['ftp://example.com'] }, /which is not an origin/],
    [{ trustedOrigins: [7] }, /which is not an origin/],
    [
      { trustedOrigins: ['https://example.com/'] },
      /no browser writes like this\. Give 'https:\/\/example\.com'/,
    ],
    [{ trustedOrigins: ['https://Example.com:443'] }, /Give 'https:\/\/example\.com'/],
    [{ trustedOrigins: ['https://a@example.com'] }, /Give 'https:\/\/example\.com'/],
    [{ exempt: ['hooks'] }, /exempt holds 'hooks'\. Give whole paths/],
    [{ exempt: ['/hooks/*'] }, /or a function/],
    [{ exempt: ['/hooks?a'] }, /Give whole paths/],
    [{ mode: 'warn' }, /mode is 'warn'\. Give 'enforce' or 'log'/],
    [{ environment: 7 }, /environment is 7\. Give its name/],
    [{ inEveryView: 'yes' }, /inEveryView is 'yes'/],
    [{ cookieName: 'a b' }, /cookieName is 'a b', which cannot be the name/],
    [{ cookieName: '__Host-Http-t' }, /HttpOnly only\. Give '__Host-csrftoken'/],
    [{ cookiePath: 'app' }, /cookiePath is 'app'/],
    [{ cookiePath: '/;' }, /cookiePath is '\/;'/],
    [{ cookieName: '__host-t', cookiePath: '/app' }, /browsers keep __host-t for \/ only/],
  ]
  for (const [options, message] of wrong) {
    const error = t.throws(() => csrf({ secretKey: KEY, ...options } as CsrfOptions), {
      instanceOf: TypeError,
    })
    t.regex(error.message, message)
    t.false(error.message.includes(KEY))
  }
  t.notThrows(() =>
    csrf({
      secretKey: KEY,
      trustedOrigins: ['https://example.com', 'http://localhost:3000', 'https://[::1]:8443'],
    }),
  )
})

test('csrf() without options says what to hand in', (t) => {
  const loose = csrf as (options?: unknown) => unknown
  for (const options of [undefined, null, KEY, 7, [KEY], () => KEY, {}]) {
    t.throws(() => loose(options), {
      instanceOf: TypeError,
      message: /^csrf\(\)[: ].*csrf\(\{ secretKey \}\)/,
    })
  }
})

test('where the session cookie is always Secure, as in production, the token has the prefix __Host-', async (t) => {
  const lineOf = async (cookieSecure: boolean | 'auto', options: Partial<CsrfOptions> = {}) => {
    const site = await openCsrfSite(t, 'cache', { cookieSecure, csrf: options })
    const page = await fetch(`${site.url}/form`)
    return (page.headers.get('Set-Cookie') ?? '').replace(await page.text(), '…')
  }
  t.is(await lineOf(true), '__Host-csrftoken=…; Path=/; Secure; SameSite=Lax')
  t.is(await lineOf(true, { cookieName: 'forms' }), 'forms=…; Path=/; Secure; SameSite=Lax')
  t.is(await lineOf(true, { cookiePath: '/app' }), 'csrftoken=…; Path=/app; Secure; SameSite=Lax')
  t.is(await lineOf('auto'), 'csrftoken=…; Path=/; SameSite=Lax')
  t.is(await lineOf(false), 'csrftoken=…; Path=/; SameSite=Lax')
})

test('in production the sessions and their forms have cookies with the prefix, with nothing else set', async (t) => {
  const secretKey = 'k3y-of-this-test-and-of-nothing-else-0123456789'
  const sessions = await openSessions({
    environment: 'production',
    engine: 'cache',
    secretKey,
    logger: quiet,
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(csrf({ secretKey, environment: 'production' }))
  app.use(async (ctx) => {
    ;(await ctx.session).set<string>('a', 1)
    ctx.body = ctx.state.csrfToken
  })
  const lines = (await fetch(await serve(t, app))).headers.getSetCookie()
  t.deepEqual(lines.map((line) => line.split('=')[0]).sort(), ['__Host-csrftoken', '__Host-sessionid'])
  for (const line of lines) t.regex(line, /; Secure/)
})

const quiet = { warn: () => {}, error: () => {} }

test('a form is accepted with the token of the cookie __Host-csrftoken', async (t) => {
  const site = await openCsrfSite(t, 'cache', { cookieSecure: true })
  const page = await fetch(`${site.url}/form`)
  const token = await page.text()
  const status = async (name: string) => {
    const headers = { Cookie: `${name}=${token}`, 'X-CSRFToken': token }
    return (await fetch(site.url, { method: 'POST', headers })).status
  }
  t.is(await status('__Host-csrftoken'), 200)
  t.is(await status('csrftoken'), 403)
})

test('without sessions above it the first request says so', async (t) => {
  const app = new Koa()
  app.silent = true
  const errors: Error[] = []
  app.on('error', (error) => errors.push(error))
  app.use(csrf({ secretKey: KEY }))
  t.is((await fetch(await serve(t, app))).status, 500)
  t.regex(errors[0]?.message ?? '', /use it after app\.use\(sessions\.middleware\(\)\)/)
})

const production = { environment: 'production' }

test('S55 in production a weak key is refused, without the key in the message, and elsewhere warned of', (t) => {
  for (const [keys, said] of [
    [
      { secretKey: 'hunter2' },
      /^csrf\(\): secretKey is shorter than 32 characters\. Give 32 characters or more/,
    ],
    [{ secretKey: KEY, secretKeyFallbacks: ['hunter2'] }, /secretKeyFallbacks holds a key that is shorter/],
    [{ secretKey: KEY, secretKeyFallbacks: [KEY] }, /secretKeyFallbacks holds a key that is given twice/],
  ] as const) {
    const error = t.throws(() => csrf({ ...production, ...keys }), { instanceOf: TypeError })
    t.regex(error.message, said)
    t.false(error.message.includes('hunter2'))
    const logged: string[] = []
    const log = (_details: object, message: string): void => {
      logged.push(message)
    }
    csrf({ ...keys, logger: { warn: log, error: log } })
    t.is(logged.length, 1)
    t.regex(logged[0] ?? '', said)
  }
})

test.serial('NODE_ENV says what the environment is, unless the option does', (t) => {
  const before = process.env.NODE_ENV
  t.teardown(() => {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  })
  process.env.NODE_ENV = 'production'
  t.throws(() => csrf({ secretKey: 'hunter2' }), { instanceOf: TypeError })
  const logger = { warn: () => {}, error: () => {} }
  t.notThrows(() => csrf({ secretKey: 'hunter2', environment: 'development', logger }))
})
