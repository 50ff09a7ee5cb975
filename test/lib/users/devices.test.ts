import { createHash } from 'node:crypto'
import test from 'ava'
import { NotOnThisEngine, openSessions, TooManySessions } from '../../../src/lib/index.js'
import { intercept } from '../../support/intercept.js'
import { COOKIE_AGE, type Handler, onStore, type Site } from '../../support/site.js'
import { temporaryDatabase } from '../../system/races/processes.js'

const DAY = 86_400_000

const logIn: Handler = async (ctx) => {
  const session = await ctx.session
  session.login(String(ctx.query.user ?? 'ada'), { device: ctx.query.device as string | undefined })
}

const handlers: Readonly<Record<string, Handler>> = {
  '/in': logIn,
  '/out': async (ctx) => (await ctx.session).logout(),
  '/put': async (ctx) => (await ctx.session).set<string>(String(ctx.query.key), 1),
  '/cycle': async (ctx) => (await ctx.session).cycleKey(),
  '/who': async (ctx) => {
    const session = await ctx.session
    ctx.body = `${session.user ?? 'nobody'} has ${[...session.keys()].join(' and ') || 'nothing'}`
  },
}

/** A browser in which the user is logged in, and the cookie that it has. */
async function loggedIn(site: Site, query = 'user=ada') {
  const visitor = site.visitor()
  await visitor.visit(`/in?${query}`)
  return { visitor, id: () => visitor.cookies.get('sessionid') ?? '' }
}

/** What a copy of the cookie leads to. */
const whoHas = async (site: Site, id: string): Promise<string> =>
  (await site.send('/who', { cookie: `sessionid=${id}` })).body

onStore(
  'S30 a user sees their live sessions: begun, last seen, device, which is this one, and never an id',
  async (t, open) => {
    const site = await open(
      {
        ...handlers,
        '/mine': async (ctx) => {
          const current = await ctx.session
          ctx.body = await site.sessions.forUser('ada', { current })
        },
      },
      { saveEveryRequest: true },
    )
    const begun = site.bench.now
    const laptop = await loggedIn(site, 'user=ada&device=laptop')
    site.bench.now += 1000
    const phone = await loggedIn(site, 'user=ada&device=phone')
    await loggedIn(site, 'user=bob&device=other')
    site.bench.now += 1000
    await laptop.visitor.visit('/cycle')
    site.bench.now += 1000
    await phone.visitor.visit('/who')
    const answer = await laptop.visitor.visit('/mine')
    const mine = JSON.parse(answer.body)
    t.deepEqual(
      mine.map(({ handle, ...rest }: { handle: string }) => {
        t.regex(handle, /^[\w-]{16}$/)
        return rest
      }),
      [
        {
          createdAt: new Date(begun + 1000).toISOString(),
          authenticatedAt: new Date(begun + 1000).toISOString(),
          lastSeen: new Date(begun + 3000).toISOString(),
          device: 'phone',
          isCurrent: false,
        },
        {
          createdAt: new Date(begun).toISOString(),
          authenticatedAt: new Date(begun).toISOString(),
          lastSeen: new Date(begun + 2000).toISOString(),
          device: 'laptop',
          isCurrent: true,
        },
      ],
    )
    const { index } = site.sessions.engine
    for (const id of [laptop.id(), phone.id()]) {
      t.false(answer.body.includes(id))
      t.false(answer.body.includes(String(index?.keyOf(id)).slice(-64)))
    }
    const [first] = await site.sessions.forUser('ada')
    t.is(first?.isCurrent, false)
    t.deepEqual(await site.sessions.forUser('nobody'), [])
  },
)

onStore('S31 what has ended is not listed: logged out, rotated away, expired', async (t, open) => {
  const site = await open(handlers)
  const one = await loggedIn(site, 'device=one')
  const two = await loggedIn(site, 'device=two')
  await loggedIn(site, 'device=three')
  const devices = async () => (await site.sessions.forUser('ada')).map(({ device }) => device).sort()
  t.deepEqual(await devices(), ['one', 'three', 'two'])
  await one.visitor.visit('/out')
  t.deepEqual(await devices(), ['three', 'two'])
  for (let n = 0; n < 6; n++) await two.visitor.visit('/cycle')
  t.deepEqual(await devices(), ['three', 'two'])
  site.bench.now += (COOKIE_AGE - 1) * 1000
  await two.visitor.visit('/put?key=a')
  site.bench.now += 1000
  t.deepEqual(await devices(), ['two'])
  await site.sessions.clearExpired()
  t.deepEqual(await devices(), ['two'])
})

onStore(
  'S29c one session of a user can be ended from elsewhere: its cookie leads nowhere, the others stay',
  async (t, open) => {
    const site = await open(handlers)
    const one = await loggedIn(site, 'device=one')
    const two = await loggedIn(site, 'device=two')
    const bob = await loggedIn(site, 'user=bob')
    const listed = await site.sessions.forUser('ada')
    const handle = listed.find(({ device }) => device === 'one')?.handle ?? ''
    t.is(await site.sessions.revoke('bob', handle), 0)
    t.is(await site.sessions.revoke('ada', handle), 1)
    t.is(await site.sessions.revoke('ada', handle), 0)
    t.is(await site.sessions.revoke('ada', 'nonsense'), 0)
    t.is(await whoHas(site, one.id()), 'nobody has nothing')
    t.is(await whoHas(site, two.id()), 'ada has nothing')
    t.is(await whoHas(site, bob.id()), 'bob has nothing')
    t.deepEqual(
      (await site.sessions.forUser('ada')).map(({ device }) => device),
      ['two'],
    )
  },
)

onStore('S29a all sessions of a user can be ended, and new ones begun', async (t, open) => {
  const site = await open(handlers)
  const browsers = [await loggedIn(site), await loggedIn(site), await loggedIn(site)]
  await browsers[0]?.visitor.visit('/cycle')
  const bob = await loggedIn(site, 'user=bob')
  t.is(await site.sessions.revokeAll('ada'), 3)
  t.is(await site.sessions.revokeAll('ada'), 0)
  for (const { id } of browsers) t.is(await whoHas(site, id()), 'nobody has nothing')
  t.is(await whoHas(site, bob.id()), 'bob has nothing')
  t.deepEqual(await site.sessions.forUser('ada'), [])
  const again = await loggedIn(site)
  await again.visitor.visit('/cycle')
  t.is(await whoHas(site, again.id()), 'ada has nothing')
  t.is((await site.sessions.forUser('ada')).length, 1)
  t.is(await site.sessions.revokeAll('nobody'), 0)
})

const changes: Readonly<Record<string, (site: Site) => Handler>> = {
  'the user proves who they are, and logs out everywhere else': (site) => async (ctx) => {
    const session = await ctx.session
    session.login('ada')
    ctx.body = await site.sessions.revokeOthers(session)
    session.cycleKey()
  },
  'everywhere else first': (site) => async (ctx) => {
    const session = await ctx.session
    ctx.body = await site.sessions.revokeOthers(session)
    session.login('ada')
  },
}

for (const [title, change] of Object.entries(changes)) {
  onStore(
    `S29b a change of password ends every old cookie, and this browser stays logged in: ${title} (Django items 156 and 157)`,
    async (t, open) => {
      const site = await open({ ...handlers, '/password': (ctx) => change(site)(ctx) })
      const here = await loggedIn(site, 'device=here')
      await here.visitor.visit('/put?key=draft')
      const others = [await loggedIn(site), await loggedIn(site)]
      const before = here.id()
      t.is((await here.visitor.visit('/password')).body, '2')
      t.is(await whoHas(site, here.id()), 'ada has draft')
      t.not(here.id(), before)
      for (const id of [before, ...others.map((other) => other.id())])
        t.is(await whoHas(site, id), 'nobody has nothing')
      t.deepEqual(
        (await site.sessions.forUser('ada')).map(({ device }) => device),
        ['here'],
      )
    },
  )
}

onStore('S29b log-in and "everywhere else" in one request end the sessions of before', async (t, open) => {
  const site = await open({
    ...handlers,
    '/fresh': async (ctx) => {
      const session = await ctx.session
      session.login('ada')
      ctx.body = await site.sessions.revokeOthers(session)
    },
  })
  const other = await loggedIn(site)
  const visitor = site.visitor()
  await visitor.visit('/put?key=basket')
  t.is((await visitor.visit('/fresh')).body, '1')
  t.is((await visitor.visit('/who')).body, 'ada has basket')
  t.is(await whoHas(site, other.id()), 'nobody has nothing')
})

onStore(
  'S32 the oldest log-in gives way to one too many, and none is counted that has ended',
  async (t, open) => {
    const site = await open(handlers, { maxSessionsPerUser: 2 })
    const devices = async () => (await site.sessions.forUser('ada')).map(({ device }) => device).sort()
    const one = await loggedIn(site, 'device=one')
    site.bench.now += 1000
    const two = await loggedIn(site, 'device=two')
    site.bench.now += 1000
    await one.visitor.visit('/in?device=one')
    await two.visitor.visit('/cycle')
    await two.visitor.visit('/put?key=a')
    t.deepEqual(await devices(), ['one', 'two'])
    site.bench.now += 1000
    const three = await loggedIn(site, 'device=three')
    t.deepEqual(await devices(), ['one', 'three'])
    t.is(await whoHas(site, two.id()), 'nobody has nothing')
    await loggedIn(site, 'user=bob')
    await three.visitor.visit('/out')
    await loggedIn(site, 'device=four')
    t.deepEqual(await devices(), ['four', 'one'])
    site.bench.now += COOKIE_AGE * 1000
    await loggedIn(site, 'device=five')
    await loggedIn(site, 'device=six')
    t.deepEqual(await devices(), ['five', 'six'])
  },
)

onStore(
  'S32 where new sessions are refused, one too many is a 409 and the visitor stays who they were',
  async (t, open) => {
    const site = await open(
      {
        ...handlers,
        '/try': async (ctx) => {
          const session = await ctx.session
          session.set<string>('lost', 1).delete('basket')
          session.login('ada')
          const error = await t.throwsAsync(session.save(), { instanceOf: TooManySessions })
          ctx.body = `${error.limit}: ${session.user ?? 'nobody'} has ${[...session.keys()]}`
        },
      },
      { maxSessionsPerUser: 1, maxSessionsPolicy: 'refuse-new' },
    )
    const first = await loggedIn(site)
    const visitor = site.visitor()
    await visitor.visit('/put?key=basket')
    const id = visitor.cookies.get('sessionid')
    const before = await site.stored(id ?? '')

    const refused = await visitor.visit('/in')
    t.is(refused.status, 409)
    t.regex(refused.body, /logged in in another place already/)
    t.deepEqual(refused.cookies, [])
    t.is((await visitor.visit('/try')).body, '1: nobody has basket')
    t.is(visitor.cookies.get('sessionid'), id)
    t.deepEqual(await site.stored(id ?? ''), before)
    const stranger = site.visitor()
    t.is((await stranger.visit('/in')).status, 409)
    t.is(stranger.cookies.size, 0)
    t.is((await site.sessions.forUser('ada')).length, 1)

    const bob = await loggedIn(site, 'user=bob')
    await bob.visitor.visit('/put?key=draft')
    t.is((await bob.visitor.visit('/in?user=ada')).status, 409)
    t.is((await bob.visitor.visit('/who')).body, 'bob has draft')

    await first.visitor.visit('/in')
    await first.visitor.visit('/out')
    t.is((await visitor.visit('/in')).status, 200)
    t.is((await visitor.visit('/who')).body, 'ada has basket')
  },
)

onStore(
  'S31 the list outlives every session in it, however often they are touched or extended',
  async (t, open) => {
    const site = await open(
      { ...handlers, '/long': async (ctx) => (await ctx.session).setExpiry(300 * 86_400) },
      { saveEveryRequest: true },
    )
    const touched = await loggedIn(site, 'device=touched')
    const long = await loggedIn(site, 'device=long')
    await long.visitor.visit('/long')
    for (let day = 0; day < 120; day += 12) {
      site.bench.now += 12 * DAY
      await touched.visitor.visit('/who')
      await site.sessions.clearExpired()
    }
    t.deepEqual((await site.sessions.forUser('ada')).map(({ device }) => device).sort(), ['long', 'touched'])
    site.bench.now += 10 * DAY
    t.is(await site.sessions.revokeAll('ada'), 2)
    t.is(await whoHas(site, touched.id()), 'nobody has nothing')
    t.is(await whoHas(site, long.id()), 'nobody has nothing')
  },
)

onStore('S31 the list outlives a session that is only touched', async (t, open) => {
  const site = await open(handlers, { saveEveryRequest: true })
  const touched = await loggedIn(site)
  for (let day = 0; day < 60; day += 12) {
    site.bench.now += 12 * DAY
    await touched.visitor.visit('/who')
    await site.sessions.clearExpired()
  }
  t.is((await site.sessions.forUser('ada')).length, 1)
  t.is(await site.sessions.revokeAll('ada'), 1)
  t.is(await whoHas(site, touched.id()), 'nobody has nothing')
})

/** What the index calls the user's list. */
const listOf = (userId: string): string => `user-${createHash('sha256').update(userId).digest('hex')}`

/** As a store does that forgets what was not used for long. */
async function loseList(site: Site, userId: string): Promise<void> {
  const { index } = site.bench.engine
  const held = await index?.read(listOf(userId))
  await index?.write(listOf(userId), {}, site.bench.now + 1, held?.version)
  site.bench.now += 1
}

onStore(
  'S31 a list that the store has lost is begun anew by the sessions that were in it',
  async (t, open) => {
    const site = await open(handlers)
    const one = await loggedIn(site, 'device=one')
    const two = await loggedIn(site, 'device=two')
    site.bench.now += 2 * DAY
    await loseList(site, 'ada')
    t.deepEqual(await site.sessions.forUser('ada'), [])
    await loggedIn(site, 'device=three')
    await one.visitor.visit('/cycle')
    site.bench.now += 8 * DAY
    await two.visitor.visit('/put?key=a')
    t.deepEqual((await site.sessions.forUser('ada')).map(({ device }) => device).sort(), [
      'one',
      'three',
      'two',
    ])
    t.is(await site.sessions.revokeAll('ada'), 3)
    t.is(await whoHas(site, one.id()), 'nobody has nothing')
  },
)

onStore('S31 the list forgets who is over, without being asked', async (t, open) => {
  const site = await open(handlers)
  const read = async () => {
    const held = await site.bench.engine.index?.read(listOf('ada'))
    return Object.keys(Object(held?.list.sessions)).length
  }
  for (let n = 0; n < 40; n++) {
    await loggedIn(site)
    site.bench.now += DAY
  }
  // Fourteen are alive at any time.
  t.true((await read()) <= 32, `${await read()} are listed`)
  t.is((await site.sessions.forUser('ada')).length, 13)
})

onStore(
  'S66 a store that is down is no answer to who is logged in, and a revocation that it cut short is done by the next',
  async (t, open) => {
    const site = await open(handlers)
    const one = await loggedIn(site)
    for (const call of ['index.read', 'index.load'] as const) {
      site.down.add(call)
      await t.throwsAsync(site.sessions.forUser('ada'), { name: 'EngineUnavailable' })
      site.down.clear()
    }
    site.down.add('index.evict')
    await t.throwsAsync(site.sessions.revokeAll('ada'), { name: 'EngineUnavailable' })
    t.is(await whoHas(site, one.id()), 'ada has nothing')
    site.down.clear()
    t.is(await site.sessions.revokeAll('ada'), 1)
    t.is(await whoHas(site, one.id()), 'nobody has nothing')

    const two = await loggedIn(site)
    site.down.add('index.evict')
    await t.throwsAsync(site.sessions.revokeAll('ada'), { name: 'EngineUnavailable' })
    t.is((await two.visitor.visit('/cycle')).status, 400)
    site.down.clear()
    t.deepEqual(await site.sessions.forUser('ada'), [])
    t.is(await whoHas(site, two.id()), 'nobody has nothing')
  },
)

test('an engine without a index says so, and logs in all the same', async (t) => {
  const cache = await openSessions({ engine: 'cache' })
  t.teardown(() => cache.close())
  const { index: _, ...engine } = intercept(cache.engine, () => {})
  const sessions = await openSessions({ engine })
  const session = await sessions.open()
  session.login('ada')
  await session.save()
  t.is((await sessions.open(session.id)).user, 'ada')
  const attempts: readonly (readonly [string, () => Promise<unknown>])[] = [
    ['forUser', () => sessions.forUser('ada')],
    ['revoke', () => sessions.revoke('ada', 'x')],
    ['revokeOthers', () => sessions.revokeOthers(session)],
    ['revokeAll', () => sessions.revokeAll('ada')],
  ]
  for (const [name, attempt] of attempts) {
    const message = new RegExp(`^${name}\\(\\) is not possible on the engine cache: it has no index`)
    await t.throwsAsync(attempt, { instanceOf: NotOnThisEngine, code: 'E_NOT_ON_THIS_ENGINE', message })
  }
  await t.throwsAsync(openSessions({ engine, maxSessionsPerUser: 1 }), {
    name: 'EngineMisconfigured',
    message: /MAX_SESSIONS_PER_USER=1 needs an engine that finds sessions by their user/,
  })
})

test('"everywhere else" needs somebody who is logged in', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  await t.throwsAsync(sessions.revokeOthers(await sessions.open()), {
    instanceOf: TypeError,
    message: /nobody is logged in/,
  })
  await t.throwsAsync(sessions.forUser(7 as never), { instanceOf: TypeError })
})

test('S29b a session that was ended elsewhere ends no other, though it is in a cache still', async (t) => {
  const databaseUrl = `sqlite:${await temporaryDatabase(t)}`
  const open = () => openSessions({ engine: 'cached_db', databaseUrl, cacheTtl: 60, cleanupInterval: 0 })
  const [here, there] = [await open(), await open()]
  t.teardown(() => Promise.all([here.close(), there.close()]))
  const begin = async () => {
    const session = await here.open()
    session.login('ada')
    await session.save()
    return session
  }
  const [thief, ada] = [await begin(), await begin()]
  await there.revoke('ada', thief.handle ?? '')
  const cached = await here.open(thief.id)
  t.is(cached.user, 'ada', 'the cache does not know yet')
  await t.throwsAsync(here.revokeOthers(cached), { code: 'E_SESSION_INTERRUPTED' })
  cached.login('ada')
  await t.throwsAsync(cached.save(), { code: 'E_SESSION_INTERRUPTED' })
  t.deepEqual(
    (await here.forUser('ada')).map(({ handle }) => handle),
    [ada.handle],
  )
})
