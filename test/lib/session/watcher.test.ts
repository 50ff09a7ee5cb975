import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import type { Engine } from '../../../src/lib/index.js'
import { SessionWatcher, type WatchEnd } from '../../../src/lib/session/watcher.js'
import { onCookies, onEveryStore, onRevocableCookies, onStore, type Site } from '../../support/site.js'

const rules = { cookieAge: 1_209_600, expireAtBrowserClose: false }

/** A watcher that looks only when it is told to, and what it said of each session. */
function watcherOn(site: Site, engine: Engine = site.sessions.engine) {
  const log = (): void => {}
  const watcher = new SessionWatcher({
    engine,
    rules,
    clock: () => site.bench.now,
    logger: { warn: log, error: log },
    interval: 2 ** 31 - 1,
  })
  const heard: [string, WatchEnd][] = []
  const watch = (name: string, id: string) =>
    watcher.watch({ id, expires: 0 }, (why) => heard.push([name, why]))
  return { watcher, heard, watch }
}

async function loggedIn(site: Site, user: string): Promise<string> {
  const session = await site.sessions.open()
  session.login(user)
  await session.save()
  return String(session.id)
}

onEveryStore('a watch hears once how its session ended, and no other does', async (t, open) => {
  const site = await open()
  const { watcher, heard, watch } = watcherOn(site)
  t.teardown(() => watcher.close())
  const ids = new Map<string, string>()
  for (const name of ['out', 'revoked', 'all', 'cycled', 'other', 'stays'])
    ids.set(name, await loggedIn(site, name))
  const brief = await site.sessions.open()
  brief.set('a', 1)
  brief.setExpiry(60)
  await brief.save()
  ids.set('brief', String(brief.id))
  for (const [name, id] of ids) watch(name, id)
  await watcher.look()
  t.deepEqual(heard, [])

  const { sessions } = site
  const change = async (name: string, how: (session: Awaited<ReturnType<typeof sessions.open>>) => void) => {
    const session = await sessions.open(ids.get(name))
    how(session)
    await session.save()
  }
  await change('out', (session) => session.logout())
  const [revoked] = await sessions.forUser('revoked')
  await sessions.revoke('revoked', String(revoked?.handle))
  await sessions.revokeAll('all')
  await change('cycled', (session) => session.cycleKey())
  await change('other', (session) => session.login('somebody else'))
  site.bench.now += 61_000
  await watcher.look()
  await watcher.look()
  // Which one is told first is not promised: of several looks at once any may be answered first.
  const told: Readonly<Record<string, WatchEnd>> = Object.fromEntries(heard)
  t.deepEqual(told, {
    all: 'ended',
    brief: 'expired',
    cycled: 'moved',
    other: 'moved',
    out: 'ended',
    revoked: 'ended',
  })
  t.is(heard.length, 6)
})

onStore('a watch follows a renewal, and hears when the renewed session ends', async (t, open) => {
  const site = await open({ '/': async (ctx) => (await ctx.session).get('a') }, { renewAfter: 60 })
  const { watcher, heard, watch } = watcherOn(site)
  t.teardown(() => watcher.close())
  const first = await loggedIn(site, 'ada')
  const stop = watch('stopped', first)
  watch('ada', first)
  site.bench.now += 61_000
  const { cookies } = await site.send('/', { cookie: `sessionid=${first}` })
  const second = String(cookies[0]?.value)
  t.not(second, first)
  // Long after the old id has ceased to lead there.
  site.bench.now += 3_600_000
  await watcher.look()
  t.deepEqual(heard, [])
  // From now on it is looked for where it is.
  const later = watch('later', second)
  site.calls.length = 0
  await watcher.look()
  t.deepEqual(site.calls, ['index.follow'])
  later()
  stop()
  await site.sessions.revokeAll('ada')
  await watcher.look()
  t.deepEqual(heard, [['ada', 'ended']])
})

onStore(
  'in an outage nobody is told that a session has ended, and afterwards it is noticed',
  async (t, open) => {
    const site = await open()
    const { watcher, heard, watch } = watcherOn(site)
    t.teardown(() => watcher.close())
    watch('ada', await loggedIn(site, 'ada'))
    site.down.add('index.follow')
    await watcher.look()
    await site.sessions.revokeAll('ada')
    await watcher.look()
    t.deepEqual(heard, [])
    t.true(site.logged.includes('the session store cannot be used'))
    site.down.clear()
    await watcher.look()
    t.deepEqual(heard, [['ada', 'ended']])
  },
)

onStore(
  'a session that is watched by many is read once a look, and what fails is logged',
  async (t, open) => {
    const site = await open()
    const logged: string[] = []
    const log = (_details: object, message: string): unknown => logged.push(message)
    const { engine } = site.sessions
    const clock = () => site.bench.now
    const watcher = new SessionWatcher({ engine, rules, clock, logger: { warn: log, error: log } })
    t.teardown(() => watcher.close())
    const id = await loggedIn(site, 'ada')
    const heard: string[] = []
    watcher.watch({ id, expires: 0 }, () => {
      throw new Error('closed already')
    })
    watcher.watch({ id, expires: 0 }, async () => {
      throw new Error('closed already')
    })
    watcher.watch({ id, expires: 0 }, (why) => heard.push(why))
    site.calls.length = 0
    await watcher.look()
    t.deepEqual(site.calls, ['index.follow'])
    await site.sessions.revokeAll('ada')
    await watcher.look()
    t.deepEqual(heard, ['ended'])
    await Promise.resolve()
    t.is(logged.length, 2)
  },
)

onEveryStore('a store that can publish tells of an end without a look', async (t, open) => {
  const site = await open()
  const { engine } = site.sessions
  if (engine.index?.listen === undefined) {
    t.notRegex(engine.name, /redis/)
    return
  }
  const { watcher, heard, watch } = watcherOn(site)
  t.teardown(() => watcher.close())
  // What ends before the connection is there is not told of.
  while (heard.length === 0) {
    const session = await site.sessions.open(await loggedIn(site, 'ada'))
    watch('ada', String(session.id))
    session.logout()
    await session.save()
    await setImmediate()
  }
  t.deepEqual(heard[0], ['ada', 'ended'])
})

onRevocableCookies(
  'a watch of a session in a cookie hears of its log-out, and asks once a look',
  async (t, open) => {
    const site = await open()
    const { watcher, heard, watch } = watcherOn(site)
    t.teardown(() => watcher.close())
    const id = await loggedIn(site, 'ada')
    watch('ada', id)
    await watcher.look()
    t.deepEqual(heard, [])
    const session = await site.sessions.open(id)
    session.logout()
    await session.save()
    await watcher.look()
    t.is(heard.length, 1)
  },
)

onCookies(
  'without a store for revocations a watch asks nobody, and ends with the cookie',
  async (t, open) => {
    const site = await open()
    const { watcher, heard } = watcherOn(site)
    t.teardown(() => watcher.close())
    const id = await loggedIn(site, 'ada')
    const expires = site.bench.now + 1_209_600_000
    watcher.watch({ id, expires }, (why) => heard.push(['ada', why]))
    site.calls.length = 0
    await watcher.look()
    t.deepEqual(site.calls, [])
    site.bench.now = expires
    await watcher.look()
    t.deepEqual(heard, [['ada', 'expired']])
  },
)

test('a closed watcher takes no watch', async (t) => {
  const log = (): void => {}
  const engine = { capabilities: { revocable: false, shared: true } } as Engine
  const watcher = new SessionWatcher({ engine, rules, clock: Date.now, logger: { warn: log, error: log } })
  await watcher.close()
  t.throws(() => watcher.watch({ id: 'x', expires: 0 }, () => {}), { message: /closed/ })
})
