/** Several `sessions.middleware()` around one handler: of two kinds of sessions, or the same one twice. */

import { Agent } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import { csrf, openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { send, Visitor } from '../../support/client.js'
import { serve } from '../../support/serve.js'

const logger = { warn: () => {}, error: () => {} }
const secretKey = 'a secret of the tests, and of nobody else'

async function kindOf(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const sessions = await openSessions({ engine: 'cache', secretKey, logger, ...options })
  t.teardown(() => sessions.close())
  return sessions
}

/** Serves these middlewares, one within the other; answers a visitor, and what the application was told. */
async function served(t: ExecutionContext, ...middlewares: readonly Middleware[]) {
  const app = new Koa()
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  for (const middleware of middlewares) app.use(middleware)
  app.use((ctx) => {
    ctx.body ??= 'answered'
  })
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const url = await serve(t, app)
  return { visitor: new Visitor((path, sent) => send(agent, `${url}${path}`, sent)), errors }
}

/** Sets a key before what is within, and another one after it. */
const around =
  (name: string, seen: unknown[] = []): Middleware =>
  async (ctx, next) => {
    const { session } = ctx as Context
    ;(await session).set<string>(`${name} before`, true)
    await next()
    const after = (ctx as Context).session
    seen.push(after === session)
    ;(await after).set<string>(`${name} after`, true)
  }

const held = async (sessions: Sessions, id: string | undefined): Promise<unknown> =>
  Object.fromEntries(await sessions.open(id))

for (const [title, outerOptions, innerOptions] of [
  ['in two stores', { cookieName: 'shop' }, { cookieName: 'admin' }],
  [
    'in their cookies',
    { cookieName: 'shop', engine: 'signed_cookies' },
    { cookieName: 'admin', engine: 'signed_cookies' },
  ],
  ['one in its cookie', { cookieName: 'shop' }, { cookieName: 'admin', engine: 'signed_cookies' }],
] as const satisfies readonly [string, SessionsOptions, SessionsOptions][]) {
  test(`two kinds of sessions ${title}: each handler sees those of the middleware around it, before and after`, async (t) => {
    const [outer, inner] = [await kindOf(t, outerOptions), await kindOf(t, innerOptions)]
    const seen: unknown[] = []
    const { visitor, errors } = await served(
      t,
      outer.middleware(),
      around('outer', seen),
      inner.middleware(),
      around('inner', seen),
    )
    for (const _ of [1, 2]) {
      t.is((await visitor.visit('/')).status, 200)
      t.deepEqual(await held(outer, visitor.cookies.get('shop')), {
        'outer before': true,
        'outer after': true,
      })
      t.deepEqual(await held(inner, visitor.cookies.get('admin')), {
        'inner before': true,
        'inner after': true,
      })
    }
    t.deepEqual(seen, Array(4).fill(true))
    t.deepEqual(errors, [])
  })

  test(`two kinds of sessions ${title}: a thrown error leads through both`, async (t) => {
    const [outer, inner] = [await kindOf(t, outerOptions), await kindOf(t, innerOptions)]
    const { visitor } = await served(
      t,
      outer.middleware(),
      async (ctx, next) => {
        try {
          await next()
        } catch {
          ;(await (ctx as Context).session).set<string>('caught', true)
          ctx.body = 'caught'
        }
      },
      inner.middleware(),
      async (ctx) => {
        ;(await (ctx as Context).session).set<string>('inner', true)
        ctx.throw(404)
      },
    )
    t.is((await visitor.visit('/')).body, 'caught')
    t.deepEqual(await held(outer, visitor.cookies.get('shop')), { caught: true })
    t.deepEqual(await held(inner, visitor.cookies.get('admin')), { inner: true })
  })

  test(`two kinds of sessions ${title}: a log-in and a log-out of one leave the other alone`, async (t) => {
    const [outer, inner] = [await kindOf(t, outerOptions), await kindOf(t, innerOptions)]
    const { visitor } = await served(
      t,
      outer.middleware(),
      async (ctx, next) => {
        const session = await (ctx as Context).session
        session.set<string>('cart', ['book'])
        await next()
        ctx.body = JSON.stringify([session.user ?? null, (await (ctx as Context).session).user ?? null])
      },
      inner.middleware(),
      async (ctx) => {
        const session = await (ctx as Context).session
        if (ctx.path === '/in') session.login('ada')
        if (ctx.path === '/out') session.logout()
      },
    )
    t.is((await visitor.visit('/in')).body, '[null,null]')
    t.is((await inner.open(visitor.cookies.get('admin'))).user, 'ada')
    t.is((await outer.open(visitor.cookies.get('shop'))).user, undefined)
    await visitor.visit('/out')
    t.false(visitor.cookies.has('admin'))
    t.deepEqual(await held(outer, visitor.cookies.get('shop')), { cart: ['book'] })
  })
}

test('three kinds, of which a handler asks for the outermost first when the others are over', async (t) => {
  const kinds = [
    await kindOf(t, { cookieName: 'one' }),
    await kindOf(t, { cookieName: 'two' }),
    await kindOf(t, { cookieName: 'three' }),
  ]
  const names = ['one', 'two', 'three']
  const after =
    (name: string): Middleware =>
    async (ctx, next) => {
      await next()
      ;(await (ctx as Context).session).set<string>('name', name)
    }
  const { visitor, errors } = await served(
    t,
    ...kinds.flatMap((sessions, at) => [sessions.middleware(), after(names[at] ?? '')]),
  )
  await visitor.visit('/')
  for (const [at, name] of names.entries())
    t.deepEqual(await held(kinds[at] as Sessions, visitor.cookies.get(name)), { name })
  t.deepEqual(errors, [])
})

test('a kind within the same kind within another one', async (t) => {
  const seen: unknown[] = []
  const [shop, admin] = [await kindOf(t, { cookieName: 'shop' }), await kindOf(t, { cookieName: 'admin' })]
  const { visitor } = await served(
    t,
    shop.middleware(),
    around('shop'),
    admin.middleware(),
    around('admin'),
    // What is within it sees the shop's session again, and the middleware further out commits it.
    shop.middleware(),
    around('within', seen),
  )
  await visitor.visit('/')
  t.deepEqual(seen, [true])
  t.deepEqual(Object.keys(Object(await held(shop, visitor.cookies.get('shop')))).sort(), [
    'shop after',
    'shop before',
    'within after',
    'within before',
  ])
  t.deepEqual(await held(admin, visitor.cookies.get('admin')), { 'admin before': true, 'admin after': true })
})

test('csrf() is bound to the sessions around it', async (t) => {
  const [outer, inner] = [await kindOf(t, { cookieName: 'shop' }), await kindOf(t, { cookieName: 'admin' })]
  const { visitor } = await served(
    t,
    outer.middleware(),
    around('outer'),
    inner.middleware(),
    csrf({ secretKey }),
    async (ctx, next) => {
      ;(await (ctx as Context).session).set<string>('n', 1)
      await next()
      ctx.body = String(ctx.state.csrfToken)
    },
  )
  const { body } = await visitor.visit('/')
  t.regex(body, /\w{20}/)
  t.true(visitor.cookies.has('csrftoken'))
})

for (const engine of ['cache', 'signed_cookies'] as const)
  for (const once of [true, false]) {
    const twice = (sessions: Sessions): readonly [Middleware, Middleware] => {
      const first = sessions.middleware()
      return [first, once ? first : sessions.middleware()]
    }
    const title = once ? 'the same middleware twice' : 'two middlewares of the same sessions'

    test(`${engine}: ${title}: the second passes through, and nothing is lost`, async (t) => {
      const sessions = await kindOf(t, { engine })
      const [first, second] = twice(sessions)
      const { visitor, errors } = await served(t, first, around('outer'), second, around('inner'))
      for (const _ of [1, 2]) {
        const { cookies, status } = await visitor.visit('/')
        t.is(status, 200)
        t.is(cookies.length, 1)
        t.deepEqual(await held(sessions, visitor.cookies.get('sessionid')), {
          'outer before': true,
          'outer after': true,
          'inner before': true,
          'inner after': true,
        })
      }
      t.deepEqual(errors, [])
    })

    test(`${engine}: ${title}: a log-in within is a log-in`, async (t) => {
      const sessions = await kindOf(t, { engine })
      const [first, second] = twice(sessions)
      const { visitor, errors } = await served(t, first, around('outer'), second, async (ctx) => {
        const session = await (ctx as Context).session
        if (ctx.path === '/in') session.login('ada')
        if (ctx.path === '/out') session.logout()
        ctx.body = session.user ?? 'nobody'
      })
      t.is((await visitor.visit('/')).body, 'nobody')
      for (const path of ['/in', '/', '/in']) t.like(await visitor.visit(path), { status: 200, body: 'ada' })
      t.is((await visitor.visit('/out')).status, 200)
      t.is((await visitor.visit('/')).body, 'nobody')
      t.deepEqual(errors, [])
    })

    test(`${engine}: ${title}: an error between the two commits once`, async (t) => {
      const sessions = await kindOf(t, { engine })
      const [first, second] = twice(sessions)
      const { visitor } = await served(
        t,
        first,
        async (ctx, next) => {
          await next().catch(async () => {
            ;(await (ctx as Context).session).set<string>('caught', true)
          })
          ctx.body = 'caught'
        },
        second,
        async (ctx) => {
          ;(await (ctx as Context).session).set<string>('inner', true)
          throw new Error('boom')
        },
      )
      t.is((await visitor.visit('/')).body, 'caught')
      t.deepEqual(await held(sessions, visitor.cookies.get('sessionid')), { inner: true, caught: true })
    })
  }
