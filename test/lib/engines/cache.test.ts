import { Agent } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { openCache } from '../../../src/lib/engines/cache.js'
import { RevokedCookies } from '../../../src/lib/engines/revocations.js'
import { openSessions, RecordRefused } from '../../../src/lib/index.js'
import { send } from '../../support/client.js'
import { serve } from '../../support/serve.js'

const MAX = 20

async function openOn(t: ExecutionContext, cacheMaxSessions = MAX) {
  const bench = { now: Date.now() }
  const silent = (): void => {}
  const sessions = await openSessions({
    engine: (tools) =>
      openCache({ cacheMaxSessions, keyPrefix: 'keyv' }, { ...tools, clock: () => bench.now }),
    logger: { warn: silent, error: silent },
  })
  t.teardown(() => sessions.close())
  /** Answers the id of a new session; with a user it is logged in. */
  const begin = async (user?: string): Promise<string> => {
    const session = await sessions.open()
    session.set<string>('user', user ?? 'nobody')
    if (user !== undefined) session.login(user)
    await session.save()
    return session.id ?? ''
  }
  const isThere = async (id: string): Promise<boolean> => (await sessions.engine.load(id)).kind === 'found'
  return { sessions, bench, begin, isThere }
}

test('anonymous sessions push out one another, and nothing that security depends on', async (t) => {
  const { sessions, bench, begin, isThere } = await openOn(t)
  const { index } = sessions.engine
  if (index === undefined) return t.fail('the engine has no index')
  const revoked = new RevokedCookies(index, { clock: () => bench.now, logger: console }, false)
  const { is } = await revoked.endAll('a thief')
  const first = await begin()
  const ids = [await begin('ada'), await begin('ada')]
  for (let n = 0; n < MAX * 10; n++) await begin()
  t.false(await isThere(first))
  for (const id of ids) t.true(await isThere(id))
  t.is((await sessions.forUser('ada')).length, 2)
  t.is((await revoked.of('a thief')).notBefore, is.notBefore)
})

test('what is used stays, what was unused for longest goes', async (t) => {
  const { begin, isThere } = await openOn(t)
  const [used, unused] = [await begin(), await begin()]
  for (let n = 0; n < MAX - 1; n++) {
    await isThere(used)
    await begin()
  }
  t.true(await isThere(used))
  t.false(await isThere(unused))
})

test('when the room for them ends log-ins are refused, nobody is logged out, and visitors are served', async (t) => {
  const { sessions, begin, isThere, bench } = await openOn(t)
  const ids: string[] = []
  const full = await t.throwsAsync(
    async () => {
      for (let n = 0; n < MAX; n++) ids.push(await begin(`user ${n}`))
    },
    { instanceOf: RecordRefused, message: /raise CACHE_MAX_SESSIONS/ },
  )
  t.is(full?.status, 500)
  t.is(ids.length, (MAX * 0.9) / 2, 'a session and a list for each')
  const visitor = await begin()
  t.true(await isThere(visitor))
  await t.throwsAsync(begin('one more'), { instanceOf: RecordRefused })
  for (const id of ids) t.true(await isThere(id))

  const leaving = await sessions.open(ids.pop())
  leaving.logout()
  await leaving.save()
  await t.notThrowsAsync(begin('user 0'), 'there is room for one of whom there is a list already')
  for (const id of ids) t.true(await isThere(id))

  const later = 400 * 24 * 3600 * 1000
  bench.now += later
  t.true((await sessions.clearExpired()) > 0)
  bench.now -= later
  t.true(await isThere(await begin('a new one')))
})

test('a session that is logged in, rotates and logs out keeps its place among those of its kind', async (t) => {
  const { sessions, begin, isThere } = await openOn(t)
  const id = await begin()
  const session = await sessions.open(id)
  session.login('ada')
  await session.save()
  const { engine } = sessions
  for (let n = 0; n < MAX * 2; n++) await begin()
  t.true(await isThere(session.id ?? ''))
  const loaded = await engine.load(session.id ?? '')
  if (loaded.kind !== 'found') return t.fail()
  const rotated = await rotateIn(engine, session.id ?? '', loaded.record, loaded.version)
  if (rotated.kind !== 'updated') return t.fail()
  await engine.touch(rotated.id, loaded.record.expires + 1)
  for (let n = 0; n < MAX * 2; n++) await begin()
  t.true(await isThere(rotated.id))
  const { user: _, ...anonymous } = loaded.record
  await engine.update(rotated.id, anonymous, rotated.version)
  for (let n = 0; n < MAX * 2; n++) await begin()
  t.false(await isThere(rotated.id), 'an anonymous session is not protected')
})

test('with room for one, a rotation keeps the session', async (t) => {
  const { sessions, isThere } = await openOn(t, 1)
  const record = { data: {}, createdAt: 1, expires: Date.now() + 60_000 }
  const id = await createIn(sessions.engine, record)
  const rotated = await rotateIn(sessions.engine, id, record, 1)
  t.true(await isThere(rotated.kind === 'updated' ? rotated.id : ''))
})

test('a log-in is refused for which the store of revocations would have no room', async (t) => {
  const silent = (): void => {}
  const sessions = await openSessions({
    engine: 'signed_cookies',
    revocationStore: 'cache',
    cacheMaxSessions: MAX,
    secretKey: 'mM0yS9pQ2rT5vX8zA1cE4gH7jK0nP3sU',
    logger: { warn: silent, error: silent },
  })
  t.teardown(() => sessions.close())
  const begin = async (user?: string) => {
    const session = await sessions.open()
    session.set<string>('n', 1)
    if (user !== undefined) session.login(user)
    await session.save()
    return session
  }
  const isThere = async (id = ''): Promise<boolean> => (await sessions.engine.load(id)).kind === 'found'
  const [first, ...others] = await Promise.all(
    Array.from({ length: MAX * 0.9 }, (_, n) => begin(`user ${n}`)),
  )
  const copy = first?.id
  await t.throwsAsync(begin('one more'), { instanceOf: RecordRefused })
  t.truthy((await begin()).id, 'a visitor')
  t.truthy((await begin('user 0')).id, 'a user who has a list already')

  first?.logout()
  await first?.save()
  t.false(await isThere(copy))
  await sessions.revokeAll('user 1')
  t.deepEqual(
    await Promise.all(others.map(({ id }) => isThere(id))),
    others.map((_, n) => n > 0),
  )
})

test('an old cookie that was taken over and logged out stays worthless, and what finds no room is refused', async (t) => {
  const sessions = await openSessions({
    engine: 'cache',
    cacheMaxSessions: MAX,
    logger: { warn: () => {}, error: () => {} },
    readThrough: [
      {
        keyOf: (cookies) => cookies('old').at(-1),
        load: async (key) => ({ data: { key } }),
        remove: async () => {},
        seal: (key) => `sealed ${key}`,
        cookies: [],
      },
    ],
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.silent = true
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.path === '/visit') session.set('visits', 1)
    if (ctx.path === '/log-in') session.login('ada')
    if (ctx.path === '/log-out') session.logout()
    ctx.body = session.get('key') ?? session.user ?? 'nobody'
  })
  const url = await serve(t, app)
  const agent = new Agent()
  t.teardown(() => agent.destroy())
  const ask = (path: string, cookie?: string) => send(agent, `${url}${path}`, cookie ? { cookie } : {})

  const [user] = (await ask('/log-in')).cookies
  const ada = `${user?.name}=${user?.value}`
  const room = MAX * 0.9 - 2
  for (let n = 0; n < room; n++) {
    const { body, cookies } = await ask('/', `old=visitor-${n}`)
    t.is(body, `visitor-${n}`)
    if (n === 0) await ask('/log-out', `${cookies[0]?.name}=${cookies[0]?.value}`)
  }
  t.is((await ask('/', 'old=one-more')).status, 500)
  t.is((await ask('/log-in')).status, 500)
  for (let n = 0; n < MAX * 2; n++) await ask('/visit')
  t.is((await ask('/', 'old=visitor-0')).body, 'nobody')
  t.is((await ask('/', ada)).body, 'ada')
})
