/** The client goes before it was answered: nothing is done that needs a cookie, for none will arrive. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import http2 from 'node:http2'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { openSessions, type SessionsOptions, SessionTooLate } from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import { sealedCookies } from '../../support/stores/signed-cookies.js'
import { sqlite } from '../../support/stores/sqlite.js'

type Handler = (ctx: Context) => Promise<unknown>

/** Both leave a request under way without its client. */
const protocols = {
  'HTTP/1.1': {
    serve: (app: Koa) => createServer(app.callback()),
    async leave(url: string, cookie: string | undefined, arrived: Promise<void>) {
      const leaving = new AbortController()
      const headers = cookie === undefined ? {} : { cookie }
      const asked = fetch(url, { headers, signal: leaving.signal }).catch(() => {})
      await arrived
      leaving.abort()
      await asked
    },
  },
  'HTTP/2': {
    serve: (app: Koa) => http2.createServer(app.callback() as never),
    async leave(url: string, cookie: string | undefined, arrived: Promise<void>) {
      const client = http2.connect(url)
      const request = client.request({ ':path': '/', ...(cookie !== undefined && { cookie }) })
      request.on('error', () => {})
      await arrived
      request.close(http2.constants.NGHTTP2_CANCEL)
      await once(request, 'close')
      client.close()
    },
  },
} as const

async function goneSite(
  t: ExecutionContext,
  under: typeof sqlite,
  protocol: keyof typeof protocols,
  handler: Handler,
  options: Omit<SessionsOptions, 'engine'> = {},
) {
  const { bench, close } = await openBench(under)
  t.teardown(close)
  const calls: EngineCall[] = []
  const engine = intercept(bench.engine, (call) => {
    calls.push(call)
  })
  const logger = { warn: () => {}, error: () => {} }
  const sessions = await openSessions({ ...options, engine, clock: () => bench.now, logger })
  const app = new Koa()
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  let arrive = (): void => {}
  let leave = (): void => {}
  app.use(async (_ctx, next) => {
    await next().finally(leave)
  })
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    await ctx.session
    arrive()
    if (!ctx.res.destroyed) await once(ctx.res, 'close')
    await handler(ctx as Context)
    ctx.body = 'answered'
  })
  const { serve, leave: visitAndLeave } = protocols[protocol]
  const server = serve(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${Object(server.address()).port}`
  return {
    bench,
    calls,
    errors,
    sessions,
    /** Resolves when the application is done with a request whose client has left. */
    async visit(id?: string) {
      const arrived = new Promise<void>((resolve) => {
        arrive = resolve
      })
      const left = new Promise<void>((resolve) => {
        leave = resolve
      })
      calls.length = 0
      await visitAndLeave(url, id === undefined ? undefined : `sessionid=${id}`, arrived)
      await left
      // Koa reports what was thrown a few steps after it was thrown.
      await new Promise((resolve) => setImmediate(resolve))
    },
    async store() {
      const session = await sessions.open()
      session.set<string>('a', 1)
      await session.save()
      return session.id ?? ''
    },
  }
}

const read: Handler = async (ctx) => (await ctx.session).get('a')
const set: Handler = async (ctx) => (await ctx.session).set<string>('a', 2)
const flush: Handler = async (ctx) => (await ctx.session).flush()
const logIn: Handler = async (ctx) => (await ctx.session).login('ada')

for (const protocol of ['HTTP/1.1', 'HTTP/2'] as const) {
  for (const [title, handler, calls] of [
    ['read', read, ['load']],
    ['written', set, ['load', 'update']],
  ] as const)
    test.serial(
      `S24 ${protocol}: an id that is due is not renewed where the session is ${title} by a client that is gone`,
      async (t) => {
        const site = await goneSite(t, sqlite, protocol, handler, { renewAfter: 10, renewGrace: 0 })
        const id = await site.store()
        site.bench.now += 10_000
        await site.visit(id)
        t.deepEqual(site.calls, calls)
        t.deepEqual(site.errors, [])
        site.bench.now += 120_000
        t.is((await site.sessions.open(id)).id, id, 'the visitor is still logged in')
      },
    )

  for (const [title, handler] of [
    ['a new session', set],
    ['a log-in', logIn],
  ] as const)
    test.serial(
      `${protocol}: ${title} of a client that is gone is not stored, and the application is told`,
      async (t) => {
        for (const under of [sqlite, sealedCookies]) {
          const site = await goneSite(t, under, protocol, handler)
          await site.visit()
          t.deepEqual(site.calls, [])
          t.is(site.errors.length, 1)
          t.true(site.errors[0] instanceof SessionTooLate)
          // Koa prints no stack for it: that visitors leave is no fault of the application.
          t.like(site.errors[0], { status: 400, expose: true })
          t.regex(site.errors[0]?.message ?? '', /the client is gone/)
        }
      },
    )

  test.serial(
    `S08 ${protocol}: a log-in into a session of a client that is gone leaves the session as it is`,
    async (t) => {
      const site = await goneSite(t, sqlite, protocol, logIn)
      const id = await site.store()
      await site.visit(id)
      t.deepEqual(site.calls, ['load'])
      t.true(site.errors[0] instanceof SessionTooLate)
      const session = await site.sessions.open(id)
      t.is(session.id, id)
      t.is(session.user, undefined)
    },
  )

  test.serial(`S26 ${protocol}: a log-out of a client that is gone ends the session`, async (t) => {
    const site = await goneSite(t, sqlite, protocol, flush)
    const id = await site.store()
    await site.visit(id)
    t.deepEqual(site.calls, ['load', 'delete'])
    t.deepEqual(site.errors, [])
  })

  test.serial(`${protocol}: save() for a client that is gone says so`, async (t) => {
    const thrown: unknown[] = []
    const site = await goneSite(t, sqlite, protocol, async (ctx) => {
      const session = await ctx.session
      session.set<string>('a', 1)
      await session.save().catch((error: unknown) => thrown.push(error))
    })
    await site.visit()
    t.true(thrown[0] instanceof SessionTooLate)
    t.deepEqual(site.calls, [])
    t.deepEqual(site.errors, [], 'what save() threw is not thrown again')
  })

  test.serial(`S54 ${protocol}: a cookie is not made anew for a client that is gone`, async (t) => {
    const site = await goneSite(t, sealedCookies, protocol, read, { saveEveryRequest: true })
    await site.visit(await site.store())
    t.deepEqual(site.calls, ['load'])
    t.deepEqual(site.errors, [])
  })
}
