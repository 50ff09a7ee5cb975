import { setImmediate as turn } from 'node:timers/promises'
import { KeyvSqlite } from '@keyv/sqlite'
import test from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { mysqlStatements } from '../../../src/lib/engines/db/mysql-dialect.js'
import { postgresStatements } from '../../../src/lib/engines/db/postgres-dialect.js'
import { sqliteStatements } from '../../../src/lib/engines/db/sqlite-dialect.js'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { mariadb, postgres } from '../../support/databases.js'
import { ownDatabase } from '../../support/server-process.js'
import { otherConnection, sqliteUrl } from '../../support/sqlite.js'
import { testOf } from '../../support/test-of.js'

const NOW = Date.UTC(2026, 0, 1)
/** Enough for a planner to prefer an index. */
const LIVING = 1000
const EXPIRED = 10

/** Stores sessions of which few are over at `NOW + 1`. */
async function stored(options: SessionsOptions): Promise<void> {
  // A thousand records at once may keep a busy machine for longer than a request would wait.
  const sessions = await openSessions({
    ...options,
    engineTimeout: 60_000,
    cleanupInterval: 0,
    clock: () => NOW,
  })
  const create = (count: number, life: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        createIn(sessions.engine, { data: {}, createdAt: NOW, expires: NOW + life }),
      ),
    )
  await create(LIVING, 60_000)
  await create(EXPIRED, 1)
  await sessions.close()
}

test.serial('SQLite: a sweep looks for what is over in the index, not among the living', async (t) => {
  const { DATABASE_URL } = await ownDatabase(t)
  await stored({ databaseUrl: DATABASE_URL })
  const plain = new KeyvSqlite(DATABASE_URL.replace('sqlite:', 'sqlite://'))
  t.teardown(() => plain.disconnect())
  const sql = `EXPLAIN QUERY PLAN ${sqliteStatements('tessera_sessions').removeExpired}`
  const plan = JSON.stringify(await plain.query(sql, 'keyv:', 'keyv;', NOW + 1, 500))
  t.regex(plan, /SEARCH tessera_sessions USING INDEX tessera_sessions_expires/)
  t.notRegex(plan, /SCAN|key>|TEMP B-TREE/)
})

testOf(postgres, 'a sweep looks for what is over in the index, not among the living', async (t) => {
  const url = await postgres.fresh()
  await stored({ databaseUrl: url })
  const plain = await postgres.connect(url)
  t.teardown(() => plain.end())
  await plain.query('ANALYZE tessera_sessions')
  const sql = `EXPLAIN ${postgresStatements('tessera_sessions', 'public').removeExpired}`
  const plan = JSON.stringify(await plain.query(sql, 'keyv:', NOW + 1, 500))
  t.regex(plan, /Index Scan using tessera_sessions_expires/)
  t.notRegex(plan, /Sort/)
})

testOf(mariadb, 'a sweep looks for what is over in the index, not among the living', async (t) => {
  const url = await mariadb.fresh()
  await stored({ databaseUrl: url })
  const plain = await mariadb.connect(url)
  t.teardown(() => plain.end())
  await plain.query('ANALYZE TABLE tessera_sessions')
  const sql = `EXPLAIN ${mysqlStatements('tessera_sessions').removeExpired(500)}`
  const [plan] = await plain.query(sql, NOW + 1, 'keyv:', 'keyv:')
  t.like(plan, { key: 'tessera_sessions_expires', type: 'range' })
  t.notRegex(String(plan?.Extra), /filesort/)
})

test.serial('SQLite: while a statement waits for another process, the event loop goes on', async (t) => {
  const path = (await ownDatabase(t)).DATABASE_URL.replace('sqlite:', '')
  const sessions = await openSessions({ databaseUrl: sqliteUrl(path), cleanupInterval: 0 })
  t.teardown(() => sessions.close())
  const { engine } = sessions
  const record = { data: {}, createdAt: NOW, expires: Date.now() + 60_000 }
  const id = await createIn(engine, record)
  const other = otherConnection(path)
  t.teardown(() => other.disconnect())
  await other.query('BEGIN IMMEDIATE')
  // A sweep's batch, and writes of every kind beside it: if one of them held the event loop, nobody would let go of the
  // lock before it is too late for all.
  const waiting = Promise.all([
    engine.clearExpired(100),
    createIn(engine, record),
    engine.touch(id, record.expires + 1),
    engine.delete(id),
  ])
  for (let turns = 0; turns < 50; turns++) await turn()
  t.is((await engine.load(id)).kind, 'found', 'a request that reads is served meanwhile')
  await other.query('COMMIT')
  await t.notThrowsAsync(waiting)
})
