import test from 'ava'
import { openSessions } from '../../../src/lib/index.js'
import { type Handler, onStore, onStoreAndCookie } from '../../support/site.js'

/** Logs in whom the query names. */
const logIn: Handler = async (ctx) => {
  const session = await ctx.session
  session.login(String(ctx.query.user), { device: ctx.get('User-Agent') || undefined })
}

const who: Handler = async (ctx) => {
  const session = await ctx.session
  ctx.body = `${session.user ?? 'nobody'} has ${[...session.keys()].join(' and ') || 'nothing'}`
}

const put: Handler = async (ctx) => {
  const session = await ctx.session
  session.set(String(ctx.query.key), 1)
}

const logOut: Handler = async (ctx) => (await ctx.session).logout()

const handlers = { '/in': logIn, '/who': who, '/put': put, '/out': logOut }

onStore(
  'S08 a log-in keeps what an anonymous visitor had, under a new id (Django item 154)',
  async (t, open) => {
    const site = await open(handlers)
    const visitor = site.visitor()
    await visitor.visit('/put?key=basket')
    const before = visitor.cookies.get('sessionid') ?? ''
    await visitor.visit('/in?user=ada')
    t.not(visitor.cookies.get('sessionid'), before)
    t.deepEqual(await site.stored(before), { kind: 'superseded' })
    t.is((await visitor.visit('/who')).body, 'ada has basket')
  },
)

onStore(
  'S08 the same user again proves it anew: new id, same data, same log-in (Django item 154)',
  async (t, open) => {
    const site = await open({
      ...handlers,
      '/facts': async (ctx) => {
        const { handle, authenticatedAt } = await ctx.session
        ctx.body = { handle, at: authenticatedAt?.getTime() }
      },
    })
    const visitor = site.visitor()
    await visitor.visit('/in?user=ada')
    await visitor.visit('/put?key=draft')
    const before = visitor.cookies.get('sessionid') ?? ''
    const first = JSON.parse((await visitor.visit('/facts')).body)
    t.is(first.at, site.bench.now)

    site.bench.now += 60_000
    await visitor.visit('/in?user=ada')
    t.deepEqual(await site.stored(before), { kind: 'superseded' })
    t.is((await visitor.visit('/who')).body, 'ada has draft')
    t.deepEqual(JSON.parse((await visitor.visit('/facts')).body), {
      handle: first.handle,
      at: site.bench.now,
    })
    t.is((await site.sessions.forUser('ada')).length, 1)
  },
)

onStore(
  'another user gets nothing of what the one before left, and the one before is logged out (Django item 154)',
  async (t, open) => {
    const site = await open(handlers)
    const visitor = site.visitor()
    await visitor.visit('/in?user=ada')
    await visitor.visit('/put?key=secret')
    const before = visitor.cookies.get('sessionid') ?? ''
    await visitor.visit('/in?user=bob')
    t.is((await visitor.visit('/who')).body, 'bob has nothing')
    t.is((await site.send('/who', { cookie: `sessionid=${before}` })).body, 'nobody has nothing')
    t.deepEqual(await site.sessions.forUser('ada'), [])
    t.is((await site.sessions.forUser('bob')).length, 1)
  },
)

onStoreAndCookie(
  'S26 a log-out ends the session and removes the cookie, and the list has it no more (Django item 155)',
  async (t, open) => {
    const site = await open(handlers)
    const visitor = site.visitor()
    await visitor.visit('/in?user=ada')
    t.is((await visitor.visit('/who')).body, 'ada has nothing')
    const before = visitor.cookies.get('sessionid') ?? ''
    const answer = await visitor.visit('/out')
    t.is(answer.cookies[0]?.attributes['max-age'], '0')
    t.is((await visitor.visit('/who')).body, 'nobody has nothing')
    if (site.inCookie) return
    t.is((await site.send('/who', { cookie: `sessionid=${before}` })).body, 'nobody has nothing')
    t.deepEqual(await site.sessions.forUser('ada'), [])
  },
)

onStoreAndCookie('a log-in of a response that failed did not happen', async (t, open) => {
  const site = await open({
    ...handlers,
    '/fail': async (ctx) => {
      await logIn(ctx)
      ctx.throw(500)
    },
  })
  const visitor = site.visitor()
  await visitor.visit('/put?key=basket')
  t.is((await visitor.visit('/fail?user=ada')).status, 500)
  t.is((await visitor.visit('/who')).body, 'nobody has basket')
  if (!site.inCookie) t.deepEqual(await site.sessions.forUser('ada'), [])
})

onStoreAndCookie(
  'clear() and cycleKey() leave the user logged in, flush() does not, whatever is set afterwards',
  async (t, open) => {
    const site = await open({
      ...handlers,
      '/clear': async (ctx) => (await ctx.session).clear(),
      '/cycle': async (ctx) => (await ctx.session).cycleKey(),
      '/flush': async (ctx) => {
        const session = await ctx.session
        session.flush()
        session.set<string>('after', 1)
      },
    })
    const visitor = site.visitor()
    await visitor.visit('/put?key=draft')
    await visitor.visit('/in?user=ada')
    await visitor.visit('/cycle')
    t.is((await visitor.visit('/who')).body, 'ada has draft')
    await visitor.visit('/clear')
    t.is((await visitor.visit('/who')).body, 'ada has nothing')
    await visitor.visit('/flush')
    t.is((await visitor.visit('/who')).body, 'nobody has after')
    if (!site.inCookie) t.deepEqual(await site.sessions.forUser('ada'), [])
  },
)

onStore('a log-in and what others write meanwhile both count', async (t, open) => {
  const site = await open({
    '/in': async (ctx) => {
      const session = await ctx.session
      const other = await site.sessions.open(session.id)
      other.set<string>('theirs', 1)
      await other.save()
      session.login('ada')
      session.set<string>('ours', 1)
    },
    '/who': who,
  })
  const visitor = site.visitor()
  visitor.cookies.set('sessionid', await site.store({ basket: 1 }))
  await visitor.visit('/in')
  t.is((await visitor.visit('/who')).body, 'ada has basket and theirs and ours')
  t.is((await site.sessions.forUser('ada')).length, 1)
})

onStore(
  'what changes a session while its user proves who they are keeps the newer proof',
  async (t, open) => {
    const site = await open({
      ...handlers,
      '/late': async (ctx) => {
        const session = await ctx.session
        site.bench.now += 1000
        const other = await site.sessions.open(session.id)
        other.set<string>('theirs', 1)
        await other.save()
        session.set<string>('ours', 1)
        await session.save()
        ctx.body = `${session.user} ${session.authenticatedAt?.getTime()}`
      },
    })
    const visitor = site.visitor()
    await visitor.visit('/in?user=ada')
    const { now } = site.bench
    t.is((await visitor.visit('/late')).body, `ada ${now}`)
    t.is((await visitor.visit('/who')).body, 'ada has theirs and ours')
  },
)

onStoreAndCookie(
  'S73 authenticatedWithin counts from the last proof, and an anonymous visitor has none',
  async (t, open) => {
    const site = await open({
      ...handlers,
      '/gate': async (ctx) => {
        ctx.body = String((await ctx.session).authenticatedWithin(5))
      },
    })
    const visitor = site.visitor()
    t.is((await visitor.visit('/gate')).body, 'false')
    await visitor.visit('/put?key=basket')
    t.is((await visitor.visit('/gate')).body, 'false')
    await visitor.visit('/in?user=ada')
    t.is((await visitor.visit('/gate')).body, 'true')
    site.bench.now += 5 * 60_000 - 1
    await visitor.visit('/put?key=draft')
    t.is((await visitor.visit('/gate')).body, 'true')
    site.bench.now += 1
    t.is((await visitor.visit('/gate')).body, 'false')
    await visitor.visit('/in?user=ada')
    t.is((await visitor.visit('/gate')).body, 'true')
  },
)

onStore('who is logged in costs a request nothing that it did not cost before', async (t, open) => {
  const site = await open(
    { ...handlers, '/cycle': async (ctx) => (await ctx.session).cycleKey() },
    { saveEveryRequest: true },
  )
  const visitor = site.visitor()
  await visitor.visit('/put?key=basket')
  await visitor.visit('/cycle')
  t.deepEqual(site.calls.splice(0), ['create', 'load', 'rotate'])
  await visitor.visit('/in?user=ada')
  t.deepEqual(site.calls.splice(0), ['load', 'index.read', 'index.write', 'rotate'])
  await visitor.visit('/put?key=draft')
  t.deepEqual(site.calls.splice(0), ['load', 'update'])
  await visitor.visit('/who')
  t.deepEqual(site.calls.splice(0), ['load', 'touch'])
  await visitor.visit('/nothing')
  t.deepEqual(site.calls.splice(0), ['load', 'touch'])
  await visitor.visit('/out')
  t.deepEqual(site.calls.splice(0), ['load', 'delete', 'index.read', 'index.write'])
})

onStore('a log-out that cannot be taken out of the list is a log-out all the same', async (t, open) => {
  const site = await open(handlers)
  const visitor = site.visitor()
  await visitor.visit('/in?user=ada')
  site.down.add('index.write')
  t.is((await visitor.visit('/out')).status, 200)
  t.deepEqual(site.logged, [
    'the session store cannot be used',
    'a log-out could not be removed from the list of the user',
  ])
  site.down.clear()
  t.deepEqual(await site.sessions.forUser('ada'), [])
})

onStore('S66 a log-in that cannot be listed is a 503, and the session is as it was', async (t, open) => {
  const site = await open(handlers)
  const visitor = site.visitor()
  await visitor.visit('/put?key=basket')
  for (const call of ['index.read', 'index.write'] as const) {
    site.down.add(call)
    const answer = await visitor.visit('/in?user=ada')
    t.is(answer.status, 503)
    t.deepEqual(answer.cookies, [])
    site.down.clear()
    t.is((await visitor.visit('/who')).body, 'nobody has basket')
  }
})

test('a user is a text of 1 to 255 characters, and a device is cut to 200 (Django item 153)', async (t) => {
  const sessions = await openSessions({ engine: 'cache' })
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  for (const wrong of [1, null, undefined, {}, ['ada']])
    t.throws(() => session.login(wrong as never), { instanceOf: TypeError, message: /a user's id is text/ })
  for (const wrong of ['', 'a'.repeat(256), 'half\ud800'])
    t.throws(() => session.login(wrong), { instanceOf: RangeError, message: /1 to 255 characters/ })
  t.throws(() => session.login('ada', { device: 7 as never }), { instanceOf: TypeError, message: /device/ })
  t.is(session.user, undefined)
  t.true(session.isEmpty())
  session.login('a'.repeat(255), { device: `${'d'.repeat(199)}\u{1f600}` })
  t.false(session.isEmpty())
  await session.save()
  const [listed] = await sessions.forUser('a'.repeat(255))
  t.is(listed?.device, `${'d'.repeat(199)}\u{fffd}`)
})
