import type { ExecutionContext } from 'ava'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { EngineUnavailable, openSessions, type Sessions } from '../../../src/lib/index.js'
import type { OwnDatabase } from '../../support/databases.js'
import { freePort } from '../../support/servers/machine.js'
import { startStopwatch } from '../../support/stopwatch.js'
import { testOf } from '../../support/test-of.js'
import { LIMIT } from './database-site.js'

async function openOn(t: ExecutionContext, databaseUrl: string, engineTimeout = LIMIT): Promise<Sessions> {
  const sessions = await openSessions({ engine: 'db', databaseUrl, engineTimeout })
  t.teardown(() => sessions.close())
  return sessions
}

async function stored(sessions: Sessions, data: Record<string, unknown> = { n: 0 }): Promise<string> {
  const session = await sessions.open()
  session.update(data)
  await session.save()
  return session.id ?? ''
}

type Run = (t: ExecutionContext, url: string) => Promise<void>

/** One after the other: some stop the server. `url` is that of a new database. */
function testOn(database: OwnDatabase, title: string, run: Run): void {
  testOf(database, title, async (t) => run(t, await database.fresh()))
}

/** Several processes at one server, a server that ends, and what other programs find in the database. */
export function testServers(database: OwnDatabase): void {
  const { server, connect, plain, scheme } = database

  testOn(database, 'processes that start at once on an empty database all succeed', async (t, url) => {
    const opened = await Promise.all(Array.from({ length: 6 }, () => openOn(t, url)))
    const ids = await Promise.all(opened.map((sessions, n) => stored(sessions, { n })))
    const read = await Promise.all(ids.toReversed().map((id, by) => opened[by]?.open(id)))
    t.deepEqual(
      read.map((session) => session?.get('n')),
      [5, 4, 3, 2, 1, 0],
    )
  })

  testOn(database, 'a plain Keyv client reads what a session stored', async (t, url) => {
    const sessions = await openOn(t, url)
    const data = { name: 'Ada', tags: [':colon', ':base64:AA=='], nested: { deep: true } }
    const id = await stored(sessions, data)
    const keyv = plain(url)
    t.teardown(() => keyv.disconnect())
    const raw = await keyv.getRaw<{ data: unknown }>(keyOf(id))
    t.deepEqual(raw?.value?.data, data)
    const loaded = await sessions.engine.load(id)
    t.like(loaded, { kind: 'found', record: { expires: raw?.expires } })
  })

  testOn(database, 'a table that Keyv made before us serves, and keeps what is in it', async (t, url) => {
    const keyv = plain(url)
    await keyv.set('theirs', 'hello')
    const sessions = await openOn(t, url)
    const id = await stored(sessions, { large: 'é'.repeat(100_000) })
    await keyv.set('later', 'hello again')
    t.is((await sessions.open(id)).get('large'), 'é'.repeat(100_000))
    t.deepEqual(await keyv.getMany(['theirs', 'later']), ['hello', 'hello again'])
    await keyv.disconnect()
  })

  testOn(database, 'large and odd texts survive every step', async (t, url) => {
    const { engine } = await openOn(t, url)
    const data = {
      odd: '\0 \ud800 \u{1f600} \\" \' % "expires":1} {"version":9}',
      tail: '},"expires":12345}',
      large: '\u{1f600}é'.repeat(100_000),
    }
    const now = Date.now()
    const record = { data, createdAt: now, expires: now + 60_000 }
    const id = await createIn(engine, record)
    t.is((await engine.update(id, record, 1)).kind, 'updated')
    await engine.touch(id, now + 120_000)
    t.deepEqual(await engine.load(id), {
      kind: 'found',
      record: { ...record, expires: now + 120_000 },
      version: 2,
    })
    const rotated = await rotateIn(engine, id, record, 2)
    t.is(rotated.kind, 'updated')
    if (rotated.kind === 'updated') {
      t.deepEqual(await engine.load(rotated.id), { kind: 'found', record, version: 3 })
      t.is(await engine.delete(rotated.id), 'deleted')
    }
  })

  testOn(database, 'processes that write the same sessions in any order wait in no ring', async (t, url) => {
    const engines = await Promise.all([1, 2, 3].map(async () => (await openOn(t, url, 20_000)).engine))
    const [first] = engines
    const now = Date.now()
    const record = { data: {}, createdAt: now, expires: now + 60_000 }
    const ids = await Promise.all(
      Array.from({ length: 100 }, async () => (first ? await createIn(first, record) : '')),
    )
    for (let version = 1; version <= 5; version++) {
      const orders = [ids, ids.toReversed(), ids.toSorted()]
      const results = await Promise.all(
        engines.flatMap((engine, by) => [
          ...(orders[by] ?? []).map(async (id) => (await engine.update(id, record, version)).kind),
          ...(orders[by] ?? []).map((id) => engine.touch(id, now + 60_000 + version).then(() => 'touched')),
        ]),
      )
      t.is(results.filter((kind) => kind === 'updated').length, 100)
    }
  })

  testOn(
    database,
    'R13 after kill -9 and a restart the same sessions go on, with nothing lost',
    async (t, url) => {
      const sessions = await openOn(t, url)
      const id = await stored(sessions, { n: 1 })
      // Several connections that break while they are idle.
      await Promise.all(Array.from({ length: 8 }, () => stored(sessions)))
      await (await server()).stop('SIGKILL')
      t.teardown(async () => (await server()).start())
      await t.throwsAsync(sessions.open(id), { instanceOf: EngineUnavailable })
      await t.throwsAsync(stored(sessions), { instanceOf: EngineUnavailable })

      await (await server()).start()
      const session = await sessions.open(id)
      t.is(session.get('n'), 1)
      session.set<string>('n', 2)
      await session.save()
      t.is((await sessions.open(id)).get('n'), 2)
    },
  )

  testOn(
    database,
    'R13 a frozen server is EngineUnavailable in time, and goes on afterwards',
    async (t, url) => {
      const sessions = await openOn(t, url)
      const id = await stored(sessions, { n: 1 })
      const running = await server()
      running.freeze('SIGSTOP')
      try {
        const elapsed = startStopwatch()
        // More than there are connections: none of them may be stuck for good.
        const attempts = Array.from({ length: 12 }, () => [
          sessions.engine.load(id),
          sessions.engine.delete('a'.repeat(32)),
          sessions.engine.clearExpired(1),
        ]).flat()
        const results = await Promise.allSettled(attempts)
        t.true(
          results.every((each) => each.status === 'rejected' && each.reason instanceof EngineUnavailable),
        )
        t.true(elapsed() < 3 * LIMIT)
        await t.throwsAsync(openSessions({ engine: 'db', databaseUrl: url, engineTimeout: LIMIT }), {
          instanceOf: EngineUnavailable,
        })
      } finally {
        running.freeze('SIGCONT')
      }
      t.is((await sessions.open(id)).get('n'), 1)
    },
  )

  testOn(
    database,
    'a row that somebody has locked is EngineUnavailable in time; readers do not wait',
    async (t, url) => {
      const sessions = await openOn(t, url)
      const id = await stored(sessions, { n: 1 })
      const other = await connect(url)
      await other.query('BEGIN')
      await other.query('SELECT * FROM tessera_sessions FOR UPDATE')
      const session = await sessions.open(id)
      session.set<string>('n', 2)
      await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable })
      t.is((await sessions.open(id)).get('n'), 1)
      await other.query('ROLLBACK')
      await other.end()
      await session.save()
      t.is((await sessions.open(id)).get('n'), 2)
    },
  )

  testOn(database, 'a server that is down at the start is named, without the password', async (t) => {
    const databaseUrl = `${scheme}://ada:s3cret@127.0.0.1:${await freePort()}/sessions`
    const error = await t.throwsAsync(openSessions({ engine: 'db', databaseUrl, engineTimeout: LIMIT }), {
      instanceOf: EngineUnavailable,
      message: /database 127\.0\.0\.1:\d+\/sessions cannot be used/,
    })
    t.notRegex(`${error?.message} ${JSON.stringify(error?.cause)} ${error?.stack}`, /s3cret/)
  })
}
