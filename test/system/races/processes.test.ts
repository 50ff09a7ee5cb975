import { once } from 'node:events'
import { KeyvSqlite } from '@keyv/sqlite'
import test from 'ava'
import { Keyv } from 'keyv'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import { otherConnection, sqliteUrl } from '../../support/sqlite.js'
import { startWorker, temporaryDatabase } from './processes.js'

test('R17 after kill -9 in the middle of writing the database is sound and every record whole', async (t) => {
  const path = await temporaryDatabase(t)
  const killed = startWorker(t, sqliteUrl(path), 'write', '20')
  const ids: string[] = []
  let unfinished = ''
  for await (const chunk of killed.stdout) {
    const lines = (unfinished + String(chunk)).split('\n')
    unfinished = lines.pop() ?? ''
    ids.push(...lines)
    if (ids.length > 200) break
  }
  killed.kill('SIGKILL')
  await once(killed, 'exit')

  const plain = otherConnection(path)
  const [integrity] = await plain.query('PRAGMA integrity_check')
  t.deepEqual(integrity, { integrity_check: 'ok' })
  await plain.disconnect()

  const sessions = await openSessions({ engine: 'db', databaseUrl: sqliteUrl(path) })
  t.teardown(() => sessions.close())
  const texts = await Promise.all(ids.map(async (id) => String((await sessions.open(id)).get('text'))))
  t.true(texts.length > 200)
  for (const text of texts) t.regex(text, /^(.)\1{1999}$/, 'an answered session is lost or torn')
})

test('a plain Keyv client reads what a session stored', async (t) => {
  const path = await temporaryDatabase(t)
  const now = Date.now()
  const sessions = await openSessions({
    engine: 'db',
    databaseUrl: sqliteUrl(path),
    cookieAge: 60,
    clock: () => now,
  })
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.update({ name: 'Ada', tags: [':colon', ':base64:AA=='], nested: { deep: true } })
  await session.save()

  // Its driver is another copy of SQLite, perhaps.
  await sessions.close()
  const store = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'tessera_sessions' })
  const keyv = new Keyv({ store })
  t.teardown(() => keyv.disconnect())
  const stored = await keyv.getRaw<{ data: unknown }>(keyOf(session.id ?? ''))
  t.deepEqual(stored?.value?.data, { name: 'Ada', tags: [':colon', ':base64:AA=='], nested: { deep: true } })
  t.is(stored?.expires, now + 60_000)
})

test('R19 a database that another process has locked waits, then is EngineUnavailable; readers do not wait', async (t) => {
  const path = await temporaryDatabase(t)
  const sessions = await openSessions({ engine: 'db', databaseUrl: sqliteUrl(path), engineTimeout: 2000 })
  t.teardown(() => sessions.close())
  const session = await sessions.open()
  session.set<string>('n', 1)
  await session.save()

  const other = otherConnection(path)
  t.teardown(() => other.disconnect())
  await other.query('BEGIN IMMEDIATE')
  session.set<string>('n', 2)
  await t.throwsAsync(session.save(), {
    instanceOf: EngineUnavailable,
    message: /SQLITE_BUSY|did not answer/,
  })
  t.is((await sessions.open(session.id)).get('n'), 1)

  await other.query('ROLLBACK')
  await session.save()
  t.is((await sessions.open(session.id)).get('n'), 2)
})

test('a lock that is given up in time goes unnoticed', async (t) => {
  const path = await temporaryDatabase(t)
  const sessions = await openSessions({ engine: 'db', databaseUrl: sqliteUrl(path) })
  t.teardown(() => sessions.close())
  const other = otherConnection(path)
  t.teardown(() => other.disconnect())
  await other.query('BEGIN IMMEDIATE')

  const session = await sessions.open()
  session.set<string>('n', 1)
  const saved = session.save()
  await sessions.engine.load('a'.repeat(32))
  await other.query('ROLLBACK')
  await saved
  t.is((await sessions.open(session.id)).get('n'), 1)
})
