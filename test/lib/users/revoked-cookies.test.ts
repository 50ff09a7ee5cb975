import test, { type ExecutionContext } from 'ava'
import { generateId } from '../../../src/lib/engines/ids.js'
import { openEngine } from '../../../src/lib/engines/registry.js'
import { openSignedCookies } from '../../../src/lib/engines/signed-cookies.js'
import { EngineUnavailable, NotOnThisEngine, openSessions, type Session } from '../../../src/lib/index.js'
import { defaults } from '../../support/engines.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import { type Handler, onCookies, onRevocableCookies } from '../../support/site.js'
import { temporaryDatabase } from '../../system/races/processes.js'

const handlers: Readonly<Record<string, Handler>> = {
  '/in': async (ctx) => (await ctx.session).login(String(ctx.query.user ?? 'ada')),
  '/put': async (ctx) => (await ctx.session).set<string>(String(ctx.query.key), 1),
  '/who': async (ctx) => {
    const session = await ctx.session
    ctx.body = `${session.user ?? 'nobody'} has ${[...session.keys()].join(' and ') || 'nothing'}`
  },
}

onRevocableCookies('S29a S33 all cookies of a user can be ended, and new ones begun', async (t, open) => {
  const site = await open(handlers)
  const [one, two, bob, visitor] = [site.visitor(), site.visitor(), site.visitor(), site.visitor()]
  await one.visit('/in')
  await two.visit('/in')
  await two.visit('/put?key=draft')
  await bob.visit('/in?user=bob')
  await visitor.visit('/put?key=basket')
  t.is(await site.sessions.revokeAll('ada'), undefined)
  t.is((await one.visit('/who')).body, 'nobody has nothing')
  t.is((await two.visit('/put?key=late')).status, 400)
  t.is((await bob.visit('/who')).body, 'bob has nothing')
  t.is((await visitor.visit('/who')).body, 'nobody has basket')
  const again = site.visitor()
  await again.visit('/in')
  await again.visit('/put?key=draft')
  t.is((await again.visit('/who')).body, 'ada has draft')
})

/** What a handler does when the password is changed; `others` ends the user's other sessions. */
type Change = (session: Session, others: () => Promise<unknown>) => Promise<unknown>

const changes: Readonly<Record<string, Change>> = {
  'everywhere else': (_session, others) => others(),
  async 'a new proof, then everywhere else'(session, others) {
    session.login('ada')
    await others()
    session.cycleKey()
  },
  async 'everywhere else, then a new proof'(session, others) {
    await others()
    session.login('ada')
  },
}

for (const [title, change] of Object.entries(changes)) {
  onRevocableCookies(
    `S29b S33 a change of password ends every old cookie, and this browser stays: ${title}`,
    async (t, open) => {
      const site = await open({
        ...handlers,
        '/change': async (ctx) => {
          const session = await ctx.session
          await change(session, () => site.sessions.revokeOthers(session))
        },
      })
      const [here, there] = [site.visitor(), site.visitor()]
      await here.visit('/put?key=draft')
      await here.visit('/in')
      await there.visit('/in')
      const before = here.cookies.get('sessionid')
      t.is((await here.visit('/change')).status, 200)
      t.is((await here.visit('/who')).body, 'ada has draft')
      t.is((await there.visit('/who')).body, 'nobody has nothing')
      const late = await site.send('/who', { cookie: `sessionid=${before}` })
      t.is(late.body, 'nobody has nothing')
      t.deepEqual(late.cookies, [], 'a late answer removes the cookie that the browser has now')
    },
  )
}

onRevocableCookies(
  'S27 S33 what a request read before a revocation it cannot write after it',
  async (t, open) => {
    const acts: Readonly<Record<string, Handler>> = {
      '/write': async (ctx) => (await ctx.session).set<string>('late', 1),
      '/cycle': async (ctx) => (await ctx.session).cycleKey(),
      '/again': async (ctx) => (await ctx.session).login('ada'),
    }
    const late = (act: Handler): Handler => {
      return async (ctx) => {
        await ctx.session
        await site.sessions.revokeAll('ada')
        await act(ctx)
      }
    }
    const site = await open({
      ...handlers,
      ...Object.fromEntries(Object.entries(acts).map(([path, act]) => [path, late(act)])),
    })
    for (const path of Object.keys(acts)) {
      const visitor = site.visitor()
      await visitor.visit('/in')
      const answer = await visitor.visit(path)
      t.is(answer.status, 400, path)
      t.deepEqual(answer.cookies, [])
      t.is((await visitor.visit('/who')).body, 'nobody has nothing')
    }
  },
)

onRevocableCookies(
  'S33 one session of many cannot be told from the others, and that is said',
  async (t, open) => {
    const site = await open(handlers)
    const message = /is not possible on the engine signed_cookies: .* by revokeAll\(\) or revokeOthers\(\)/
    await t.throwsAsync(site.sessions.forUser('ada'), { instanceOf: NotOnThisEngine, message })
    await t.throwsAsync(site.sessions.revoke('ada', 'x'), { instanceOf: NotOnThisEngine, message })
  },
)

onCookies('S33 without a store for revocations nothing is pretended', async (t, open) => {
  const site = await open(handlers)
  const message = /is not possible on the engine signed_cookies: .* Set REVOCATION_STORE/
  await t.throwsAsync(site.sessions.forUser('ada'), { instanceOf: NotOnThisEngine, message })
  await t.throwsAsync(site.sessions.revokeAll('ada'), { instanceOf: NotOnThisEngine, message })
  const visitor = site.visitor()
  await visitor.visit('/in')
  t.is((await visitor.visit('/who')).body, 'ada has nothing')
})

/** Sessions in cookies, and what they ask of the store for revocations. */
async function openCounted(t: ExecutionContext) {
  const databaseUrl = `sqlite:${await temporaryDatabase(t)}`
  const calls: EngineCall[] = []
  let isDown = false
  const tools = { clock: Date.now, generateId, logger: { warn: () => {}, error: () => {} } }
  const store = intercept(await openEngine('db', { ...defaults, databaseUrl }, tools), (call) => {
    calls.push(call)
    if (isDown) throw new EngineUnavailable('the store is down')
  })
  const sessions = await openSessions({ engine: (given) => openSignedCookies(defaults, given, store) })
  return {
    sessions,
    calls,
    down: (is: boolean) => {
      isDown = is
    },
  }
}

test('S33 a cookie without a user costs no look-up, one with a user costs one to load and one to write', async (t) => {
  const { sessions, calls } = await openCounted(t)
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.set<string>('basket', 1)
  await session.save()
  await (await sessions.open(session.id)).save()
  t.deepEqual(calls.splice(0), [])
  session.login('ada')
  await session.save()
  t.deepEqual(calls.splice(0), ['index.read'])
  const again = await sessions.open(session.id)
  t.deepEqual(calls.splice(0), ['index.read'])
  again.set<string>('basket', 2)
  await again.save()
  t.deepEqual(calls.splice(0), ['index.read'])
  again.logout()
  await again.save()
  t.deepEqual(calls.splice(0), ['index.read', 'index.read', 'index.write'], 'a log-out is noted')
  await sessions.revokeAll('ada')
  t.deepEqual(calls.splice(0), ['index.read', 'index.read', 'index.write'])
})

test('S66 S33 a store for revocations that is down is never "not revoked"', async (t) => {
  const { sessions, down } = await openCounted(t)
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.login('ada')
  await session.save()
  const { id } = session
  down(true)
  await t.throwsAsync(sessions.open(id), { instanceOf: EngineUnavailable })
  session.set<string>('late', 1)
  await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable })
  await t.throwsAsync(sessions.revokeAll('ada'), { instanceOf: EngineUnavailable })
  session.discard()
  session.logout()
  await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable }, 'no log-out that leaves copies good')
  down(false)
  t.is((await sessions.open(id)).user, 'ada')
})

onRevocableCookies('S26 S33 a copy of the cookie from before a log-out is dead at once', async (t, open) => {
  const site = await open({ ...handlers, '/out': async (ctx) => (await ctx.session).logout() })
  const [visitor, elsewhere] = [site.visitor(), site.visitor()]
  await visitor.visit('/in')
  await elsewhere.visit('/in')
  const copies = [visitor.cookies.get('sessionid') ?? '']
  await visitor.visit('/put?key=draft')
  copies.push(visitor.cookies.get('sessionid') ?? '')
  await visitor.visit('/out')
  for (const copy of copies) {
    const cookie = `sessionid=${copy}`
    const late = await site.send('/who', { cookie })
    t.is(late.body, 'nobody has nothing')
    t.deepEqual(late.cookies, [], 'it may have been on its way')
    t.is((await site.send('/put?key=late', { cookie })).status, 400)
  }
  site.bench.now += 61_000
  t.is((await site.send('/who', { cookie: `sessionid=${copies[0]}` })).cookies[0]?.value, '')
  t.is((await elsewhere.visit('/who')).body, 'ada has nothing', 'only that session has ended')
})

onRevocableCookies('S08 S33 so is one from before a re-authentication or cycleKey', async (t, open) => {
  const site = await open({ ...handlers, '/cycle': async (ctx) => (await ctx.session).cycleKey() })
  for (const path of ['/in', '/cycle', '/in?user=bob']) {
    const visitor = site.visitor()
    await visitor.visit('/in')
    const copy = visitor.cookies.get('sessionid') ?? ''
    await visitor.visit(path)
    t.is((await site.send('/who', { cookie: `sessionid=${copy}` })).body, 'nobody has nothing', path)
    t.regex((await visitor.visit('/who')).body, /^(ada|bob) has nothing$/, path)
  }
})

onRevocableCookies('S33 more ended sessions of a user than a list holds end all of them', async (t, open) => {
  const site = await open({ ...handlers, '/out': async (ctx) => (await ctx.session).logout() })
  const copies: string[] = []
  const elsewhere = site.visitor()
  await elsewhere.visit('/in')
  for (let count = 0; count <= 200; count++) {
    t.is((await elsewhere.visit('/who')).body, 'ada has nothing')
    const visitor = site.visitor()
    await visitor.visit('/in')
    copies.push(visitor.cookies.get('sessionid') ?? '')
    await visitor.visit('/out')
  }
  for (const copy of copies)
    t.is((await site.send('/who', { cookie: `sessionid=${copy}` })).body, 'nobody has nothing')
  t.is((await elsewhere.visit('/who')).body, 'nobody has nothing', 'rather than to forget one')
})

test('S33 the start warns of a store for revocations that other processes do not see', async (t) => {
  for (const [revocationStore, pattern] of [
    ['cache', /remembered by this process alone/],
    ['none', /cannot be revoked/],
    ['db', /^$/],
  ] as const) {
    const logged: string[] = []
    const log = (_: object, message: string) => void logged.push(message)
    const sessions = await openSessions({
      engine: 'signed_cookies',
      secretKey: defaults.secretKey,
      revocationStore,
      databaseUrl: `sqlite:${await temporaryDatabase(t)}`,
      logger: { warn: log, error: log },
    })
    await sessions.close()
    t.regex(logged.join(), pattern)
  }
})
