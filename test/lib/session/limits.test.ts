import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, TooManySessions } from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import type { SiteOptions } from '../../support/site.js'
import { memory } from '../../support/stores/memory.js'

const HOUR = 3_600_000

/** Sessions in memory, whose calls are counted and can fail; log-ins last an hour unless told otherwise. */
async function house(t: ExecutionContext, options: SiteOptions = {}) {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const calls: EngineCall[] = []
  const down = new Set<EngineCall>()
  const engine = intercept(bench.engine, (call) => {
    calls.push(call)
    if (down.has(call)) throw new Error(`no ${call}`)
  })
  const sessions = await openSessions({ engine, clock: () => bench.now, cookieAge: 3600, ...options })
  return { bench, sessions, calls, down }
}

async function logIn(sessions: Sessions, seconds: number | null = null): Promise<void> {
  const session = await sessions.open()
  session.setExpiry(seconds)
  session.login('ada')
  await session.save()
}

test('S32 where new sessions are refused, one that is over does not count', async (t) => {
  const { bench, sessions } = await house(t, { maxSessionsPerUser: 1, maxSessionsPolicy: 'refuse-new' })
  await logIn(sessions)
  await t.throwsAsync(logIn(sessions), { instanceOf: TooManySessions })
  bench.now += HOUR
  await logIn(sessions)
  t.is((await sessions.forUser('ada')).length, 1)
})

test('S32 one that is over gives way before any that lives, though it came later', async (t) => {
  const { bench, sessions } = await house(t, { maxSessionsPerUser: 2 })
  await logIn(sessions)
  bench.now += 1
  await logIn(sessions, 60)
  bench.now += HOUR / 2
  await logIn(sessions)
  t.is((await sessions.forUser('ada')).length, 2)
})

test('S32 what was revoked does not count, even where an outage cut the revocation in two', async (t) => {
  const { sessions, down } = await house(t, { maxSessionsPerUser: 1, maxSessionsPolicy: 'refuse-new' })
  await logIn(sessions)
  down.add('index.evict')
  await t.throwsAsync(sessions.revokeAll('ada'))
  down.clear()
  await logIn(sessions)
  t.is((await sessions.forUser('ada')).length, 1)
})

test('S32 without a limit nobody gives way, however many there are', async (t) => {
  const { sessions } = await house(t)
  for (let n = 0; n < 40; n++) await logIn(sessions)
  t.is((await sessions.forUser('ada')).length, 40)
})

for (const maxSessionsPerUser of [0, 12]) {
  test(`a log-in looks at no other before there are many: MAX_SESSIONS_PER_USER ${maxSessionsPerUser}`, async (t) => {
    const { sessions, calls } = await house(t, { maxSessionsPerUser })
    for (let n = 0; n < 12; n++) await logIn(sessions)
    t.false(calls.includes('index.load'))
  })
}
