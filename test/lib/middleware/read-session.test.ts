import { once } from 'node:events'
import { createRequire } from 'node:module'
import test from 'ava'
import Koa from 'koa'
import { WebSocket } from 'ws'
import { EngineUnavailable, openSessions, type Session } from '../../../src/lib/index.js'
import { onStore, onStoreAndCookie } from '../../support/site.js'

onStoreAndCookie(
  'read() answers the session of a request, read-only, and touches nothing',
  async (t, open) => {
    const site = await open({
      '/': async (ctx) => {
        const session = await ctx.session
        session.set('basket', { items: ['tea'] })
        session.login('ada')
      },
    })
    const { cookies } = await site.send('/')
    const cookie = `sessionid=junk; sessionid=${cookies[0]?.value}; sessionid=${'x'.repeat(40)}`
    site.calls.length = 0
    const session = await site.sessions.read({ headers: { cookie } })
    t.deepEqual(new Set(site.calls), new Set(['load']))
    if (session === undefined) return t.fail()
    t.is(session.user, 'ada')
    t.true(session.authenticatedWithin(1))
    t.deepEqual([...session], [['basket', { items: ['tea'] }]])
    t.deepEqual([...session.keys()], ['basket'])
    t.is(session.get('none', 1), 1)
    t.is(session.handle?.length, 16)
    t.false(JSON.stringify(session).includes(String(session.id)))

    const writable = session as unknown as Session
    for (const write of [
      () => writable.set('a', 1),
      () => writable.delete('basket'),
      () => writable.login('eve'),
      () => writable.logout(),
      () => writable.flush(),
      () => writable.cycleKey(),
      () => writable.save(),
      () => writable.flash('info', 'x'),
      () => writable.setExpiry(1),
    ])
      t.throws(write, { instanceOf: TypeError, message: /no cookie can be set.*sessions\.open/ })
    t.throws(() => Object.assign(writable, { views: 1 }), { instanceOf: TypeError })
    t.throws(() => (session.get('basket') as { items: string[] }).items.push('milk'), {
      instanceOf: TypeError,
    })
    t.is((await site.sessions.read({ headers: { cookie } }))?.get('a'), undefined)
  },
)

onStore('read() answers undefined where there is no session, and rejects in an outage', async (t, open) => {
  const site = await open({}, { absoluteTimeout: 3600 })
  const read = (cookie?: string) => site.sessions.read({ headers: cookie === undefined ? {} : { cookie } })
  t.is(await read(), undefined)
  t.is(await read(''), undefined)
  t.is(await read('sessionid='), undefined)
  t.is(await read(`sessionid=${'a'.repeat(32)}`), undefined)
  const session = await site.sessions.open()
  session.login('ada')
  await session.save()
  const cookie = `sessionid=${session.id}`
  t.is((await read(cookie))?.user, 'ada')
  t.is(await read(`other=${session.id}`), undefined)
  session.cycleKey()
  await session.save()
  t.is(await read(cookie), undefined)
  const newer = `sessionid=${session.id}`
  // The superseded one ends the search.
  t.is(await read(`${newer}; ${cookie}`), undefined)
  t.is((await read(newer))?.user, 'ada')
  site.down.add('load')
  await t.throwsAsync(read(newer), { instanceOf: EngineUnavailable })
  site.down.clear()
  site.bench.now += 3_600_000
  t.is(await read(newer), undefined)
  for (const wrong of [undefined, {}, 'cookie', { headers: new Headers({ cookie }).entries, req: 1 }])
    await t.throwsAsync(site.sessions.read(wrong as never), { instanceOf: TypeError })
})

onStore('watch() says what it takes', async (t, open) => {
  const site = await open()
  const { sessions } = site
  const session = await sessions.open()
  const watch = (given: unknown, onEnd: unknown = () => {}) =>
    sessions.watch(given as Session, onEnd as never)
  t.throws(() => watch(session), { instanceOf: TypeError, message: /not stored/ })
  session.set('a', 1)
  await session.save()
  t.throws(() => watch(session, 'close'), { instanceOf: TypeError, message: /and a function/ })
  t.throws(() => watch(Promise.resolve(session)), { instanceOf: TypeError, message: /await/ })
  session.cycleKey()
  t.throws(() => watch(session), { instanceOf: TypeError, message: /save/ })
  await session.save()
  const stop = watch(session)
  stop()
  stop()
  const others = await openSessions({ engine: 'cache', logger: { warn() {}, error() {} } })
  t.throws(() => others.watch(session, () => {}), { message: /other sessions/ })
  await others.close()
})

test('in a handler of koa-websocket the session can be read and watched, and a write says why it cannot be', async (t) => {
  const sessions = await openSessions({ engine: 'cache', logger: { warn() {}, error() {} } })
  const websockify = createRequire(import.meta.url)('koa-websocket')
  const app = websockify(new Koa())
  app.use(sessions.middleware())
  app.ws.use(sessions.middleware())
  app.ws.use(async (ctx: Koa.Context & { websocket: WebSocket }) => {
    const session = await ctx.session
    const wrote = t.throws(() => session.set('a', 1), { instanceOf: TypeError })
    if (session.user !== undefined) sessions.watch(session, () => ctx.websocket.close())
    ctx.websocket.send(`${session.user}: ${wrote?.message}`)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `ws://127.0.0.1:${server.address().port}/`
  const session = await sessions.open()
  session.login('ada')
  await session.save()
  const socket = new WebSocket(url, { headers: { cookie: `sessionid=${session.id}` } })
  const [message] = await once(socket, 'message')
  t.regex(String(message), /^ada: session\.set\(\).*no cookie can be set/)
  const stranger = new WebSocket(url)
  const [other] = await once(stranger, 'message')
  t.regex(String(other), /^undefined: .*no cookie/)
  stranger.terminate()
  const closed = once(socket, 'close')
  await sessions.revokeAll('ada')
  await closed
  await sessions.close()
})
