/** What is changed when the request's own commit is over, and by whom nobody saves it. */

import { once } from 'node:events'
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import { openSessions, type Session, type SessionsOptions, SessionTooLate } from '../../../src/lib/index.js'
import { serve } from '../../support/serve.js'

const engines: readonly SessionsOptions[] = [
  { engine: 'cache' },
  { engine: 'signed_cookies', secretKey: 'a secret of the tests, and of nobody else' },
]

type Change = (session: Session) => unknown

/** Where the session is asked for, `change` is done to it, and `done` is called. */
type Place = (change: (ctx: Context) => Promise<void>) => Middleware

/** Above: after the commit, before the first byte. */
const above: Place = (change) => async (ctx, next) => {
  await next()
  ctx.body ??= 'answered'
  await change(ctx as Context)
}

const afterwards: Place = (change) => async (ctx, next) => {
  await next()
  ctx.body ??= 'answered'
  ctx.res.once('close', () => void change(ctx as Context))
}

const inTimer: Place = (change) => async (ctx, next) => {
  await next()
  ctx.body ??= 'answered'
  ctx.res.once('close', () => setTimeout(() => void change(ctx as Context), 1))
}

const inBody: Place = (change) => async (ctx, next) => {
  await next()
  ctx.body = Readable.from(
    (async function* () {
      yield 'begun '
      await change(ctx as Context)
      yield 'ended'
    })(),
  )
}

const places: readonly [string, Place][] = [
  ['above the middleware', above],
  ['when the response is closed', afterwards],
  ['in a timer', inTimer],
  ['in the stream of a body', inBody],
]

/** What the handler has done before. */
const befores: readonly [string, Middleware][] = [
  ['that nobody has opened before', () => {}],
  ['that was read', async (ctx) => void (await ctx.session).get('a')],
  ['that was changed and committed', async (ctx) => void (await ctx.session).set<string>('b', 1)],
]

const set: Change = (session) => session.set<string>('late', 1)
const changes: readonly [string, Change][] = [
  ['set()', set],
  ['set() twice', (session) => session.set<string>('late', 1).set<string>('later', 2)],
  ['a log-in', (session) => session.login('ada')],
  [
    'flush() and set()',
    (session) => {
      session.flush()
      session.set<string>('late', 1)
    },
  ],
  ['cycleKey()', (session) => session.cycleKey()],
  ['a change in place', (session) => Object(session.setDefault('list', [])).push(1)],
  [
    'modified = true',
    (session) => {
      session.modified = true
    },
  ],
]

async function served(t: ExecutionContext, options: SessionsOptions, place: Middleware, handler: Middleware) {
  const logger = { warn: () => {}, error: () => {} }
  const sessions = await openSessions({ ...options, logger })
  t.teardown(() => sessions.close())
  const app = new Koa()
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  app.use(place)
  app.use(sessions.middleware())
  app.use(async (ctx, next) => {
    await handler(ctx as never, next)
    ctx.body ??= 'answered'
  })
  const url = await serve(t, app)
  const stored = await sessions.open()
  stored.update({ a: 1, list: [] })
  await stored.save()
  return {
    sessions,
    errors,
    id: stored.id ?? '',
    visit: async (id?: string) => {
      const response = await fetch(url, id === undefined ? {} : { headers: { cookie: `sessionid=${id}` } })
      return {
        status: response.status,
        body: await response.text(),
        cookies: response.headers.getSetCookie(),
      }
    },
  }
}

/** Calls that everything that is already due comes before. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate()
}

for (const options of engines)
  for (const [where, place] of places)
    for (const [before, handler] of befores) {
      for (const withCookie of [false, true])
        test(`${options.engine}: a session ${before} and is changed ${where}, ${withCookie ? 'with' : 'without'} a cookie: the application is told, once`, async (t) => {
          for (const [title, change] of changes) {
            let finished = (): void => {}
            const done = new Promise<void>((resolve) => {
              finished = resolve
            })
            const late = place(async (ctx) => {
              change(await ctx.session)
              finished()
            })
            const { errors, id, visit } = await served(t, options, late, handler)
            const { status } = await visit(withCookie ? id : undefined)
            t.is(status, 200)
            await done
            await settle()
            t.is(errors.length, 1, title)
            t.true(errors[0] instanceof SessionTooLate, String(errors[0]))
          }
        })

      test(`${options.engine}: a session ${before} and is only read ${where} is no error`, async (t) => {
        let finished = (): void => {}
        const done = new Promise<void>((resolve) => {
          finished = resolve
        })
        const late = place(async (ctx) => {
          const session = await ctx.session
          t.is(session.get('a'), 1)
          t.deepEqual([...session.keys()].slice(0, 2), ['a', 'list'])
          t.deepEqual(session.get('list'), [])
          finished()
        })
        const { errors, id, visit } = await served(t, options, late, handler)
        await visit(id)
        await done
        await settle()
        t.deepEqual(errors, [])
      })
    }

for (const options of engines) {
  test(`${options.engine}: what is saved above the middleware is stored, and its cookie sent`, async (t) => {
    const late = above(async (ctx) => {
      const session = await ctx.session
      session.set<string>('late', 1)
      await session.save()
    })
    for (const [title, handler] of befores) {
      const { sessions, errors, visit } = await served(t, options, late, handler)
      const { cookies } = await visit()
      t.is(cookies.length, 1, title)
      const id = /^sessionid=([^;]*)/.exec(cookies[0] ?? '')?.[1]
      t.is((await sessions.open(id)).get('late'), 1)
      t.deepEqual(errors, [])
    }
  })

  test(`${options.engine}: save() that is too late itself says so to whoever calls it, and to nobody else`, async (t) => {
    let thrown: unknown
    let finished = (): void => {}
    const done = new Promise<void>((resolve) => {
      finished = resolve
    })
    const late = inBody(async (ctx) => {
      const session = await ctx.session
      session.set<string>('late', 1)
      thrown = await session.save().catch((error: unknown) => error)
      session.discard()
      finished()
    })
    const { errors, visit } = await served(t, options, late, () => {})
    t.is((await visit()).body, 'begun ended')
    await done
    await settle()
    t.true(thrown instanceof SessionTooLate)
    t.deepEqual(errors, [])
  })

  test(`${options.engine}: of two changes a while apart, one is told`, async (t) => {
    const { errors, id, visit } = await served(
      t,
      options,
      async (ctx, next) => {
        await next()
        ctx.body = 'answered'
        const session = await (ctx as Context).session
        t.deepEqual(session.get('list'), [])
        await once(ctx.res, 'close', { signal: AbortSignal.abort() }).catch(() => {})
        ctx.res.once('close', async () => {
          await settle()
          session.set<string>('late', 1)
          await settle()
          session.set<string>('later', 1)
        })
      },
      () => {},
    )
    await visit(id)
    for (let turn = 0; turn < 5; turn++) await settle()
    t.is(errors.length, 1)
    t.true(errors[0] instanceof SessionTooLate)
  })
}
