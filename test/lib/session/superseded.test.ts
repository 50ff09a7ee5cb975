/** A request with an id that was rotated away a moment ago, or while it ran. */

import { setImmediate } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { Session } from '../../../src/lib/index.js'
import type { Answer } from '../../support/client.js'
import { heard, namesOf } from '../../support/heard.js'
import {
  type Handler,
  idAfter,
  onRevocableCookies,
  onStore,
  onStoreAndCookie,
  type Site,
} from '../../support/site.js'

const read: Handler = async (ctx) => {
  const session = await ctx.session
  ctx.body = JSON.stringify([session.user ?? null, Object.fromEntries(session)])
}

const handlers: Readonly<Record<string, Handler>> = {
  '/cart': async (ctx) => (await ctx.session).set<string>('cart', ['book']),
  '/log-in': async (ctx) => (await ctx.session).login('ada'),
  '/log-in-and-save': async (ctx) => {
    const session = await ctx.session
    session.login('ada')
    await session.save()
  },
  '/set-and-log-in': async (ctx) => {
    const session = await ctx.session
    session.set<string>('welcome', true)
    session.login('ada')
    session.set<string>('theme', 'dark')
  },
  '/out-and-in': async (ctx) => {
    const session = await ctx.session
    session.logout()
    session.login('ada')
  },
  '/anew': async (ctx) => {
    const session = await ctx.session
    session.flush()
    session.set<string>('fresh', true)
  },
  '/out': async (ctx) => (await ctx.session).logout(),
  '/set': async (ctx) => (await ctx.session).set<string>('stale', true),
  '/count': async (ctx) => (await ctx.session).transform<string>('n', (n) => Number(n ?? 0) + 1),
  '/expiry': async (ctx) => (await ctx.session).setExpiry(60),
  '/cycle': async (ctx) => (await ctx.session).cycleKey(),
  '/read': read,
}

for (const [path, held] of [
  ['/log-in', ['ada', {}]],
  ['/log-in-and-save', ['ada', {}]],
  ['/set-and-log-in', ['ada', { welcome: true, theme: 'dark' }]],
  ['/out-and-in', ['ada', {}]],
  ['/anew', [null, { fresh: true }]],
] as const)
  for (const before of ['/log-in', '/cycle', '/anew'])
    onStore(
      `S27 ${path} whose answer got lost after ${before} is sent again: a session of its own`,
      async (t, open) => {
        const site = await open(handlers)
        const first = { cookie: `sessionid=${idAfter(await site.send('/cart'))}` }
        const moved = idAfter(await site.send(before, first))
        const events = heard(site.sessions)
        const again = await site.send(path, first)
        t.is(again.status, 200)
        t.is(again.cookies.length, 1)
        t.not(idAfter(again), moved)
        t.deepEqual(
          JSON.parse((await site.send('/read', { cookie: `sessionid=${idAfter(again)}` })).body),
          held,
        )
        t.false(namesOf(events).includes('interrupted'))
        t.true(namesOf(events).includes('created'))
        // The one before is nobody's to end.
        t.is((await site.stored(moved)).kind, 'found')
        t.deepEqual(site.errors, [])
      },
    )

onStore('S27 what would change data that lives on elsewhere is refused as before', async (t, open) => {
  const site = await open(handlers)
  const first = { cookie: `sessionid=${idAfter(await site.send('/cart'))}` }
  await site.send('/log-in', first)
  for (const path of ['/set', '/count', '/expiry', '/cycle', '/out']) {
    const answer = await site.send(path, first)
    t.is(answer.status, 400, path)
    t.deepEqual(answer.cookies, [])
  }
  const answer = await site.send('/read', first)
  t.is(answer.body, '[null,{}]')
  t.deepEqual(answer.cookies, [])
})

/** Sends both requests with one id, each of which has loaded the session before the other one commits. */
function meeting(path: string, other: string) {
  let arrived = 0
  const both: Handler = async (ctx) => {
    await ctx.session
    arrived++
    while (arrived < 2) await setImmediate()
    await handlers[ctx.path]?.(ctx)
  }
  return { ...handlers, [path]: both, [other]: both }
}

/** Two log-ins of one visitor at the same moment; answers both, each of which leads to the log-in. */
async function clickTwice(t: ExecutionContext, site: Site, cookie: string): Promise<[Answer, Answer]> {
  const answers = await Promise.all([
    site.request('/log-in', { cookie }),
    site.request('/log-in', { cookie }),
  ])
  for (const answer of answers) {
    t.is(answer.status, 200)
    t.is(JSON.parse((await site.send('/read', { cookie: `sessionid=${idAfter(answer)}` })).body)[0], 'ada')
  }
  return answers
}

onStoreAndCookie('a double click on "log in": both answers lead to the log-in', async (t, open) => {
  const site = await open(meeting('/log-in', '/log-in'))
  const cookie = `sessionid=${idAfter(await site.send('/cart'))}`
  const answers = await clickTwice(t, site, cookie)
  t.not(idAfter(answers[0]), idAfter(answers[1]))
  t.deepEqual(site.errors, [])
})

onStoreAndCookie('a double click of somebody who is logged in already, too', async (t, open) => {
  const site = await open({
    ...meeting('/log-in', '/log-in'),
    '/first': handlers['/log-in-and-save'] as Handler,
  })
  const cookie = `sessionid=${idAfter(await site.send('/first'))}`
  await clickTwice(t, site, cookie)
  t.deepEqual(site.errors, [])
})

for (const path of ['/log-in', '/set-and-log-in', '/out-and-in', '/anew'])
  onStoreAndCookie(`${path} while another request logs in gives both a session`, async (t, open) => {
    const site = await open(meeting(path, '/log-in-and-save'))
    const cookie = `sessionid=${idAfter(await site.send('/cart'))}`
    const answers = await Promise.all([
      site.request(path, { cookie }),
      site.request('/log-in-and-save', { cookie }),
    ])
    for (const answer of answers) {
      t.is(answer.status, 200)
      t.is((await site.stored(idAfter(answer))).kind, 'found')
    }
    t.deepEqual(site.errors, [])
  })

onStore(
  'a write while another request logs in is refused, and a log-in beside a write counts with it',
  async (t, open) => {
    const site = await open(meeting('/set', '/log-in'))
    const cookie = `sessionid=${idAfter(await site.send('/cart'))}`
    const [written, loggedIn] = await Promise.all([
      site.request('/set', { cookie }),
      site.request('/log-in', { cookie }),
    ])
    t.is(loggedIn.status, 200)
    const [user, data] = JSON.parse(
      (await site.send('/read', { cookie: `sessionid=${idAfter(loggedIn)}` })).body,
    )
    t.is(user, 'ada')
    t.is(data.stale === true, written.status === 200)
  },
)

onStore('a log-in that answers 500 begins nothing', async (t, open) => {
  const site = await open({
    ...handlers,
    '/fail': async (ctx) => {
      ;(await ctx.session).login('ada')
      ctx.status = 500
    },
  })
  const first = { cookie: `sessionid=${idAfter(await site.send('/cart'))}` }
  await site.send('/log-in', first)
  t.deepEqual((await site.send('/fail', first)).cookies, [])
  t.is((await site.sessions.forUser('ada')).length, 1)
})

onStore('S27 outside a request it is the same', async (t, open) => {
  const site = await open(handlers)
  const id = idAfter(await site.send('/cart'))
  await site.send('/log-in', { cookie: `sessionid=${id}` })
  const session = await site.sessions.open(id)
  session.login('ada')
  await session.save()
  t.not(session.id, undefined)
  t.not(session.id, id)
  t.is((await site.sessions.forUser('ada')).length, 2)
})

onStore('S24 a log-in with an id whose grace is over begins a session, too', async (t, open) => {
  const site = await open(handlers, { renewAfter: 10, renewGrace: 5 })
  const old = { cookie: `sessionid=${idAfter(await site.send('/cart'))}` }
  site.bench.now += 10_000
  const fresh = { cookie: `sessionid=${idAfter(await site.send('/read', old))}` }
  await site.send('/read', fresh)
  site.bench.now += 6000
  t.is((await site.send('/set', old)).status, 400)
  const answer = await site.send('/log-in', old)
  t.is(answer.status, 200)
  t.is((await site.send('/read', { cookie: `sessionid=${idAfter(answer)}` })).body, '["ada",{}]')
})

onRevocableCookies('S33 with a cookie that was revoked a moment ago one can log in', async (t, open) => {
  const site = await open(handlers)
  const cookie = `sessionid=${idAfter(await site.send('/log-in'))}`
  await site.sessions.revokeAll('ada')
  t.is((await site.send('/set', { cookie })).status, 400)
  const answer = await site.send('/log-in', { cookie })
  t.is(answer.status, 200)
  t.is((await site.send('/read', { cookie: `sessionid=${idAfter(answer)}` })).body, '["ada",{}]')
})

onStore(
  'what is done while a save() begins a session in the place of one that has ended is for the next commit',
  async (t, open) => {
    const done: Readonly<Record<string, (session: Session) => unknown>> = {
      '/set': (session) => {
        session.set<string>('x', 1).delete('gone')
        session.setExpiry(60)
        Object(session.get<string>('list')).push(2)
      },
      '/flush': (session) => session.flush(),
      '/log-in': (session) => session.login('bob'),
    }
    const meanwhile: Handler = async (ctx) => {
      const session = await ctx.session
      await site.bench.engine.delete(session.id ?? '')
      session.set<string>('list', [1]).set<string>('gone', 1)
      session.login('ada')
      const saved = session.save()
      done[ctx.path]?.(session)
      await saved
      const stored = await site.stored(session.id ?? '')
      ctx.body = JSON.stringify([session.user, Object.fromEntries(session)])
      if (ctx.path === '/set') t.like(stored, { record: { data: { gone: 1 }, user: { id: 'ada' } } })
    }
    const site = await open({ '/set': meanwhile, '/flush': meanwhile, '/log-in': meanwhile, '/read': read })
    for (const [path, held] of [
      ['/set', ['ada', { list: [1, 2], x: 1 }]],
      ['/flush', [null, {}]],
      ['/log-in', ['bob', {}]],
    ] as const) {
      const id = await site.store()
      const answer = await site.send(path, { cookie: `sessionid=${id}` })
      t.deepEqual([answer.status, JSON.parse(answer.body)], [200, held], path)
      const after = await site.send('/read', { cookie: `sessionid=${idAfter(answer)}` })
      t.deepEqual(JSON.parse(after.body), held, path)
      if (path === '/set') t.is((await site.sessions.open(idAfter(answer))).getExpiryAge(), 60)
    }
  },
)
