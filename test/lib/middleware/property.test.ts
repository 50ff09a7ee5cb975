import { Agent } from 'node:http'
import test from 'ava'
import Koa, { type Context } from 'koa'
import { csrf, openSessions, type Session } from '../../../src/lib/index.js'
import { send, Visitor } from '../../support/client.js'
import { serve } from '../../support/serve.js'

const logger = { warn() {}, error() {} }
const secretKey = 'a secret of the tests, and of nobody else'

type WithAdmin = Context & { readonly admin: Promise<Session> }

async function twoKinds() {
  const users = await openSessions({ engine: 'cache', logger })
  const admins = await openSessions({
    engine: 'cache',
    logger,
    property: 'admin',
    cookieName: 'adminid',
    keyPrefix: 'admin',
  })
  return { users, admins }
}

async function visitorOf(t: Parameters<typeof serve>[0], app: Koa): Promise<Visitor> {
  app.silent = true
  const url = await serve(t, app)
  const agent = new Agent()
  t.teardown(() => agent.destroy())
  return new Visitor((path, sent) => send(agent, `${url}${path}`, sent))
}

for (const order of ['users first', 'admins first']) {
  test(`two kinds of sessions stand side by side under two names, ${order}`, async (t) => {
    const { users, admins } = await twoKinds()
    const app = new Koa()
    const both = order === 'users first' ? [users, admins] : [admins, users]
    // Once more in the middle changes nothing.
    for (const each of [...both, users]) app.use(each.middleware())
    app.use(async (context) => {
      const ctx = context as WithAdmin
      const session = await ctx.session
      const admin = await ctx.admin
      if (ctx.path === '/in') {
        session.login('ada')
        admin.login('root')
      } else if (ctx.path === '/out') admin.logout()
      ctx.body = `${session.user} ${admin.user}`
    })
    const visitor = await visitorOf(t, app)
    await visitor.visit('/in')
    t.deepEqual([...visitor.cookies.keys()].sort(), ['adminid', 'sessionid'])
    t.is((await visitor.visit('/')).body, 'ada root')
    await visitor.visit('/out')
    t.deepEqual([...visitor.cookies.keys()], ['sessionid'])
    t.is((await visitor.visit('/')).body, 'ada undefined')
  })
}

test('misuse names the property, and one cookie for two of them is refused', async (t) => {
  const { users, admins } = await twoKinds()
  const app = new Koa()
  const seen: string[] = []
  app.use(async (ctx, next) => {
    seen.push(t.throws(() => (ctx as WithAdmin).admin)?.message ?? '')
    await next()
  })
  app.use(users.middleware())
  app.use(admins.middleware())
  app.use((context) => {
    const ctx = context as WithAdmin
    seen.push(t.throws(() => (ctx.admin as unknown as Session).get('a'))?.message ?? '')
    seen.push(t.throws(() => Object.assign(ctx, { admin: null }))?.message ?? '')
    ctx.body = 'ok'
  })
  const visitor = await visitorOf(t, app)
  t.is((await visitor.visit('/')).status, 200)
  for (const message of seen) t.regex(message, /ctx\.admin/)

  const same = await openSessions({ engine: 'cache', logger, property: 'staff' })
  const clash = new Koa()
  clash.use(users.middleware())
  clash.use(same.middleware())
  const errors: string[] = []
  clash.on('error', (error: Error) => errors.push(error.message))
  t.is((await (await visitorOf(t, clash)).visit('/')).status, 500)
  t.regex(errors[0] ?? '', /ctx\.session and ctx\.staff have the same cookie, sessionid/)
})

test('a property that Koa has, or that is no name, is refused', async (t) => {
  for (const property of ['body', 'req', 'state', 'constructor', 'cookies', '', 'a b', '__proto__', 7, null])
    await t.throwsAsync(openSessions({ engine: 'cache', logger, property: property as string }), {
      instanceOf: TypeError,
      message: /property/,
    })
})

test('csrf() binds to ctx.session, and to another property if it is told to', async (t) => {
  const { admins } = await twoKinds()
  for (const [property, status] of [
    ['admin', 200],
    [undefined, 500],
  ] as const) {
    const app = new Koa()
    app.use(admins.middleware())
    app.use(csrf({ secretKey, logger, property }))
    app.use((ctx) => {
      ctx.body = ctx.state.csrfToken
    })
    t.is((await (await visitorOf(t, app)).visit('/')).status, status)
  }
})
