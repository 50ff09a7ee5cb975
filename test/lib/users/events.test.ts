import type { SessionEvent } from '../../../src/lib/index.js'
import { heard } from '../../support/heard.js'
import { type Handler, idAfter, onStore, type Site, type SiteOptions } from '../../support/site.js'

const handlers: Readonly<Record<string, Handler>> = {
  '/log-in': async (ctx) => (await ctx.session).login('ada'),
  '/read': async (ctx) => (await ctx.session).get('a'),
}

const logIn = async (site: Site): Promise<string> => idAfter(await site.send('/log-in'))

function revocationsIn(events: readonly SessionEvent[]) {
  return events.flatMap((event) => (event.event === 'revoked' ? [event] : []))
}

onStore(
  'S70 S29 each revocation is one event, with how many ended, and no id of anybody',
  async (t, open) => {
    const site = await open(handlers)
    const events = heard(site.sessions)
    const ids = [await logIn(site), await logIn(site), await logIn(site), await logIn(site)]
    const [{ handle } = { handle: '' }] = await site.sessions.forUser('ada')
    await site.sessions.revoke('ada', handle)
    await site.sessions.revoke('ada', handle)
    const left = await Promise.all(ids.map((id) => site.sessions.open(id)))
    const current = left.find(({ user }) => user === 'ada')
    if (current === undefined) return t.fail('nobody is logged in')
    await site.sessions.revokeOthers(current)
    await site.sessions.revokeAll('ada')
    const revoked = revocationsIn(events)
    t.deepEqual(
      revoked.map(({ by, count }) => [by, count]),
      [
        ['one', 1],
        ['others', 2],
        ['all', 1],
      ],
    )
    t.is(new Set(revoked.map(({ user }) => user)).size, 1)
    for (const secret of [...ids, 'ada', handle]) t.false(JSON.stringify(revoked).includes(secret))
  },
)

onStore('S70 S32 a log-in that makes the oldest give way is a revocation by the limit', async (t, open) => {
  const site = await open(handlers, { maxSessionsPerUser: 1 })
  const events = heard(site.sessions)
  await logIn(site)
  await logIn(site)
  t.deepEqual(
    revocationsIn(events).map(({ by, count }) => [by, count]),
    [['limit', 1]],
  )
})

const ends: readonly (readonly [reason: string, options: SiteOptions, seconds: number])[] = [
  ['age', { cookieAge: 100, idleTimeout: 200, absoluteTimeout: 300 }, 100],
  ['idle', { cookieAge: 200, idleTimeout: 100, absoluteTimeout: 300 }, 100],
  ['absolute', { cookieAge: 200, idleTimeout: 100, absoluteTimeout: 100 }, 100],
  ['absolute', { absoluteTimeout: 100 }, 100],
]
for (const [reason, options, seconds] of ends) {
  onStore(
    `S70 a session that has expired says why: ${reason} with ${JSON.stringify(options)}`,
    async (t, open) => {
      const site = await open(handlers, options)
      const events = heard(site.sessions)
      const cookie = `sessionid=${await logIn(site)}`
      site.bench.now += seconds * 1000
      await site.send('/read', { cookie })
      const expired = events.flatMap((event) => (event.event === 'expired' ? [event.reason] : []))
      t.deepEqual(expired, [reason])
    },
  )
}
