import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { SessionStore } from '../../../../src/lib/engines/session-store.js'
import {
  EngineUnavailable,
  openSessions,
  type Sessions,
  type SessionsOptions,
  storeEngine,
} from '../../../../src/lib/index.js'
import { partsOf } from '../../../../src/lib/open-sessions.js'
import { type Entries, myStore } from '../../../support/stores/of-others.js'

const KEY = 'Twelve drummers, eleven pipers, ten lords'

/** Sessions in files, in plain text, that move into SQLite, sealed and under another prefix. */
async function stage(t: ExecutionContext): Promise<{
  now: number
  open(options?: SessionsOptions): Promise<Sessions>
  readonly old: SessionsOptions
  readonly moved: SessionsOptions
}> {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  const old: SessionsOptions = { engine: 'file', filePath: join(directory, 'old') }
  const moved: SessionsOptions = {
    engine: 'db',
    databaseUrl: `sqlite:${join(directory, 'new.sqlite')}`,
    keyPrefix: 'new',
    codec: 'sealed',
    secretKey: KEY,
    moveFrom: { engine: 'file', filePath: join(directory, 'old'), keyPrefix: 'keyv', codec: 'json' },
  }
  const opened: Sessions[] = []
  t.teardown(async () => {
    await Promise.all(opened.map((sessions) => sessions.close()))
    await rm(directory, { recursive: true })
  })
  const all = {
    now: 1_700_000_000_000,
    old,
    moved,
    async open(options: SessionsOptions = moved) {
      const logger = { warn: () => {}, error: () => {} }
      const sessions = await openSessions({
        engineTimeout: 20_000,
        cleanupInterval: 0,
        ...options,
        clock: () => all.now,
        logger,
      })
      opened.push(sessions)
      return sessions
    },
  }
  return all
}

test('a session that is used while it moves keeps what all processes wrote, and ends for all of them', async (t) => {
  const { open, old, moved } = await stage(t)
  const before = await open(old)
  const session = await before.open()
  session.login('ann')
  session.set('old', 1)
  await session.save()

  const prepare = await open({ ...moved, moveStep: 'prepare' })
  const move = await open()
  const events: string[] = []
  move.on('moved', ({ from, engine }) => events.push(`${from} to ${engine}`))
  for (const [name, sessions] of Object.entries({ prepare, move, again: prepare })) {
    const its = await sessions.open(session.id)
    its.set(name, 1)
    await its.save()
  }
  const there = await move.open(session.id)
  t.deepEqual([...there.keys()], ['old', 'prepare', 'move', 'again'])
  t.deepEqual(events, ['file to db'])
  t.is((await move.forUser('ann')).length, 1)
  t.is((await prepare.forUser('ann')).length, 1)

  await prepare.revokeAll('ann')
  for (const sessions of [prepare, move, before]) t.is((await sessions.open(session.id)).user, undefined)

  const alone = await open({ ...moved, moveFrom: undefined })
  t.deepEqual(await alone.forUser('ann'), [])
})

test('a log-in in the old store can be ended from the new one, and one in the new store from the old one', async (t) => {
  const { open, old, moved } = await stage(t)
  await open(old)
  const prepare = await open({ ...moved, moveStep: 'prepare' })
  const move = await open()
  const ids: (string | undefined)[] = []
  for (const sessions of [prepare, move]) {
    const session = await sessions.open()
    session.login('ann')
    await session.save()
    ids.push(session.id)
  }
  t.is((await prepare.forUser('ann')).length, 2)
  t.is((await move.forUser('ann')).length, 2)
  const [inOld, inNew] = ids
  const here = await prepare.open(inOld)
  await prepare.revokeOthers(here)
  t.is((await move.open(inNew)).user, undefined)
  t.is((await move.open(inOld)).user, 'ann')
})

test('where a list in the old store cannot be read, all sessions of the user in both stores end, and what is left is told', async (t) => {
  const { open, old, moved } = await stage(t)
  const logIn = async (sessions: Sessions) => {
    const session = await sessions.open()
    session.login('ann')
    await session.save()
    return session.id
  }
  const inOld = await logIn(await open(old))
  await logIn(await open({ ...old, codec: 'sealed', secretKey: `${KEY} of somebody else` }))
  const move = await open(moved)
  const inNew = await logIn(move)
  await t.throwsAsync(move.revokeAll('ann'), {
    name: 'RevocationIncomplete',
    message: /^2 of .+ 1 of the sessions in the store cannot be read/,
  })
  for (const id of [inOld, inNew]) t.is((await move.open(id)).user, undefined)
})

test('an engine that cannot take part is refused at the start, and told why', async (t) => {
  const { open, moved } = await stage(t)
  await t.throwsAsync(open({ ...moved, moveFrom: 'cache' }), { message: /memory of one process/ })
  await t.throwsAsync(open({ ...moved, engine: 'cache' }), { message: /memory of this process/ })
  await t.throwsAsync(open({ ...moved, moveFrom: { engine: 'db' } }), { message: /kept already/ })
  await t.throwsAsync(open({ ...moved, moveFrom: { engine: 'file', path: 'x' } as never }), {
    message: /moveFromFilePath/,
  })
})

test('what nobody visits is found by listing the old store, and moved with its list', async (t) => {
  const { open, old, moved } = await stage(t)
  const before = await open(old)
  const ids: (string | undefined)[] = []
  for (const name of ['ann', 'ben', 'cid']) {
    const session = await before.open()
    session.login(name)
    await session.save()
    ids.push(session.id)
  }
  const move = await open()
  const moving = partsOf(move)?.moving
  t.truthy(moving)
  const listed = async (): Promise<string[]> => {
    const left: string[] = []
    for await (const page of moving?.keys() ?? [])
      for (const key of page) if ((await moving?.find(key)) === 'left') left.push(key)
    return left
  }
  const keys = await listed()
  t.is(keys.length, 6)
  for (const key of keys) await moving?.bring(key)
  t.deepEqual(await listed(), [])
  await move.close()
  const alone = await open({ ...moved, moveFrom: undefined })
  t.is((await alone.open(ids[0])).user, 'ann')
  t.is((await alone.forUser('cid')).length, 1)
})

test('each process says in the old store which step it runs, until it ends', async (t) => {
  const all = await stage(t)
  const { open, old, moved } = all
  await open(old)
  const prepare = await open({ ...moved, moveStep: 'prepare' })
  const move = await open()
  const processes = partsOf(move)?.moving?.processes
  const steps = async () => (await processes?.state())?.processes.map(({ step, pid }) => [step, pid])
  t.deepEqual(await steps(), [
    ['prepare', process.pid],
    ['move', process.pid],
  ])
  await prepare.close()
  t.deepEqual(await steps(), [['move', process.pid]])
  all.now += 61_000
  t.deepEqual(await steps(), [])
  await processes?.finish()
  await t.throwsAsync(open({ ...moved, moveStep: 'prepare' }), { message: /everything has been moved/ })
})

test('sessions do not move back to where their tombstones are, but to another prefix of that store', async (t) => {
  const { open, old, moved } = await stage(t)
  const session = await (await open(old)).open()
  session.set('basket', 1)
  await session.save()
  const there = await open()
  t.is((await there.open(session.id)).get('basket'), 1)
  await there.close()

  const { filePath } = old
  const from = {
    engine: 'db',
    databaseUrl: moved.databaseUrl ?? '',
    keyPrefix: 'new',
    codec: 'sealed',
  } as const
  const back: SessionsOptions = {
    ...moved,
    engine: 'file',
    codec: 'json',
    moveFrom: from,
    ...(filePath && { filePath }),
  }
  await t.throwsAsync(open({ ...back, keyPrefix: 'keyv' }), { message: /another KEY_PREFIX/ })
  const again = await open({ ...back, keyPrefix: 'again' })
  t.is((await again.open(session.id)).get('basket'), 1)
})

test('while the old store does not answer nobody is logged out, and nothing is written', async (t) => {
  const entries: Entries = new Map()
  const store = myStore(entries)
  let isDown = false
  const failing: SessionStore = {
    ...store,
    read: (key) => (isDown ? Promise.reject(new EngineUnavailable('down')) : store.read(key)),
  }
  const { open } = await stage(t)
  const before = await open({ engine: storeEngine({ name: 'old', store }) })
  const session = await before.open()
  session.set('basket', 1)
  await session.save()
  const move = await open({
    engine: storeEngine({ name: 'new', store: myStore() }),
    moveFrom: { engine: storeEngine({ name: 'old', store: failing }) },
  })
  isDown = true
  await t.throwsAsync(move.open(session.id), { name: 'EngineUnavailable' })
  isDown = false
  t.is((await move.open(session.id)).get('basket'), 1)
})
