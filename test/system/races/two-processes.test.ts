import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { serverSide, sharedEngines } from '../../support/engines.js'
import { sqlite } from '../../support/stores/sqlite.js'
import type { EngineUnderTest } from '../../support/stores/store.js'
import { testOf } from '../../support/test-of.js'
import { Colleague, together } from './processes.js'

/** What each of the two processes does, all at once: more than a conditional write is tried again. */
const EACH = 60
const each = String(EACH)

const colleagues = [new Colleague(), new Colleague()] as const
test.after.always(() => Promise.all(colleagues.map((one) => one.stop())))

interface Subject {
  readonly sessions: Sessions
  /** What another process opens the same sessions with. */
  readonly where: string
  /** Stores a session without a request, and answers its id. */
  stored(): Promise<string>
  /** Lets so much time pass that what others wrote is seen here. */
  settle(): void
}

async function openSubject(
  t: ExecutionContext,
  under: EngineUnderTest,
  more: SessionsOptions = {},
): Promise<Subject> {
  const { options, discard } = await under.prepare()
  t.teardown(discard)
  const settings: SessionsOptions = { engine: under.engine, ...options, ...more, engineTimeout: 20_000 }
  let now = Date.now()
  const sessions = await openSessions({ ...settings, clock: () => now })
  t.teardown(() => sessions.close())
  return {
    sessions,
    where: JSON.stringify(settings),
    async stored() {
      const session = await sessions.open()
      session.set<string>('n', 0)
      await session.save()
      return session.id ?? ''
    },
    settle() {
      now += sessions.engine.capabilities.staleFor ?? 0
    },
  }
}

for (const under of sharedEngines.filter(serverSide)) {
  testOf(
    under,
    `R08 two processes that each set ${EACH} keys of one session at once keep them all`,
    async (t) => {
      const { sessions, where, stored, settle } = await openSubject(t, under)
      const id = await stored()
      await together(colleagues, where, ['set', id, '0', each], ['set', id, each, each])
      settle()
      const session = await sessions.open(id)
      t.is(session.size, 1 + 2 * EACH)
      for (let n = 0; n < 2 * EACH; n++) t.is(session.get(`key${n}`), n)
    },
  )

  testOf(
    under,
    `R07 two processes that each transform one key ${EACH} times at once lose nothing`,
    async (t) => {
      const { sessions, where, stored, settle } = await openSubject(t, under)
      const id = await stored()
      await together(colleagues, where, ['increment', id, each], ['increment', id, each])
      settle()
      t.is((await sessions.open(id)).get('n'), 2 * EACH)
    },
  )

  // Without a limit there is less that can go wrong: one engine is enough.
  for (const maxSessionsPerUser of under === sqlite ? [0, 3] : [3]) {
    testOf(
      under,
      `S31 S32 after two processes have logged one user in and out all over, listed is alive (${maxSessionsPerUser || 'any number'})`,
      async (t) => {
        const { sessions, where, settle } = await openSubject(t, under, { maxSessionsPerUser })
        const task = ['people', 'ada', '8']
        const printed = await together(colleagues, where, task, task)
        settle()
        const ids = new Set(printed.flat())
        t.true(ids.size > 16)
        const loaded = await Promise.all([...ids].map((id) => sessions.engine.load(id)))
        const alive = loaded.flatMap((one) => (one.kind === 'found' ? (one.record.user?.handle ?? []) : []))
        const listed = (await sessions.forUser('ada')).map(({ handle }) => handle)
        t.deepEqual(listed.sort(), alive.sort())
        if (maxSessionsPerUser > 0) t.true(listed.length <= maxSessionsPerUser)
        t.is(await sessions.revokeAll('ada'), alive.length)
        const after = await Promise.all([...ids].map((id) => sessions.open(id)))
        t.true(after.every(({ user }) => user === undefined))
      },
    )
  }

  testOf(under, 'S27 what one process logs out, no late write of another revives', async (t) => {
    const { sessions, where, stored } = await openSubject(t, under)
    const ids = await Promise.all([stored(), stored(), stored()])
    const [colleague] = colleagues
    await colleague.prepare(where, 'late', ...ids)
    colleague.go()
    await colleague.until('held')
    for (const id of ids) {
      const session = await sessions.open(id)
      session.flush()
      await session.save()
    }
    colleague.go()
    t.deepEqual(await colleague.until('done'), Array(3).fill('SessionInterrupted'))
    for (const id of ids) t.deepEqual(await sessions.engine.load(id), { kind: 'missing' })
    t.is(await sessions.clearExpired(), 0)
  })
}
