import test from 'ava'
import type { Session } from '../../../src/lib/index.js'
import type { Entries } from '../../support/stores/of-others.js'
import { logIn, TwoActors } from './interleaving.js'

/** More calls than anything here makes. */
const MANY = 80

/** What a browser does to a session of the user while somebody ends all of them. */
const moves: Readonly<Record<string, (session: Session, userId: string) => unknown>> = {
  'a rotation': (session) => session.cycleKey(),
  're-authentication': (session, userId) => session.login(userId),
  'a write': (session) => session.set<string>('late', 1),
  'a longer life': (session) => session.setExpiry(9_000_000),
  'a log-out': (session) => session.logout(),
}

const quiet = { warn: () => {}, error: () => {} }

/** The session of a user, long since, whose list cannot be read any more. */
async function cast(actors: TwoActors, entries: Entries, userId: string): Promise<Session> {
  actors.forget()
  entries.clear()
  const session = await logIn(actors.quick, userId)
  actors.bench.now += 120_000
  for (const [key, entry] of entries)
    if (key.includes(':user-')) entries.set(key, { ...entry, text: entry.text.slice(0, 30) })
  return session
}

for (const [title, act] of Object.entries(moves)) {
  for (const isSlow of [true, false])
    test(`S29 S31 ${title} ${isSlow ? 'in the middle of' : 'overtaken by'} a revocation whose list cannot be read, at any call: it ends`, async (t) => {
      const entries: Entries = new Map()
      const actors = await TwoActors.onStore(t, { logger: quiet }, entries)
      let nth = 0
      for (; nth < MANY; nth++) {
        const userId = crypto.randomUUID()
        const session = await cast(actors, entries, userId)
        const move = async (by: TwoActors['quick']): Promise<void> => {
          const its = await by.open(session.id)
          act(its, userId)
          await its.save()
        }
        const late: unknown[] = []
        const ended = isSlow
          ? await actors.overtake(
              nth,
              () => actors.slow.revokeAll(userId),
              () => move(actors.quick).catch((error: Error) => late.push(error.name)),
            )
          : await actors.overtake(
              nth,
              () => move(actors.slow),
              () => actors.quick.revokeAll(userId),
            )
        if (ended === undefined) break
        const at = `before call ${nth}: ${ended} ${late}`
        const alive = await actors.alive(userId)
        // Who logs in when the session is over is a new visitor.
        t.false(alive.includes(session.handle ?? ''), at)
        t.deepEqual(await actors.listed(userId), alive, at)
        t.true(['done', 'SessionInterrupted'].includes(ended), at)
        if (isSlow) t.is(ended, 'done', at)
      }
      t.true(nth > 0 && nth < MANY, `${nth} calls`)
    })
}
