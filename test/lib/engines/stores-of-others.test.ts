import { type Handler, idAfter, onStoresOfOthers } from '../../support/site.js'

const SECOND = 1000

const handlers: Readonly<Record<string, Handler>> = {
  '/log-in': async (ctx) => (await ctx.session).login('ada'),
  '/count': async (ctx) => {
    ctx.body = String((await ctx.session).transform<string>('n', (n) => Number(n ?? 0) + 1))
  },
  '/who': async (ctx) => {
    ctx.body = (await ctx.session).user ?? 'nobody'
  },
}

onStoresOfOthers('S29 S31 S32 log-ins are listed, limited and ended', async (t, open) => {
  const { sessions, send } = await open(handlers, { maxSessionsPerUser: 3 })
  const ids: string[] = []
  for (let n = 0; n < 4; n++) ids.push(idAfter(await send('/log-in')))
  const whoIs = () =>
    Promise.all(ids.map(async (id) => (await send('/who', { cookie: `sessionid=${id}` })).body))
  t.deepEqual(await whoIs(), ['nobody', 'ada', 'ada', 'ada'])
  t.is((await sessions.forUser('ada')).length, 3)

  const current = await sessions.open(ids[3])
  t.is(await sessions.revokeOthers(current), 2)
  t.deepEqual(await whoIs(), ['nobody', 'nobody', 'nobody', 'ada'])
  const [only] = await sessions.forUser('ada', { current })
  t.like(only, { isCurrent: true, handle: current.handle })
  t.is(await sessions.revoke('ada', current.handle ?? ''), 1)
  t.is(await sessions.revokeAll('ada'), 0)
  t.deepEqual(await sessions.forUser('ada'), [])
})

onStoresOfOthers('S69 of writes at the same moment none is lost', async (t, open) => {
  const { send, request } = await open(handlers)
  const cookie = `sessionid=${idAfter(await send('/count'))}`
  await Promise.all(Array.from({ length: 20 }, () => request('/count', { cookie })))
  t.is((await send('/count', { cookie })).body, '22')
})

onStoresOfOthers('S24 an id is renewed, and the old one works for the grace', async (t, open) => {
  const { send, bench, sessions } = await open(handlers, { renewAfter: 600, renewGrace: 20 })
  const old = { cookie: `sessionid=${idAfter(await send('/log-in'))}` }
  bench.now += 600 * SECOND
  const fresh = { cookie: `sessionid=${idAfter(await send('/count', old))}` }
  t.notDeepEqual(fresh, old)
  t.is((await send('/count', fresh)).body, '2')
  t.is((await send('/count', old)).body, '3')
  bench.now += 20 * SECOND
  t.is((await send('/who', old)).body, 'nobody')
  t.is((await send('/who', fresh)).body, 'ada')
  t.is((await sessions.forUser('ada')).length, 1)
})

onStoresOfOthers('R26 what has expired is swept, and the lease is held by one', async (t, open) => {
  const { send, bench, sessions } = await open(handlers, { cookieAge: 60 })
  for (let n = 0; n < 5; n++) await send('/count')
  t.is(await sessions.clearExpired(), 0)
  bench.now += 60 * SECOND
  t.is(await sessions.clearExpired(), 5)
  const other = await bench.another()
  t.is(await sessions.engine.lease?.('sweep', SECOND), true)
  t.is(await other.lease?.('sweep', SECOND), false)
})
