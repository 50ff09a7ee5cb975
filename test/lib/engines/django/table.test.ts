import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import {
  EngineMisconfigured,
  EngineUnavailable,
  openSessions,
  type Sessions,
  type SessionsOptions,
} from '../../../../src/lib/index.js'
import { mariadb, postgres } from '../../../support/databases.js'
import { djangoEngines } from '../../../support/engines.js'
import { mariadbUrl, queryMariadb, startStrictMariadb } from '../../../support/servers/mariadb.js'
import { queryPostgres } from '../../../support/servers/postgres.js'
import { RoughRoad } from '../../../support/servers/rough-road.js'
import { djangoMariadb, djangoPostgres, mariadbTable } from '../../../support/stores/django.js'
import type { EngineUnderTest } from '../../../support/stores/store.js'
import { testOf } from '../../../support/test-of.js'

const secretKey = 'tessera-django-tests-7Qw2pVb9Zk4LmXc8RtYn5HdGfJs3A6eU'

async function open(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const logger = { warn: () => {}, error: () => {} }
  const sessions = await openSessions({ engine: 'db', codec: 'django', secretKey, logger, ...options })
  t.teardown(() => sessions.close())
  return sessions
}

async function optionsOf(t: ExecutionContext, under: EngineUnderTest): Promise<SessionsOptions> {
  const { options, discard } = await under.prepare()
  t.teardown(discard)
  return options
}

async function storedIn(sessions: Sessions): Promise<string> {
  const session = await sessions.open()
  session.set<string>('n', 1)
  await session.save()
  return session.id ?? ''
}

const NO_TABLE = { instanceOf: EngineMisconfigured, message: /no table django_session.*manage\.py migrate/ }

test('a SQLite database without the table is refused, and no file is made where none is', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-'))
  t.teardown(() => rm(directory, { recursive: true }))
  const path = join(directory, 'db.sqlite3')
  const settings = { engine: 'db', codec: 'django', secretKey, databaseUrl: `sqlite:${path}` } as const
  await t.throwsAsync(openSessions(settings), { instanceOf: EngineUnavailable })
  await t.throwsAsync(openSessions(settings), { message: /no such file/ })
  await writeFile(path, '')
  await t.throwsAsync(openSessions(settings), NO_TABLE)
})

for (const database of [postgres, mariadb]) {
  testOf(database, "without Django's table the start is refused with what makes it", async (t) => {
    const databaseUrl = await database.fresh()
    await t.throwsAsync(openSessions({ engine: 'db', codec: 'django', secretKey, databaseUrl }), NO_TABLE)
  })
}

for (const under of djangoEngines) {
  testOf(under, 'a key in other letters finds nothing, and is not asked for', async (t) => {
    const sessions = await open(t, await optionsOf(t, under))
    const id = await storedIn(sessions)
    const { engine } = sessions
    for (const key of [id.toUpperCase(), `${id} `, id.slice(1), `${id}a`, '%'.repeat(32)]) {
      t.is(engine.isId?.(key), false)
      t.is((await engine.load(key)).kind, 'missing')
      t.is(await engine.delete(key), 'missing')
    }
    t.is((await engine.load(id)).kind, 'found')
  })

  testOf(under, 'the start says what cannot be promised', async (t) => {
    const said: string[] = []
    const log = (_: object, message: string): void => void said.push(message)
    await open(t, { ...(await optionsOf(t, under)), logger: { warn: log, error: log } })
    t.is(said.length, 1)
    t.regex(said[0] ?? '', /shared with Django.*ids.*RENEW_AFTER.*docs\/django\.md/)
  })
}

/** What sessions do, by a role that may do no more than read and write rows of the table. */
async function sufficient(t: ExecutionContext, options: SessionsOptions): Promise<void> {
  let now = Date.now()
  const sessions = await open(t, { ...options, saveEveryRequest: true, clock: () => now })
  const id = await storedIn(sessions)
  const session = await sessions.open(id)
  session.set<string>('n', 2)
  await session.save()
  session.cycleKey()
  await session.save()
  t.is((await sessions.engine.touch(session.id ?? '', now + 1000)).kind, 'touched')
  t.is((await sessions.open(session.id)).get('n'), 2)
  session.flush()
  await session.save()
  await storedIn(sessions)
  now += 20 * 86_400_000
  t.is(await sessions.clearExpired(), 1)
}

testOf(djangoPostgres, 'a role with SELECT, INSERT, UPDATE and DELETE on the table suffices', async (t) => {
  const { databaseUrl = '', databaseSchema = '', ...options } = await optionsOf(t, djangoPostgres)
  const role = `r${randomUUID().replaceAll('-', '')}`
  const ask = (sql: string) => queryPostgres(databaseUrl, sql)
  await ask(`CREATE ROLE ${role} LOGIN`)
  t.teardown(async () => {
    await ask(`DROP OWNED BY ${role}`)
    await ask(`DROP ROLE ${role}`)
  })
  await ask(`GRANT USAGE ON SCHEMA ${databaseSchema} TO ${role}`)
  await ask(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${databaseSchema}.django_session TO ${role}`)
  const url = databaseUrl.replace(/\/\/[^@]+@/, `//${role}@`)
  await sufficient(t, { ...options, databaseSchema, databaseUrl: url })
})

testOf(djangoMariadb, 'a user with SELECT, INSERT, UPDATE and DELETE on the table suffices', async (t) => {
  // The server that all tests share knows no users.
  const server = await startStrictMariadb()
  t.teardown(() => server.discard())
  const databaseUrl = mariadbUrl(server.port)
  const ask = (sql: string) => queryMariadb(databaseUrl, sql)
  await ask(mariadbTable)
  await ask("CREATE USER few@'127.0.0.1'")
  const url = databaseUrl.replace(/\/\/[^@]+@/, '//few@')
  await t.throwsAsync(open(t, { databaseUrl: url }), { instanceOf: EngineUnavailable })
  await ask("GRANT SELECT, INSERT, UPDATE, DELETE ON tessera.django_session TO few@'127.0.0.1'")
  await sufficient(t, { databaseUrl: url })
})

for (const under of [djangoPostgres, djangoMariadb]) {
  testOf(
    under,
    'while the database is down every call is EngineUnavailable; afterwards the session is there',
    async (t) => {
      const options = await optionsOf(t, under)
      const url = new URL(options.databaseUrl ?? '')
      const road = await RoughRoad.start(Number(url.port))
      t.teardown(() => road.close())
      url.port = String(road.port)
      const sessions = await open(t, { ...options, databaseUrl: url.href, engineTimeout: 20_000 })
      const id = await storedIn(sessions)
      const { engine } = sessions
      const loaded = await engine.load(id)
      t.true(loaded.kind === 'found')
      if (loaded.kind !== 'found') return
      road.weather = { kind: 'closed' }
      const { record, version } = loaded
      const calls = [
        () => sessions.open(id),
        () => engine.create('c'.repeat(32), record),
        () => engine.update(id, record, version),
        () => engine.rotate({ id, to: 'd'.repeat(32), record, version }),
        () => engine.touch(id, record.expires),
        () => engine.delete(id),
      ]
      for (const call of calls) await t.throwsAsync(call, { instanceOf: EngineUnavailable })
      road.weather = { kind: 'fair' }
      t.is((await sessions.open(id)).get('n'), 1)
    },
  )
}
