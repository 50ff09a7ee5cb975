import test, { type ExecutionContext } from 'ava'
import { openSessions, type Sessions, type SessionsOptions } from '../../../../src/lib/index.js'
import { noteCrypto } from '../../../support/counting.js'
import { temporaryDirectory } from '../../../support/server-process.js'
import { djangoSqlite } from '../../../support/stores/django.js'

const secretKey = 'tessera-django-tests-7Qw2pVb9Zk4LmXc8RtYn5HdGfJs3A6eU'
const computed = noteCrypto()

/** A MAC is two hashes, and so is what signs. Ids are no secrets here, and nothing else is hashed. */
const MAC = 2

const places: Readonly<Record<string, (t: ExecutionContext) => Promise<SessionsOptions>>> = {
  "Django's table": async (t) => {
    const { options, discard } = await djangoSqlite.prepare()
    t.teardown(discard)
    return { ...options, engine: 'db' }
  },
  "Django's files": async (t) => ({ engine: 'file', filePath: await temporaryDirectory(t) }),
}

async function open(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const logger = { warn: () => {}, error: () => {} }
  const sessions = await openSessions({ ...options, codec: 'django', secretKey, logger, cleanupInterval: 0 })
  t.teardown(() => sessions.close())
  return sessions
}

/** How many hashes are computed while `work` is done. */
async function hashesOf(work: () => Promise<unknown>): Promise<number> {
  computed.length = 0
  await work()
  return computed.filter((name) => name === 'hash').length
}

for (const [title, prepare] of Object.entries(places))
  test.serial(
    `${title}: a text is verified once, however often a request and its store look into it`,
    async (t) => {
      const options = await prepare(t)
      const others = await open(t, options)
      const stored = await others.open()
      stored.set<string>('n', 0)
      await stored.save()
      const sessions = await open(t, options)
      // Its key is prepared by the first MAC.
      await sessions.open().then((first) => first.set<string>('first', true).save())

      const change = async (n: number, then?: 'cycleKey'): Promise<void> => {
        const session = await sessions.open(id)
        session.set<string>('n', n)
        if (then !== undefined) session[then]()
        await session.save()
        id = session.id
      }
      let { id } = stored
      t.is(
        await hashesOf(() => change(1)),
        MAC + MAC,
        'what another process wrote is verified, what is new is signed',
      )
      t.is(await hashesOf(() => sessions.open(id)), 0, 'what was written here is known')
      t.is(await hashesOf(() => change(2)), MAC)
      t.is(await hashesOf(() => change(3, 'cycleKey')), MAC)
      const theirs = await others.open(id)
      await theirs.set<string>('n', 4).save()
      t.is(await hashesOf(() => sessions.open(id)), MAC)
      t.is((await sessions.open(id)).get('n'), 4)
    },
  )
