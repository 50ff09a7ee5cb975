import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import { createRequire } from 'node:module'
import test, { type ExecutionContext } from 'ava'
import { RedisStore } from 'connect-redis'
import expressSessions, { type Store } from 'express-session'
import Koa from 'koa'
import { createClient } from 'redis'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { expressSession } from '../../../src/lib/read-through/index.js'
import { send } from '../../support/client.js'
import { postgres } from '../../support/databases.js'
import { serve } from '../../support/serve.js'
import { onRedis } from '../../support/servers/on-redis.js'
import { redisUrl } from '../../support/servers/redis.js'
import { sharedPort } from '../../support/servers/shared.js'
import { testOf } from '../../support/test-of.js'
import { cookiesOfExpressSession, secret } from './old-sites.js'

const whole = { cart: ['tea', 'milk'], passport: { user: '7' } }

/** A visitor of the old site, which had its sessions in `store`, comes to the new one. */
async function goesOn(t: ExecutionContext, store: Store, options: SessionsOptions): Promise<void> {
  const cookie = await cookiesOfExpressSession(t, { store, cookie: { maxAge: 600_000 } })
  t.regex(cookie, /^connect\.sid=s%3A/)
  const readThrough = [expressSession({ secret: ['a newer secret', secret], store })]
  const sessions = await openSessions({ ...options, readThrough })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    ctx.body = Object.fromEntries(await ctx.session)
  })
  const url = await serve(t, app)
  const agent = new Agent()
  t.teardown(() => agent.destroy())

  t.is((await send(agent, url, { cookie: cookie.replace('s%3A', 's%3Ax') })).body, '{}')
  const first = await send(agent, url, { cookie })
  t.deepEqual(JSON.parse(first.body), whole)
  t.is(first.cookies.find(({ name }) => name === 'connect.sid')?.attributes['max-age'], '0')
  const ours = first.cookies.find(({ name }) => name === 'sessionid')
  t.true(Number(ours?.attributes['max-age']) <= 600, 'it lives as long as the old one did')
  const next = await send(agent, url, { cookie: `sessionid=${ours?.value}` })
  t.deepEqual(JSON.parse(next.body), whole)

  const id = decodeURIComponent(cookie.slice('connect.sid='.length)).slice(2).split('.')[0] ?? ''
  const left = await new Promise((resolve) => store.get(id, (error, found) => resolve(error ?? found)))
  t.is(left ?? undefined, undefined, 'it is gone there')
}

test("a session of express-session's own store in memory goes on", (t) =>
  goesOn(t, new expressSessions.MemoryStore(), { engine: 'cache' }))

onRedis('a session of express-session with connect-redis goes on, also on the same Redis', async (t) => {
  const url = redisUrl(await sharedPort('redis'))
  const client = createClient({ url })
  await client.connect()
  t.teardown(() => client.destroy())
  const store = new RedisStore({ client, prefix: `${randomUUID()}:sess:` })
  await goesOn(t, store, { engine: 'redis', redisUrl: url, keyPrefix: randomUUID() })
})

interface PostgresStore extends Store {
  close(): Promise<void>
}
type MakeStore = new (options: { conString: string; createTableIfMissing: boolean }) => PostgresStore

testOf(postgres, 'a session of express-session with connect-pg-simple goes on', async (t) => {
  const databaseUrl = await postgres.fresh()
  const made: (sessions: typeof expressSessions) => MakeStore = createRequire(import.meta.url)(
    'connect-pg-simple',
  )
  const Made = made(expressSessions)
  const store = new Made({ conString: databaseUrl, createTableIfMissing: true })
  t.teardown(() => store.close())
  await goesOn(t, store, { engine: 'db', databaseUrl })
})

test('an end is found in both places where stores keep it; a record that is no JSON is no session, and no outage', async (t) => {
  const texts: Record<string, string> = {
    a: '{"cart":1,"cookie":{"expires":"2026-01-02T00:00:00.000Z"}}',
    b: '{"cart":1,"cookie":{"_expires":"2026-01-02T00:00:00.000Z"}}',
    damaged: '{"cart":',
  }
  const store = new RedisStore({ client: { get: async (key: string) => texts[key] }, prefix: '' })
  const old = expressSession({ secret, store })
  for (const key of ['a', 'b'])
    t.deepEqual(await old.load(key), { data: { cart: 1 }, expires: Date.UTC(2026, 0, 2) })
  for (const key of ['damaged', 'none']) t.is(await old.load(key), undefined)
})

test('what is no secret, no store and no list is refused', async (t) => {
  const store = new expressSessions.MemoryStore()
  t.throws(() => expressSession({ secret: '', store }), { message: /needs the secret of express-session/ })
  t.throws(() => expressSession({ secret, store: {} as Store }), { message: /needs the store/ })
  const readThrough = expressSession({ secret, store }) as unknown as []
  await t.throwsAsync(openSessions({ engine: 'cache', readThrough }), { message: /readThrough takes a list/ })
})
