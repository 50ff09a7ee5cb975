import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, type SessionsOptions } from '../../../../src/lib/index.js'
import { temporaryDirectory } from '../../../support/server-process.js'
import { sqliteUrl } from '../../../support/sqlite.js'

const OLD = 'the key of yesterday that nobody can guess'
const NEW = 'the key of tomorrow that nobody can guess'

/** The keys of processes that serve side by side while a key is rotated. */
const processes = {
  'old alone': { secretKey: OLD },
  'old, then new': { secretKey: OLD, secretKeyFallbacks: [NEW] },
  'new, then old': { secretKey: NEW, secretKeyFallbacks: [OLD] },
} as const satisfies Record<string, SessionsOptions>

type Name = keyof typeof processes
const names = Object.keys(processes) as Name[]

async function stage(t: ExecutionContext): Promise<(options: SessionsOptions) => Promise<Sessions>> {
  const path = join(await temporaryDirectory(t), 'sessions.sqlite')
  return async (options) => {
    const sessions = await openSessions({
      databaseUrl: sqliteUrl(path),
      cleanupInterval: 0,
      engineTimeout: 20_000,
      logger: { warn: () => {}, error: () => {} },
      ...options,
    })
    t.teardown(() => sessions.close())
    return sessions
  }
}

for (const first of names) {
  test(`out of cookies: what a process moves whose keys are ${first} is there for all that share one of them`, async (t) => {
    const open = await stage(t)
    const before = await open({ engine: 'signed_cookies', secretKey: OLD })
    const session = await before.open()
    session.login('ann')
    await session.save()
    const id = session.id ?? ''
    const at = async (name: Name, step: 'prepare' | 'move') =>
      open({ engine: 'db', moveFrom: { engine: 'signed_cookies' }, moveStep: step, ...processes[name] })
    const moved = await (await at(first, 'move')).open(id)
    moved.set('by', first)
    await moved.save()
    // The answer gets lost: whoever comes next has the old cookie.
    for (const name of names)
      for (const step of ['prepare', 'move'] as const) {
        const sessions = await at(name, step)
        const there = await sessions.open(id)
        t.is(there.user, 'ann', `${name}, ${step}`)
        t.is(there.get('by'), first)
      }
    t.is((await (await at('new, then old', 'move')).forUser('ann')).length, 1)
    const last = await (await at('new, then old', 'move')).open(id)
    last.flush()
    await last.save()
    for (const name of names) t.is((await (await at(name, 'prepare')).open(id)).user, undefined, name)
  })
}

test('out of cookies: a process that shares no key with the one that moved a session logs nobody out', async (t) => {
  const open = await stage(t)
  const moveFrom = { engine: 'signed_cookies', secretKey: OLD } as const
  const session = await (await open({ engine: 'signed_cookies', secretKey: OLD })).open()
  session.login('ann')
  await session.save()
  const one = await open({ engine: 'db', moveFrom, secretKey: OLD })
  t.is((await one.open(session.id)).user, 'ann')
  const other = await open({ engine: 'db', moveFrom, secretKey: NEW })
  await t.throwsAsync(other.open(session.id), { name: 'EngineUnavailable', message: /SECRET_KEY/ })
})
