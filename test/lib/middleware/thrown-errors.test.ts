/**
 * What a handler throws reaches the application as the very object that it is, and the answer bears the cookie of the
 * visitor whose request it was. On an engine that stores and on one whose cookie holds the session.
 */

import { once } from 'node:events'
import { Agent } from 'node:http'
import http2 from 'node:http2'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { type Answer, type Sent, send } from '../../support/client.js'
import { serve } from '../../support/serve.js'

const logger = { warn: () => {}, error: () => {} }
const engines: readonly SessionsOptions[] = [
  { engine: 'cache', logger },
  { engine: 'signed_cookies', secretKey: 'a secret of the tests, and of nobody else', logger },
]

interface Parts {
  /** What stands above the sessions' middleware. */
  readonly above?: readonly Middleware[]
  /** What stands below. */
  readonly handler: Middleware
  /** A listener of the application's `error` event. */
  readonly onError?: (error: Error, ctx: Context) => void
}

interface Served {
  /** What arrived at the application's `error` event. */
  readonly errors: unknown[]
  /** Answers the first request after a visit that began a session, whose data has `n`. */
  visit(path?: string, sent?: Sent): Promise<Answer>
  /** What the session that the browser has now holds. */
  held(answer: Answer): Promise<unknown>
}

async function served(
  t: ExecutionContext,
  options: SessionsOptions,
  { above = [], handler, onError }: Parts,
): Promise<Served> {
  const sessions = await openSessions(options)
  t.teardown(() => sessions.close())
  const app = new Koa()
  const errors: unknown[] = []
  app.on('error', (error: Error, ctx: Context) => {
    errors.push(error)
    onError?.(error, ctx)
  })
  for (const middleware of above) app.use(middleware)
  app.use(sessions.middleware())
  app.use(async (ctx, next) => {
    if (ctx.path !== '/begin') return next()
    ;(await ctx.session).set<string>('begun', true)
    ctx.body = 'begun'
  })
  app.use(handler)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const url = await serve(t, app)
  return {
    errors,
    async visit(path = '/', sent = {}) {
      const begun = await send(agent, `${url}/begin`)
      return send(agent, `${url}${path}`, { cookie: `sessionid=${begun.cookies[0]?.value}`, ...sent })
    },
    async held({ cookies }) {
      const given = cookies.filter(({ name }) => name === 'sessionid')
      t.is(given.length, 1)
      return Object.fromEntries(await sessions.open(given[0]?.value))
    },
  }
}

/** Throws it when the session was changed. */
const changedThen =
  (thrown: unknown): Middleware =>
  async (ctx) => {
    ;(await ctx.session).set<string>('n', 1)
    throw thrown
  }
/** Throws it when the session was saved. */
const savedThen =
  (thrown: unknown): Middleware =>
  async (ctx) => {
    const session = await ctx.session
    session.set<string>('n', 1)
    await session.save()
    throw thrown
  }

class WithSecret extends Error {
  readonly #secret = 422
  readonly expose = true
  get status(): number {
    return this.#secret
  }
  set status(_: number) {}
  get secret(): number {
    return this.#secret
  }
}

/** What times out is aborted with a `DOMException`, whose members look at its brand. */
async function timedOut(): Promise<unknown> {
  const signal = AbortSignal.timeout(0)
  if (!signal.aborted) await once(signal, 'abort')
  return signal.reason
}

const foreign = (code: string): unknown => runInNewContext(code)
const withStatus = (status: number) => Object.assign(new Error(`status ${status}`), { status, expose: true })

/** What is thrown, by what it is; each is made once, as an application's own errors may be. */
const things: readonly [string, unknown][] = [
  ['an Error', new Error('boom')],
  ['one with a status', withStatus(409)],
  ['one with a status that is none', withStatus(999)],
  ['one with private members', new WithSecret('private')],
  ['a DOMException', new DOMException('gone', 'AbortError')],
  ['one of a signal that timed out', await timedOut()],
  [
    'one of fetch that timed out',
    await fetch('http://127.0.0.1:1', { signal: AbortSignal.abort() }).catch((error: unknown) => error),
  ],
  ['an AggregateError', new AggregateError([new Error('one')], 'several')],
  ['one of another realm', foreign('new TypeError("elsewhere")')],
  [
    'one of another realm with a status',
    Object.assign(Object(foreign('new Error("elsewhere")')), { status: 418 }),
  ],
  ['a frozen one', Object.freeze(withStatus(410))],
  ['a frozen one whose status Koa cannot answer', Object.freeze(withStatus(299))],
  ['a sealed one', Object.seal(new Error('sealed'))],
  ['a proxy of one', new Proxy(withStatus(404), {})],
  ['one without a prototype', Object.setPrototypeOf(new Error('bare'), null)],
  ['one whose status is a getter', Object.defineProperty(new Error('getter'), 'status', { get: () => 415 })],
  [
    'one whose status cannot be read',
    Object.defineProperty(new Error('no'), 'status', {
      get: () => {
        throw new Error('hands off')
      },
    }),
  ],
  ['a text', 'boom'],
  ['an empty text', ''],
  ['a number', 404],
  ['null', null],
  ['undefined', undefined],
  ['false', false],
  ['a symbol', Symbol('thrown')],
  ['a bigint', 1n],
  ['a plain object', { status: 404, message: 'plain' }],
  ['a bare object', Object.create(null)],
  ['a function', () => {}],
  ['a promise', Promise.resolve(1)],
]

for (const options of engines)
  for (const [title, thrown] of things)
    for (const [how, handlerFor] of [
      ['a change', changedThen],
      ['save()', savedThen],
    ] as const)
      test(`${options.engine}: ${title} thrown after ${how} reaches what stands above as itself`, async (t) => {
        const caught: unknown[] = []
        const boundary: Middleware = async (ctx, next) => {
          try {
            await next()
          } catch (error) {
            caught.push(error)
            // As Koa's own handler does.
            for (const name of ctx.res.getHeaderNames()) ctx.res.removeHeader(name)
            ctx.status = 200
            ctx.body = 'caught'
          }
        }
        const { visit, held } = await served(t, options, { above: [boundary], handler: handlerFor(thrown) })
        // Two visitors, one object.
        for (const count of [1, 2]) {
          const answer = await visit()
          t.is(answer.body, 'caught')
          t.is(caught.length, count)
          t.is(caught[count - 1], thrown)
          if (how !== 'save()') continue
          t.deepEqual(await held(answer), { begun: true, n: 1 })
          t.is(answer.headers.vary, 'Cookie')
        }
      })

/** Errors that Koa answers itself, and the statuses. */
const answered: readonly [string, () => unknown, number][] = [
  ['an Error', () => new Error('boom'), 500],
  ['a 409', () => withStatus(409), 409],
  ['a 404', () => withStatus(404), 404],
  ['a 503', () => withStatus(503), 503],
  ['a status that is none', () => withStatus(299), 500],
  ['a statusCode', () => Object.assign(new Error('code'), { statusCode: 429 }), 429],
  ['private members', () => new WithSecret('private'), 422],
  ['a DOMException', () => new DOMException('gone', 'TimeoutError'), 500],
  ['a text', () => 'boom', 500],
  [
    'an error of another realm',
    () => Object.assign(Object(foreign('new Error("elsewhere")')), { status: 418 }),
    418,
  ],
  [
    'headers of its own',
    () => Object.assign(withStatus(429), { headers: { 'Retry-After': '7', 'Set-Cookie': 'theme=dark' } }),
    429,
  ],
  [
    'headers that name our cookie',
    () => Object.assign(withStatus(429), { headers: { 'Set-Cookie': ['sessionid=theirs; path=/'] } }),
    429,
  ],
]
for (const options of engines)
  for (const [title, make, status] of answered) {
    test(`${options.engine}: Koa's own answer to ${title} bears the cookie of what was stored`, async (t) => {
      // What a listener of an application may look at.
      const seen: unknown[] = []
      const onError = (error: Error, ctx: Context): void => {
        const { name, message, stack, cause, code } = error as Error & { code?: unknown }
        seen.push(
          name,
          message,
          stack,
          cause,
          code,
          inspect(error),
          String(error),
          JSON.stringify(error),
          JSON.stringify(ctx),
        )
        t.is(typeof stack, 'string')
      }
      const thrown = make()
      const { visit, held, errors } = await served(t, options, { handler: changedThen(thrown), onError })
      const answer = await visit()
      t.is(answer.status, status)
      if (status >= 500) {
        t.deepEqual(answer.cookies, [])
      } else {
        t.deepEqual(await held(answer), { begun: true, n: 1 })
        t.is(answer.headers.vary, 'Cookie')
        t.is(answer.headers['cache-control'], 'no-store')
      }
      t.is(errors.length, 1)
      if (thrown instanceof Error) t.is(errors[0], thrown)
    })

    test(`${options.engine}: and after save() the cookie of that, whatever the status: ${title}`, async (t) => {
      const thrown = make()
      const { visit, held, errors } = await served(t, options, { handler: savedThen(thrown) })
      const answer = await visit()
      t.is(answer.status, status)
      t.deepEqual(await held(answer), { begun: true, n: 1 })
      t.is(answer.headers.vary, 'Cookie')
      if (thrown instanceof Error) t.is(errors[0], thrown)
    })
  }

test('two visitors whose requests throw one object at the same moment get their own cookies', async (t) => {
  const shared = Object.assign(withStatus(409), { headers: { 'x-own': '1' } })
  for (const options of engines) {
    let arrived = 0
    let open = (): void => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const { visit, held } = await served(t, options, {
      handler: async (ctx) => {
        ;(await ctx.session).set<string>('name', ctx.path)
        if (++arrived === 3) open()
        await gate
        throw shared
      },
    })
    const names = ['/ada', '/bob', '/cy']
    const answers = await Promise.all(names.map((name) => visit(name)))
    for (const [index, answer] of answers.entries()) {
      t.deepEqual(await held(answer), { begun: true, name: names[index] })
      t.is(answer.headers['x-own'], '1')
    }
    t.deepEqual(Object.keys(shared.headers), ['x-own'])
  }
})

test('a visitor without a change gets no cookie with an object that another visitor’s request threw', async (t) => {
  const shared = withStatus(409)
  for (const options of engines) {
    const { visit } = await served(t, options, {
      handler: async (ctx) => {
        if (ctx.path === '/set') (await ctx.session).set<string>('n', 1)
        throw shared
      },
    })
    t.is((await visit('/set')).cookies.length, 1)
    for (const path of ['/read', '/']) t.deepEqual((await visit(path)).cookies, [])
  }
})

/** Boundaries above the sessions, and what they answer. */
const boundaries: readonly [string, (ctx: Context, error: unknown) => unknown][] = [
  ['sets a cookie of its own', (ctx) => ctx.cookies.set('theme', 'dark')],
  ['sets the header Set-Cookie', (ctx) => ctx.set('Set-Cookie', 'theme=dark')],
  ['removes the header Set-Cookie', (ctx) => ctx.remove('Set-Cookie')],
  ['lets caches keep it', (ctx) => ctx.set('Cache-Control', 'public, max-age=60')],
  [
    'answers with a stream',
    (ctx) => {
      ctx.body = Readable.from(['caught'])
    },
  ],
  [
    'answers past Koa',
    (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200, { 'Set-Cookie': 'theme=dark', 'X-Own': '1' })
      ctx.res.end('caught')
    },
  ],
  [
    'answers past Koa with a list of headers',
    (ctx) => {
      ctx.respond = false
      ctx.res.writeHead(200, 'Fine', ['Set-Cookie', 'theme=dark'])
      ctx.res.end('caught')
    },
  ],
  [
    'flushes the headers',
    (ctx) => {
      ctx.status = 200
      ctx.flushHeaders()
      ctx.body = 'caught'
    },
  ],
  [
    'redirects',
    (ctx) => {
      ctx.redirect('/elsewhere')
      ctx.status = 303
      ctx.body = 'caught'
    },
  ],
]
for (const options of engines)
  for (const [title, answer] of boundaries)
    test(`${options.engine}: an error boundary that ${title} answers with the session's cookie, too`, async (t) => {
      const boundary: Middleware = async (ctx, next) => {
        try {
          await next()
        } catch (error) {
          for (const name of ctx.res.getHeaderNames()) ctx.res.removeHeader(name)
          ctx.status = 200
          ctx.body = 'caught'
          answer(ctx as Context, error)
        }
      }
      const { visit, held, errors } = await served(t, options, {
        above: [boundary],
        handler: changedThen(withStatus(404)),
      })
      const given = await visit()
      t.is(given.body, 'caught')
      t.deepEqual(await held(given), { begun: true, n: 1 })
      t.is(given.headers.vary, 'Cookie')
      t.is(given.headers['cache-control'], 'no-store')
      if (/of its own|header Set|past Koa/.test(title) && !title.startsWith('removes'))
        t.is(given.cookies.find(({ name }) => name === 'theme')?.value, 'dark')
      t.deepEqual(errors, [])
    })

for (const options of engines) {
  test(`${options.engine}: the next request on the same connection has nothing of the one before`, async (t) => {
    const { visit } = await served(t, options, {
      handler: async (ctx) => {
        if (ctx.path === '/fail') (await ctx.session).set<string>('n', 1)
        if (ctx.path === '/fail') throw withStatus(404)
        ctx.body = 'fine'
      },
    })
    t.is((await visit('/fail')).cookies.length, 1)
    const { status, cookies } = await visit('/')
    t.is(status, 200)
    t.deepEqual(cookies, [])
  })

  test(`${options.engine}: a log-out that ends with an error takes the cookie away, once`, async (t) => {
    const { visit } = await served(t, options, {
      handler: async (ctx) => {
        const session = await ctx.session
        session.set<string>('n', 1)
        await session.save()
        session.flush()
        throw withStatus(500)
      },
    })
    const { status, cookies } = await visit()
    t.is(status, 500)
    t.deepEqual(
      cookies.map(({ value, attributes }) => [value, attributes['max-age']]),
      [['', '0']],
    )
  })

  test(`${options.engine}: HTTP/2 is no other`, async (t) => {
    const sessions = await openSessions(options)
    t.teardown(() => sessions.close())
    const app = new Koa()
    app.silent = true
    app.use(sessions.middleware())
    app.use(changedThen(withStatus(409)))
    const server = http2.createServer(app.callback() as never).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const client = http2.connect(`http://127.0.0.1:${Object(server.address()).port}`)
    t.teardown(() => {
      client.close()
      server.close()
    })
    const request = client.request({ ':path': '/' })
    const [headers] = await once(request, 'response')
    request.resume()
    t.is(headers[':status'], 409)
    t.regex(String(headers['set-cookie']), /^sessionid=/)
    await once(request, 'end')
  })
}
