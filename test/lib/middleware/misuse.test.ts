/** What a new user writes instead of what is right: each throws at once, and says what to write. */

import { deepStrictEqual } from 'node:assert'
import { inspect, types } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { Session } from '../../../src/lib/session/session.js'
import { serve } from '../../support/serve.js'
import { type Handler, idAfter, onStoreAndCookie } from '../../support/site.js'

type Run = (it: unknown) => unknown

/** The same line in strict code and in sloppy code, which ES modules cannot have. */
const modes: readonly [string, (code: string) => Run][] = [
  ['strict', (code) => new Function('it', `'use strict'; return ${code}`) as Run],
  ['sloppy', (code) => new Function('it', `return ${code}`) as Run],
]

/** What is done to `ctx`, whose session is a promise, and what has to be in the error. */
const onContext: Readonly<Record<string, RegExp>> = {
  'it.session.views = 1': /session\.set\('views', …\)/,
  'it.session.views++': /session\.set\('views', …\)/,
  "it.session['a b'] ??= 1": /session\.set\('a b', …\)/,
  'Object.assign(it.session, { views: 1 })': /session\.set\('views', …\)/,
  "it.session.user = 'ada'": /await ctx\.session/,
  'it.session.save = 1': /await ctx\.session/,
  "it.session.get('x')": /await ctx\.session.*session\.get/,
  "it.session.set('x', 1)": /await ctx\.session.*session\.set/,
  "it.session.login('ada')": /await ctx\.session.*session\.login/,
  'it.session.flush()': /await ctx\.session.*session\.flush/,
  'it.session.save()': /await ctx\.session.*session\.save/,
  'it.session.discard()': /await ctx\.session.*session\.discard/,
  'it.session.id': /await ctx\.session.*session\.id/,
  'it.session.user?.name': /await ctx\.session.*session\.user/,
  'it.session.size': /await ctx\.session.*session\.size/,
  '(({ session: { modified } }) => modified)(it)': /await ctx\.session.*session\.modified/,
  'it.session = null': /\(await ctx\.session\)\.flush\(\)/,
  'it.session = { views: 1 }': /\(await ctx\.session\)\.set\(key, value\)/,
  'it.session &&= null': /\(await ctx\.session\)\.flush\(\)/,
  'Object.assign(it, { session: {} })': /\(await ctx\.session\)\.flush\(\)/,
}

/** What is done to the session that was waited for. */
const onSession: Readonly<Record<string, RegExp>> = {
  'it.views = 1': /session\.set\('views', …\)/,
  'it.views ??= 1': /session\.set\('views', …\)/,
  "it['a b'] = 1": /session\.set\('a b', …\)/,
  'it[0] = 1': /session\.set\('0', …\)/,
  'Object.assign(it, { views: 1 })': /session\.set\('views', …\)/,
  "it.user = 'ada'": /session\.set\('user', …\).*session\.login\(userId\)/,
  "it.id = 'x'": /session\.set\('id', …\)/,
  'it.size = 0': /session\.set\('size', …\)/,
  'it.createdAt = 1': /session\.set\('createdAt', …\)/,
  'it.toString = 1': /session\.set\('toString', …\)/,
  'it.__proto__ = {}': /session\.set\('__proto__', …\)/,
}

/** Answers with what `misuse` throws. */
function throwing(misuse: (ctx: Context) => unknown): Handler {
  return async (ctx) => {
    try {
      await misuse(ctx)
      ctx.body = 'nothing was thrown'
    } catch (error) {
      ctx.body = String(error)
    }
  }
}

for (const [mode, compile] of modes) {
  for (const [code, said] of Object.entries(onContext)) {
    onStoreAndCookie(
      `in ${mode} code ctx as it: ${code} throws at once, and says what to write`,
      async (t, open) => {
        const misuse = compile(code)
        const site = await open({
          '/': throwing((ctx) => {
            misuse(ctx)
          }),
        })
        const { body, cookies } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
        t.regex(body, said)
        t.deepEqual(cookies, [])
        t.deepEqual(site.errors, [])
      },
    )
  }
  for (const [code, said] of Object.entries(onSession)) {
    onStoreAndCookie(
      `in ${mode} code a session as it: ${code} throws at once, and stores nothing`,
      async (t, open) => {
        const misuse = compile(code)
        const session = await (await open()).sessions.open()
        t.throws(() => misuse(session), { instanceOf: TypeError, message: said })
        t.false(session.modified)
      },
    )
  }
}

onStoreAndCookie('a session has methods, which cannot be assigned either', async (t, open) => {
  const session = await (await open()).sessions.open()
  for (const name of ['values', 'get', 'keys', 'constructor'])
    t.throws(() => Object.assign(session, { [name]: [] }), {
      message: RegExp(`session\\.set\\('${name}', …\\)`),
    })
  t.deepEqual([...session.values()], [])
})

onStoreAndCookie('a template that is handed ctx.session says what to write', async (t, open) => {
  const template = new Function('session', "with ({ session }) { return '<p>' + session.get('name') }")
  const site = await open({ '/': throwing(({ session }) => template(session)) })
  t.regex((await site.send('/')).body, /await ctx\.session.*session\.get/)
})

test('the compiler says so too', (t) => {
  t.is(typeof misspelt, 'function')
})

function misspelt(ctx: Context, session: Session): void {
  // @ts-expect-error
  ctx.session.views = 1
  // @ts-expect-error
  ctx.session.get('x')
  // @ts-expect-error
  ctx.session = null
  // @ts-expect-error
  session.views = 1
  // @ts-expect-error
  session.user = 'ada'
}

onStoreAndCookie('ctx.session is a promise like any other otherwise', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const promise = ctx.session
      t.true(promise instanceof Promise)
      t.true(promise instanceof Object)
      t.true(types.isPromise(promise))
      t.is(Promise.resolve(promise), promise)
      t.is(promise.constructor, Promise)
      t.is(String(promise), '[object Promise]')
      t.is(JSON.stringify({ promise }), '{"promise":{}}')
      t.regex(inspect(promise, { showHidden: true, depth: 4 }), /^(Session \[)?Promise/)
      t.deepEqual(Object.keys(promise), [])
      t.false('views' in promise)
      t.is(Reflect.get(promise, 'views'), undefined)
      t.is(ctx.session, promise)
      const session = await promise
      t.true(session instanceof Session)
      t.is(await promise.then((one) => one), session)
      t.is(await promise.catch(() => undefined), session)
      t.is(await promise.finally(() => undefined), session)
      t.true(promise.then(() => undefined) instanceof Promise)
      t.is((await Promise.all([promise, 1]))[0], session)
      t.is(await Promise.race([promise]), session)
      t.is(await Promise.any([promise]), session)
      t.like(await Promise.allSettled([promise]), [{ status: 'fulfilled', value: session }])
      t.is(await (async () => promise)(), session)
      for await (const one of [promise]) t.is(one, session)
      const later = await new Promise((resolve) => promise.then(resolve))
      t.is(later, session)
    },
  })
  const { status } = await site.send('/', { cookie: `sessionid=${await site.store()}` })
  t.is(status, 200, site.errors[0]?.stack)
})

onStoreAndCookie('and a session an object like any other', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open(await site.store({ a: 1 }))
  t.true(session instanceof Session)
  t.true(session instanceof Object)
  t.is(Object.prototype.toString.call(session), '[object Object]')
  t.deepEqual(Object.keys(session), [])
  t.is(Reflect.get(session, 'views'), undefined)
  t.is(Reflect.get(session, 'then'), undefined)
  t.false('views' in session)
  t.true('get' in session)
  t.is(session.constructor, Session)
  t.deepEqual(Object.fromEntries(session), { a: 1 })
  t.regex(inspect(session, { showHidden: true, showProxy: true }), /^Session \{/)
  t.notThrows(() => deepStrictEqual(session, session))
  session.modified = true
  t.true(session.modified)
  const mark = Symbol('a tool marks what it has seen')
  Object.assign(session, { [mark]: true })
  t.is(Reflect.get(session, mark), true)
  // As tools for tests put their own in the place of a method.
  Object.defineProperty(session, 'save', { value: async () => undefined })
  await t.notThrowsAsync(session.save())
})

onStoreAndCookie('a session that cannot be opened rejects as before', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      ctx.body = await ctx.session.then(
        () => 'opened',
        (error: Error) => error.name,
      )
    },
    '/unasked': (ctx) => {
      void ctx.session
    },
  })
  const id = await site.store()
  site.down.add('load')
  const { body } = await site.send('/', { cookie: `sessionid=${id}` })
  if (!site.inCookie) t.is(body, 'EngineUnavailable')
  t.is((await site.send('/unasked', { cookie: `sessionid=${id}` })).status, 200)
  t.is(idAfter(await site.send('/unasked')), '')
})

/** An application's `error` events, and what it answers. */
async function answerOf(t: ExecutionContext, use: (app: Koa) => void, options: SessionsOptions = {}) {
  const sessions = await openSessions({ engine: 'cache', ...options })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.silent = true
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  use(app)
  const { status } = await fetch(await serve(t, app))
  return { status, errors, sessions }
}

const MISSING = /app\.use\(sessions\.middleware\(\)\) is missing, or stands below this handler/

const read: Middleware = async (ctx) => {
  ctx.body = String((await ctx.session).get('a'))
}

test('ctx.session where there is no middleware says so', async (t) => {
  const { status, errors } = await answerOf(t, (app) => app.use(read))
  t.is(status, 500)
  t.regex(errors[0]?.message ?? '', MISSING)
})

test('ctx.session above the middleware says so, at the first request and later', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.silent = true
  const errors: Error[] = []
  app.on('error', (error: Error) => errors.push(error))
  app.use((ctx, next) => (ctx.path === '/above' ? read(ctx as Context, next) : next()))
  app.use(sessions.middleware())
  app.use(read)
  const url = await serve(t, app)
  for (const [path, status] of [
    ['/above', 500],
    ['/', 200],
    ['/above', 500],
  ] as const) {
    t.is((await fetch(`${url}${path}`)).status, status)
  }
  t.is(errors.length, 2)
  for (const { message } of errors) t.regex(message, MISSING)
})

test('an application without sessions may have a ctx.session of its own', async (t) => {
  for (const use of [
    (app: Koa) =>
      app.use((ctx, next) => {
        Reflect.set(ctx, 'session', { own: true })
        return next()
      }),
    (app: Koa) => Object.defineProperty(app.context, 'session', { value: { own: true } }),
  ]) {
    const { status, errors } = await answerOf(t, (app) => {
      use(app)
      app.use((ctx) => {
        ctx.body = JSON.stringify(ctx.session)
        if (ctx.body !== '{"own":true}') throw new Error(String(ctx.body))
      })
    })
    t.is(status, 200, errors[0]?.stack)
  }
})

test('app.use(sessions.middleware) says that the parentheses are missing', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const { status, errors } = await answerOf(t, (app) => {
    app.use(sessions.middleware)
    app.use(read)
  })
  t.is(status, 500)
  t.regex(errors[0]?.message ?? '', /app\.use\(sessions\.middleware\(\)\), with parentheses/)
})

test('options for middleware() are told where they belong', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  // @ts-expect-error
  t.throws(() => sessions.middleware({ maxAge: 60 }), { message: /options belong to openSessions\(\)/ })
})
