import { PassThrough } from 'node:stream'
import test, { type ExecutionContext } from 'ava'
import type { Context } from 'koa'
import { CookieTooLarge, EngineMisconfigured, openSessions, SessionTooLate } from '../../../src/lib/index.js'
import { createLogger } from '../../../src/site/log.js'
import { logFailures } from '../../../src/site/middleware/errors.js'
import { startFault } from '../../../src/site/process/announce.js'
import { loadSiteSettings } from '../../../src/site/settings.js'
import { type Handler, onCookies } from '../../support/site.js'

const set: Handler = async (ctx) => (await ctx.session).set('b', 2)
const flush: Handler = async (ctx) => (await ctx.session).flush()
const read: Handler = async (ctx) => {
  ctx.body = String((await ctx.session).get('a', 'nobody'))
}
const fill: Handler = async (ctx) => (await ctx.session).set('text', 'x'.repeat(4096))

/** Begins a body, lets `act` run when the headers are gone, and ends the body with what came of it. */
async function whileStreaming(ctx: Context, act: () => Promise<unknown>): Promise<void> {
  await ctx.session
  const body = new PassThrough()
  body.write('begun ')
  ctx.body = body
  const actWhenBegun = (): void => {
    if (!ctx.headerSent) {
      setImmediate(actWhenBegun)
      return
    }
    act().then(
      () => body.end('done'),
      (error: Error) => body.end(error.name),
    )
  }
  actWhenBegun()
}

for (const [title, change] of [
  ['changes', set],
  ['ends', flush],
] as const satisfies readonly [string, Handler][]) {
  onCookies(
    `a handler that ${title} the session while the body streams is told that it is too late`,
    async (t, open) => {
      const site = await open({
        '/': (ctx) =>
          whileStreaming(ctx, async () => {
            await change(ctx)
            await (await ctx.session).save()
          }),
      })
      const { body, cookies } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
      t.is(body, 'begun SessionTooLate')
      t.deepEqual(cookies, [])
    },
  )

  onCookies(
    `an answer of its own before a commit that ${title} the session: a clear error is reported`,
    async (t, open) => {
      const site = await open({
        '/': async (ctx) => {
          await change(ctx)
          ctx.respond = false
          ctx.res.end('my own')
        },
      })
      const { body } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
      t.is(body, 'my own')
      t.deepEqual(
        site.errors.map((error) => error instanceof SessionTooLate),
        [true],
      )
      t.deepEqual(site.calls, ['load'])
    },
  )
}

onCookies(
  'S41 a session too large for a cookie: 500, no cookie, and the old one stays good',
  async (t, open) => {
    const site = await open({ '/fill': fill, '/': read })
    const visitor = site.visitor()
    visitor.cookies.set('sessionid', await site.store({ a: 'ada' }))
    const { status, body, cookies } = await visitor.visit('/fill')
    t.is(status, 500)
    t.is(body, 'Internal Server Error')
    t.deepEqual(cookies, [])
    t.true(site.errors[0] instanceof CookieTooLarge)
    t.is((await visitor.visit('/')).body, 'ada')
  },
)

onCookies(
  'S41 S67 the log has the size, the limit and what to do; the client has none of it',
  async (t, open) => {
    const site = await open({ '/fill': fill })
    const { body } = await site.send('/fill')
    t.is(body, 'Internal Server Error')
    const [error] = site.errors
    if (!(error instanceof CookieTooLarge)) return t.fail()
    t.is(error.limit, 4096)
    t.true(error.size > error.limit)

    const lines: string[] = []
    const destination = { write: (line: string) => lines.push(line) }
    const settings = await loadSiteSettings({ env: { NODE_ENV: 'production', SECRET_KEY: secretKey } })
    logFailures(createLogger(settings, destination))(error)
    t.like(JSON.parse(lines[0] ?? ''), {
      err: { code: 'E_COOKIE_TOO_LARGE', size: error.size, limit: 4096, status: 500 },
    })
    for (const said of [
      `${error.size} bytes`,
      '4096',
      'Keep less in the session',
      'an engine that keeps sessions',
    ])
      t.true(lines[0]?.includes(said), said)
  },
)

onCookies('S41 of a cookie of 4096 octets, name included, none is missing', async (t, open) => {
  let size = 0
  const site = await open({
    '/fill': async (ctx) => (await ctx.session).set('a', 'x'.repeat(size)),
    '/': async (ctx) => {
      ctx.body = String(String((await ctx.session).get('a', '')).length)
    },
  })
  const visitor = site.visitor()
  let largest = 0
  // base64 writes three bytes as four characters: some size comes within four of the limit.
  for (size = 2700; size < 3100; size++) {
    const { status, cookies } = await visitor.visit('/fill')
    if (status === 500) break
    largest = 'sessionid'.length + (cookies[0]?.value.length ?? 0)
  }
  t.true(largest <= 4096 && largest > 4092, String(largest))
  t.is((await visitor.visit('/')).body, String(size - 1))
  t.true(site.errors[0] instanceof CookieTooLarge)
})

onCookies('S41 a handler can catch it from save(), and keep less', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      await fill(ctx)
      await t.throwsAsync(session.save(), { instanceOf: CookieTooLarge })
      session.delete('text')
      session.set('a', 'less')
    },
    '/read': read,
  })
  const visitor = site.visitor()
  t.is((await visitor.visit('/')).status, 200)
  t.is((await visitor.visit('/read')).body, 'less')
})

onCookies(
  'S58 log-out takes the cookie from the browser; whoever kept a copy is let in until it expires',
  async (t, open) => {
    const site = await open({ '/': read, '/out': flush }, { cookieAge: 60 })
    const [browser, thief] = [site.visitor(), site.visitor()]
    const session = await site.sessions.open()
    session.set('a', 'ada')
    await session.save()
    for (const each of [browser, thief]) each.cookies.set('sessionid', session.id ?? '')

    await browser.visit('/out')
    t.is((await browser.visit('/')).body, 'nobody')
    t.is((await thief.visit('/')).body, 'ada')
    site.bench.now += 60_000
    t.is((await thief.visit('/')).body, 'nobody')
  },
)

onCookies('SAVE_EVERY_REQUEST: the new cookie lives longer, and the visitor with it', async (t, open) => {
  const site = await open({ '/': read }, { saveEveryRequest: true, cookieAge: 60 })
  const visitor = site.visitor()
  const session = await site.sessions.open()
  session.set('a', 'ada')
  await session.save()
  visitor.cookies.set('sessionid', session.id ?? '')
  for (let visit = 0; visit < 3; visit++) {
    site.bench.now += 59_999
    t.is((await visitor.visit('/')).body, 'ada')
  }
  site.bench.now += 60_000
  t.is((await visitor.visit('/')).body, 'nobody')
})

const secretKey = 'a secret of the tests, and of nobody else'

/** What a visitor sees who decodes every part of the cookie, and what the start logged. */
async function cookieSeen(t: ExecutionContext, cookieCodec: 'sealed' | 'signed') {
  const logged: string[] = []
  const logger = { warn: (_: object, message: string) => logged.push(message), error: () => {} }
  const sessions = await openSessions({ engine: 'signed_cookies', cookieCodec, secretKey, logger })
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.set('card', '4111 1111')
  await session.save()
  const id = session.id ?? ''
  return {
    seen: id
      .split('.')
      .map((part) => Buffer.from(part, 'base64url').toString('latin1'))
      .join('\n'),
    logged,
  }
}

test('S57 signed: anyone can read the session', async (t) => {
  t.regex((await cookieSeen(t, 'signed')).seen, /"data":\{"card":"4111 1111"\}/)
})

test('S57 sealed: nobody without the key can', async (t) => {
  t.notRegex((await cookieSeen(t, 'sealed')).seen, /4111|card|data|issuedAt/)
})

test('S33 the start warns that sessions cannot be revoked', async (t) => {
  const { logged } = await cookieSeen(t, 'sealed')
  t.is(logged.length, 1)
  t.regex(logged[0] ?? '', /cannot be revoked/)
})

for (const [title, keys, message] of [
  ['no key', {}, /^SESSION_ENGINE=signed_cookies needs SECRET_KEY: .*openssl/],
  ['an empty key', { secretKey: '' }, /SECRET_KEY/],
] as const) {
  test(`${title} stops the start with one clear line`, async (t) => {
    const error = await t.throwsAsync(openSessions({ engine: 'signed_cookies', ...keys }))
    t.regex(error.message, message)
    if (error instanceof EngineMisconfigured) t.is(startFault(error), error.message)
    t.false(startFault(error).includes('\n    at '))
  })
}
