import { Agent } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { type Answer, send, Visitor } from '../../support/client.js'
import { serve } from '../../support/serve.js'

const FIRST = 'a first secret that is long enough for its work'
const SECOND = 'a second secret that is long enough for its work'
/** Seconds. */
const AGE = 60

const time = { now: Date.UTC(2026, 0, 1) + 123 }

/** A site whose sessions are in cookies under these keys. */
async function siteWith(
  t: ExecutionContext,
  options: SessionsOptions,
): Promise<(cookie?: string) => Visitor> {
  const sessions = await openSessions({
    engine: 'signed_cookies',
    cookieAge: AGE,
    clock: () => time.now,
    logger: { warn: () => {}, error: (_, message) => t.log(message) },
    ...options,
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.silent = true
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    if (ctx.path === '/elsewhere') {
      ctx.body = 'elsewhere'
      return
    }
    const session = await ctx.session
    if (ctx.path === '/in') session.set('user', 'ada')
    if (ctx.path === '/expiry') session.setExpiry(7)
    if (ctx.path === '/browser') session.setExpiry(0)
    if (ctx.path === '/broken') ctx.throw(500)
    ctx.body = String(session.get('user', 'nobody'))
  })
  const url = await serve(t, app)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  return (cookie) => {
    const visitor = new Visitor((path, sent) => send(agent, url + path, sent))
    if (cookie !== undefined) visitor.cookies.set('sessionid', cookie)
    return visitor
  }
}

async function loggedInBefore(
  t: ExecutionContext,
  options: SessionsOptions,
  ...paths: string[]
): Promise<string> {
  const visitor = (await siteWith(t, { ...options, secretKey: FIRST }))()
  for (const path of ['/in', ...paths]) await visitor.visit(path)
  return visitor.cookies.get('sessionid') ?? ''
}

const givenBy = ({ cookies }: Answer) => cookies.find(({ name }) => name === 'sessionid')

for (const cookieCodec of ['sealed', 'signed'] as const) {
  const rotating = { cookieCodec, secretKey: SECOND, secretKeyFallbacks: [FIRST] }
  const after = { cookieCodec, secretKey: SECOND }

  test.serial(
    `S54 ${cookieCodec}: a cookie under an earlier key is made anew by the request that reads it, once`,
    async (t) => {
      const cookie = await loggedInBefore(t, { cookieCodec })
      const visitor = (await siteWith(t, rotating))(cookie)
      t.is(givenBy(await visitor.visit('/elsewhere')), undefined)
      t.is(givenBy(await visitor.visit('/broken')), undefined)

      const answer = await visitor.visit('/')
      t.is(answer.body, 'ada')
      t.not(givenBy(answer)?.value ?? cookie, cookie)
      t.is(givenBy(await visitor.visit('/')), undefined)

      const site = await siteWith(t, after)
      t.is((await site(visitor.cookies.get('sessionid')).visit('/')).body, 'ada')
      t.is((await site(cookie).visit('/')).body, 'nobody', 'the key is gone, and its cookies with it')
    },
  )

  test.serial(`S54 ${cookieCodec}: the new cookie ends when the old one would have`, async (t) => {
    const cookie = await loggedInBefore(t, { cookieCodec })
    const visitor = (await siteWith(t, rotating))(cookie)
    time.now += 40_000
    const end = new Date(time.now + 20_000 - (time.now % 1000)).toUTCString()
    t.like(givenBy(await visitor.visit('/'))?.attributes, { 'max-age': '20', expires: end })
    time.now += 19_999
    t.is((await visitor.visit('/')).body, 'ada')
    time.now += 1
    t.is((await visitor.visit('/')).body, 'nobody')
  })

  test.serial(`S54 ${cookieCodec}: an expiry of its own stays the session’s`, async (t) => {
    const [seconds, browser] = [
      await loggedInBefore(t, { cookieCodec }, '/expiry'),
      await loggedInBefore(t, { cookieCodec }, '/browser'),
    ]
    const site = await siteWith(t, rotating)
    time.now += 3000
    t.is(givenBy(await site(seconds).visit('/'))?.attributes['max-age'], '4')
    const given = givenBy(await site(browser).visit('/'))
    t.truthy(given)
    t.is(given?.attributes['max-age'], undefined)
  })

  test.serial(`S54 ${cookieCodec}: what makes the session live longer anyway still does`, async (t) => {
    const cookie = await loggedInBefore(t, { cookieCodec })
    const [every, written] = [
      await siteWith(t, { ...rotating, saveEveryRequest: true }),
      await siteWith(t, rotating),
    ]
    time.now += 40_000
    t.is(givenBy(await every(cookie).visit('/'))?.attributes['max-age'], String(AGE))
    t.is(givenBy(await written(cookie).visit('/in'))?.attributes['max-age'], String(AGE))
  })
}

test.serial(
  'S52 a value that is moved to another cookie, or to another application, logs nobody in',
  async (t) => {
    for (const cookieCodec of ['sealed', 'signed'] as const) {
      const cookie = await loggedInBefore(t, { cookieCodec })
      const ask = async (options: SessionsOptions, name: string): Promise<string> => {
        const visitor = (await siteWith(t, { cookieCodec, secretKey: FIRST, ...options }))()
        visitor.cookies.set(name, cookie)
        return (await visitor.visit('/')).body
      }
      t.is(await ask({}, 'sessionid'), 'ada')
      t.is(await ask({}, 'csrftoken'), 'nobody')
      t.is(await ask({ cookieName: 'other' }, 'other'), 'nobody')
      t.is(await ask({ secretKey: SECOND }, 'sessionid'), 'nobody')
    }
  },
)

test.serial('S14 a key that is sent as a cookie logs nobody in', async (t) => {
  const site = await siteWith(t, { secretKey: FIRST, secretKeyFallbacks: [SECOND] })
  for (const key of [FIRST, SECOND].map((each) => each.replaceAll(' ', '-'))) {
    t.is((await site(key).visit('/')).body, 'nobody')
  }
})
