import { isDeepStrictEqual } from 'node:util'
import type { ExecutionContext } from 'ava'
import type { SessionEvent } from '../../../src/lib/index.js'
import { heard, namesOf } from '../../support/heard.js'
import {
  COOKIE_AGE,
  type Handler,
  idAfter,
  onCookies,
  onStore,
  onStoreAndCookie,
  type Site,
} from '../../support/site.js'

const MINUTE = 60_000

const read: Handler = async (ctx) => (await ctx.session).get('a')
const set: Handler = async (ctx) => (await ctx.session).set('a', 1)
const cycle: Handler = async (ctx) => (await ctx.session).cycleKey()
const flush: Handler = async (ctx) => (await ctx.session).flush()
const again: Handler = async (ctx) => {
  const session = await ctx.session
  session.flush()
  session.set('b', 1)
}
const handlers = { '/read': read, '/set': set, '/cycle': cycle, '/flush': flush, '/again': again }

/** That these events were heard, one after the other and no others; takes them out of the list. */
function are(t: ExecutionContext, site: Site, events: SessionEvent[], ...expected: readonly object[]): void {
  const came = events.splice(0)
  const all = { time: site.bench.now, engine: site.sessions.engine.name }
  t.deepEqual(
    came,
    expected.map((one) => ({ ...all, ...one })),
  )
}

/** What events call the session of the one that came last. */
function nameIn(events: readonly SessionEvent[]): string {
  const last = events.at(-1)
  const session = last !== undefined && 'session' in last ? last.session : undefined
  if (session === undefined) throw new TypeError('no event of a session')
  return session
}

onStoreAndCookie('S70 a session that is stored for the first time is created, once', async (t, open) => {
  const site = await open(handlers)
  const events = heard(site.sessions)
  const visitor = site.visitor()
  await visitor.visit('/read')
  are(t, site, events)
  await visitor.visit('/set')
  t.regex(nameIn(events), /^[\w-]{10}$/)
  are(t, site, events, { event: 'created', session: nameIn(events) })
  await visitor.visit('/set')
  await visitor.visit('/read')
  await site.send('/ok', { cookie: 'sessionid=nobody asks for it' })
  are(t, site, events)
})

onStoreAndCookie(
  'S70 a new id is renewed, and joins what was before to what comes after',
  async (t, open) => {
    const site = await open(handlers)
    const events = heard(site.sessions)
    const visitor = site.visitor()
    const old = idAfter(await visitor.visit('/set'))
    const previous = nameIn(events.splice(0))
    await visitor.visit('/cycle')
    const session = nameIn(events)
    t.not(session, previous)
    are(t, site, events, { event: 'renewed', session, previous })
    await visitor.visit('/flush')
    are(t, site, events, { event: 'logout', session })
    await site.send('/read', { cookie: `sessionid=${old}` })
    are(t, site, events, { event: 'use-after-end', session: previous, ended: 'renewed' })
  },
)

onStore('S70 an id that was renewed long ago is no guess either', async (t, open) => {
  const site = await open(handlers)
  const id = await site.store()
  await site.send('/cycle', { cookie: `sessionid=${id}` })
  site.bench.now += 2 * MINUTE
  const events = heard(site.sessions)
  await site.send('/read', { cookie: `sessionid=${id}` })
  are(t, site, events, { event: 'use-after-end', session: nameIn(events), ended: 'renewed' })
})

onStoreAndCookie(
  'S70 a log-out is told once; its cookie used again is told from a guess, for a minute',
  async (t, open) => {
    const site = await open(handlers)
    const events = heard(site.sessions)
    const cookie = `sessionid=${await site.store()}`
    await site.send('/flush', { cookie })
    const session = nameIn(events)
    are(t, site, events, { event: 'logout', session })
    for (const after of [0, MINUTE - 1]) {
      site.bench.now += after
      await site.send('/read', { cookie })
      are(t, site, events, { event: 'use-after-end', session, ended: 'logout' })
    }
    site.bench.now += 1
    await site.send('/read', { cookie })
    if (site.inCookie) are(t, site, events)
    else are(t, site, events, { event: 'unknown-id', session })
  },
)

onStoreAndCookie(
  'S70 another session begun after flush() is a log-out and a new session',
  async (t, open) => {
    const site = await open(handlers)
    const events = heard(site.sessions)
    const cookie = `sessionid=${await site.store()}`
    await site.send('/again', { cookie })
    const [logout, created] = events
    t.deepEqual(namesOf(events), ['logout', 'created'])
    t.not(nameIn([logout as SessionEvent]), nameIn([created as SessionEvent]))
    events.length = 0
    await site.send('/read', { cookie })
    t.like(events, [{ event: 'use-after-end', ended: 'logout', session: nameIn([logout as SessionEvent]) }])
    t.is(events.length, 1)
  },
)

const lifetimes: readonly [reason: string, expiry: number | null, seconds: number][] = [
  ['age', null, COOKIE_AGE],
  ['own', 10, 10],
]
for (const [reason, expiry, seconds] of lifetimes) {
  onStoreAndCookie(
    `S70 a session that is over is expired (${reason}), and then used after it`,
    async (t, open) => {
      const site = await open({
        ...handlers,
        '/set': async (ctx) => (await ctx.session).set('a', 1).setExpiry(expiry),
      })
      const cookie = `sessionid=${idAfter(await site.send('/set'))}`
      const events = heard(site.sessions)
      site.bench.now += seconds * 1000 - 1
      await site.send('/read', { cookie })
      are(t, site, events)
      site.bench.now += 1
      await site.send('/read', { cookie })
      const session = nameIn(events)
      are(t, site, events, { event: 'expired', session, reason })
      await site.send('/read', { cookie })
      are(t, site, events, { event: 'use-after-end', session, ended: 'expired' })
    },
  )
}

onStoreAndCookie('S70 an end that has passed already is expired, and no log-out', async (t, open) => {
  const site = await open({
    '/': async (ctx) => (await ctx.session).setExpiry(new Date(site.bench.now - 1)),
  })
  const events = heard(site.sessions)
  await site.send('/', { cookie: `sessionid=${await site.store()}` })
  are(t, site, events, { event: 'expired', session: nameIn(events), reason: 'own' })
})

onStoreAndCookie('S70 an id of nobody’s is unknown, and what is no id malformed', async (t, open) => {
  const site = await open(handlers)
  const events = heard(site.sessions)
  await site.send('/read', { cookie: `sessionid=${site.bench.unknownId}` })
  are(t, site, events, { event: 'unknown-id', session: nameIn(events) })
  site.calls.length = 0
  for (const text of ['short', '../../etc/passwd', 'x'.repeat(5000)]) {
    await site.send('/read', { cookie: `sessionid=${text}` })
    are(t, site, events, { event: 'malformed-id' })
    const many = Array.from({ length: 500 }, (_, n) => `sessionid=no-id-${n}`).join('; ')
    await site.send('/read', { cookie: many })
    are(t, site, events, { event: 'malformed-id' })
  }
  t.deepEqual(site.calls, [])
})

onStore('S70 a request whose session ended while it ran is interrupted', async (t, open) => {
  const site: Site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      await site.sessions.engine.delete(session.id ?? '')
      session.set('a', 2)
    },
  })
  const events = heard(site.sessions)
  const answer = await site.send('/', { cookie: `sessionid=${await site.store()}` })
  t.is(answer.status, 400)
  are(t, site, events, { event: 'interrupted', session: nameIn(events) })
})

onStoreAndCookie(
  'S70 a log-in is told, and a new proof of the same user, with no name in it',
  async (t, open) => {
    const site = await open({
      '/in': async (ctx) => (await ctx.session).login('ada'),
      '/fail': async (ctx) => {
        ;(await ctx.session).login('ada')
        ctx.status = 500
      },
    })
    const events = heard(site.sessions)
    const visitor = site.visitor()
    await visitor.visit('/fail')
    await visitor.visit('/in')
    await visitor.visit('/in')
    const told = events.filter(({ event }) => event === 'login')
    t.is(told.length, 2)
    t.is(new Set(told.map((one) => 'user' in one && one.user)).size, 1)
    t.false(JSON.stringify(events).includes('ada'))
  },
)

onStore('S70 a save() that is refused and the commit after it are one interruption', async (t, open) => {
  const site = await open({
    '/': async (ctx) => {
      const session = await ctx.session
      await site.sessions.engine.delete(session.id ?? '')
      session.set('a', 2)
      await session.save()
    },
  })
  const events = heard(site.sessions)
  const answer = await site.send('/', { cookie: `sessionid=${await site.store()}` })
  t.is(answer.status, 400)
  t.is(site.errors.length, 1, 'what save() threw is not thrown again')
  are(t, site, events, { event: 'interrupted', session: nameIn(events) })
})

onStore('S70 writing under an id that was renewed is both, once each', async (t, open) => {
  const site = await open(handlers)
  const cookie = `sessionid=${await site.store()}`
  await site.send('/cycle', { cookie })
  const events = heard(site.sessions)
  t.is((await site.send('/set', { cookie })).status, 400)
  const session = nameIn(events)
  are(
    t,
    site,
    events,
    { event: 'use-after-end', session, ended: 'renewed' },
    { event: 'interrupted', session },
  )
})

onStore('S70 R20 a record that cannot be read is undecodable', async (t, open) => {
  const site = await open(handlers)
  const id = await site.store()
  if (site.bench.damage === undefined) {
    t.pass('nothing of this store can be damaged')
    return
  }
  await site.bench.damage(id, '{"value":')
  site.bench.now += site.bench.engine.capabilities.staleFor ?? 0
  const events = heard(site.sessions)
  t.is((await site.send('/read', { cookie: `sessionid=${id}` })).status, 200)
  are(t, site, events, { event: 'undecodable', session: nameIn(events) })
})

onStoreAndCookie('S19 whatever the event, the answers are the same', async (t, open) => {
  const site = await open(handlers)
  const [ended, over, unknown] = [await site.store(), await site.store(), site.bench.unknownId]
  if (!site.inCookie) await site.bench.engine.delete(ended)
  site.bench.now += COOKIE_AGE * 1000
  const events = heard(site.sessions)
  const answers = []
  for (const id of [ended, over, unknown, 'what is no id']) {
    const { status, headers, body } = await site.send('/read', { cookie: `sessionid=${id}` })
    answers.push({ status, body, headers: { ...headers, date: '' } })
  }
  for (const answer of answers) t.true(isDeepStrictEqual(answer, answers[0]))
  t.true(new Set(namesOf(events)).size > 2)
})

onCookies(
  'S33 a cookie that is copied before a log-out is accepted after it, but not in silence',
  async (t, open) => {
    const site = await open(handlers)
    const events = heard(site.sessions)
    const cookie = `sessionid=${await site.store()}`
    await site.send('/flush', { cookie })
    const session = nameIn(events.splice(0))
    t.is((await site.send('/read', { cookie })).status, 200)
    are(t, site, events, { event: 'use-after-end', session, ended: 'logout' })
  },
)
