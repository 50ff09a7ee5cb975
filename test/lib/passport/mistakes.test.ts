/** What somebody writes who puts Passport in at the wrong place: each says what to write. */

import test, { type ExecutionContext } from 'ava'
import Koa, { type Middleware } from 'koa'
import { openSessions, type Sessions } from '../../../src/lib/index.js'
import { passportSessions } from '../../../src/lib/passport/index.js'
import { serve } from '../../support/serve.js'
import { localPassport } from './passport-site.js'

/** The error of a request through these. */
async function errorOf(t: ExecutionContext, middlewares: readonly Middleware[]): Promise<string> {
  const app = new Koa()
  app.silent = true
  const errors: string[] = []
  app.on('error', ({ message }: Error) => errors.push(message))
  for (const middleware of middlewares) app.use(middleware)
  app.use((ctx) => ctx.login({ id: 'u1' }))
  t.is((await fetch(await serve(t, app))).status, 500)
  return errors.join()
}

async function ours(t: ExecutionContext): Promise<Sessions> {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  return sessions
}

test('Passport without passportSessions says so, at a log-in and where it looks for one', async (t) => {
  const [sessions, passport] = [await ours(t), localPassport()]
  const above = [sessions.middleware(), passport.initialize()]
  const remedy = /passportSessions\(sessions\)\), of koa-tessera\/passport/
  t.regex(await errorOf(t, above), remedy)
  t.regex(await errorOf(t, [...above, passport.session()]), remedy)
})

test('passportSessions below passport.initialize() says where it belongs', async (t) => {
  const [sessions, passport] = [await ours(t), localPassport()]
  const message = await errorOf(t, [sessions.middleware(), passport.initialize(), passportSessions(sessions)])
  t.regex(message, /passportSessions\(sessions\)\) above app\.use\(passport\.initialize\(\)\)/)
})

test('passportSessions without the middleware of the same sessions says what is missing', async (t) => {
  const [sessions, others] = [await ours(t), await ours(t)]
  const remedy = /write app\.use\(sessions\.middleware\(\)\) above/
  t.regex(await errorOf(t, [passportSessions(sessions)]), remedy)
  t.regex(await errorOf(t, [others.middleware(), passportSessions(sessions)]), remedy)
})

test('passportSessions takes sessions that are open, and options that it knows', async (t) => {
  const sessions = await ours(t)
  const notOpen = openSessions({ engine: 'cache' })
  for (const wrong of [notOpen, undefined, sessions.middleware(), localPassport(), {}])
    t.throws(() => passportSessions(wrong as unknown as Sessions), { message: /await openSessions\(…\)/ })
  t.throws(() => passportSessions(sessions, { userID: String } as object), { message: /no option userID/ })
  t.throws(() => passportSessions(sessions, { userId: 'id' } as object), { message: /userId is a function/ })
  await (await notOpen).close()
})

test('what a handler threw is the answer, although its session cannot be saved either', async (t) => {
  const sessions = await ours(t)
  const app = new Koa()
  app.silent = true
  const errors: string[] = []
  app.on('error', ({ message }: Error) => errors.push(message))
  for (const middleware of [sessions.middleware(), passportSessions(sessions)]) app.use(middleware)
  app.use((ctx) => {
    const session: Record<string, unknown> = Reflect.get(ctx.request, 'session')
    session.list = []
    const list = session.list as unknown[]
    list.push(list)
    ctx.throw(418)
  })
  t.is((await fetch(await serve(t, app))).status, 418)
  t.regex(errors[0] ?? '', /cannot hold list.*circular/)
})
