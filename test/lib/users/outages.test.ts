import { EngineUnavailable, type Session, type Sessions } from '../../../src/lib/index.js'
import { heard, namesOf } from '../../support/heard.js'
import type { EngineCall } from '../../support/intercept.js'
import { onRevocableCookies, onStore, type Site } from '../../support/site.js'

type Ask = (sessions: Sessions, session: Session) => Promise<unknown>

const forUser: Ask = (sessions) => sessions.forUser('ada')
const revokeAll: Ask = (sessions) => sessions.revokeAll('ada')
const revoke: Ask = async (sessions) =>
  sessions.revoke('ada', (await sessions.forUser('ada'))[0]?.handle ?? '')
const revokeOthers: Ask = (sessions, session) => sessions.revokeOthers(session)

/** A session of Ada's that is stored. */
async function loggedIn({ sessions }: Site) {
  const session = await sessions.open()
  session.login('ada')
  await session.save()
  return session
}

const cases: readonly [string, EngineCall, Ask][] = [
  ['forUser', 'index.read', forUser],
  ['revokeAll', 'index.read', revokeAll],
  ['revokeAll', 'index.write', revokeAll],
  ['revokeAll', 'index.evict', revokeAll],
  ['revoke', 'index.write', revoke],
]
for (const [title, call, ask] of cases) {
  onStore(`S70 ${title}() in an outage of ${call} begins one outage, and ends it`, async (t, open) => {
    const site = await open()
    const session = await loggedIn(site)
    const events = heard(site.sessions)
    site.down.add(call)
    for (const _ of [1, 2])
      await t.throwsAsync(ask(site.sessions, session), { instanceOf: EngineUnavailable })
    t.deepEqual(namesOf(events), ['engine-down'])
    t.like(events[0], { event: 'engine-down', message: `store-7.internal does not answer ${call}` })
    t.is(site.logged.filter((line) => line === 'the session store cannot be used').length, 1)
    site.down.clear()
    site.bench.now += 5000
    await ask(site.sessions, session)
    t.like(
      events.find(({ event }) => event === 'engine-up'),
      { downFor: 5000 },
    )
  })
}

for (const [title, ask] of [
  ['revokeAll', revokeAll],
  ['revokeOthers', revokeOthers],
] as const) {
  onRevocableCookies(
    `S33 S70 ${title}() of cookies in an outage begins one outage, and ends it`,
    async (t, open) => {
      const site = await open()
      const session = await loggedIn(site)
      const events = heard(site.sessions)
      site.down.add('revocations.revokeUser')
      for (const _ of [1, 2])
        await t.throwsAsync(ask(site.sessions, session), { instanceOf: EngineUnavailable })
      site.down.clear()
      await ask(site.sessions, session)
      t.deepEqual(
        namesOf(events).filter((name) => name.startsWith('engine')),
        ['engine-down', 'engine-up'],
      )
    },
  )
}
