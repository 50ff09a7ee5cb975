import { KeyvMysql } from '@keyv/mysql'
import { KeyvPostgres } from '@keyv/postgres'
import { KeyvSqlite } from '@keyv/sqlite'
import test, { type ExecutionContext } from 'ava'
import { Keyv } from 'keyv'
import { createIn, rotateIn } from '../../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../../src/lib/engines/ids.js'
import {
  EngineMisconfigured,
  EngineUnavailable,
  openSessions,
  type Sessions,
  type SessionsOptions,
} from '../../../../src/lib/index.js'
import { type Database, mariadb, postgres } from '../../../support/databases.js'
import { ownDatabase } from '../../../support/server-process.js'
import { queryOnce, type Rows } from '../../../support/servers/plain.js'
import { testOf } from '../../../support/test-of.js'

/** Keyv itself reads the system's clock. */
const NOW = Date.now()
const TABLE = 'tessera_sessions'

/** A database, and what somebody who knows nothing of us can do there. */
interface Subject {
  readonly title: string
  readonly missing?: string | undefined
  fresh(t: ExecutionContext): Promise<string>
  query(url: string, sql: string): Promise<Rows>
  plain(url: string, table: string): Keyv
  /** What version 6 of the Keyv adapter does to a table when it connects. */
  readonly rewrite: readonly string[]
}

const onServer = ({ title, missing, fresh, connect }: Database) => ({
  title,
  missing,
  fresh: () => fresh(),
  query: (url: string, sql: string) => queryOnce(connect(url), sql, []),
})

const subjects: readonly Subject[] = [
  {
    title: 'db on SQLite',
    fresh: async (t) => (await ownDatabase(t)).DATABASE_URL,
    async query(url, sql) {
      const plain = new KeyvSqlite(url.replace('sqlite:', 'sqlite://'))
      return (await plain.query(sql).finally(() => plain.disconnect())) as Rows
    },
    plain: (url, table) =>
      new Keyv({ store: new KeyvSqlite({ uri: url.replace('sqlite:', 'sqlite://'), table }) }),
    rewrite: [
      `ALTER TABLE ${TABLE} RENAME TO old`,
      `CREATE TABLE ${TABLE}(
        key VARCHAR(255) NOT NULL, value TEXT, namespace VARCHAR(255) NOT NULL DEFAULT '', expires BIGINT DEFAULT NULL,
        UNIQUE(key, namespace)
      )`,
      `INSERT INTO ${TABLE}(key, value, namespace) SELECT substr(key, 6), value, 'keyv' FROM old`,
      'DROP TABLE old',
    ],
  },
  {
    ...onServer(postgres),
    plain: (uri, table) => new Keyv({ store: new KeyvPostgres({ uri, table }) }),
    rewrite: [
      `ALTER TABLE ${TABLE} ADD COLUMN namespace VARCHAR(255) DEFAULT NULL`,
      `ALTER TABLE ${TABLE} DROP CONSTRAINT ${TABLE}_pkey`,
      `UPDATE ${TABLE} SET key = substr(key, 6), namespace = 'keyv'`,
    ],
  },
  {
    ...onServer(mariadb),
    plain: (uri, table) => new Keyv({ store: new KeyvMysql({ uri, table }) }),
    rewrite: [`ALTER TABLE ${TABLE} ADD COLUMN namespace VARCHAR(255) NOT NULL DEFAULT ''`],
  },
]

async function opened(t: ExecutionContext, options: SessionsOptions): Promise<Sessions> {
  const sessions = await openSessions({ engine: 'db', cleanupInterval: 0, clock: () => NOW, ...options })
  t.teardown(() => sessions.close())
  return sessions
}

const record = { data: { n: 1 }, createdAt: NOW, expires: NOW + 60_000 }

for (const { title, missing, fresh, query, plain, rewrite } of subjects) {
  const testOn = (name: string, run: (t: ExecutionContext, databaseUrl: string) => Promise<void>): void =>
    testOf({ title, missing }, name, async (t) => run(t, await fresh(t)))

  testOn('a plain Keyv client with the same table reads each step of a session', async (t, databaseUrl) => {
    const { engine } = await opened(t, { databaseUrl })
    const keyv = plain(databaseUrl, TABLE)
    t.teardown(() => keyv.disconnect())
    const id = await createIn(engine, record)
    t.like(await keyv.getRaw(keyOf(id)), { value: { version: 1, data: { n: 1 } }, expires: NOW + 60_000 })
    await engine.update(id, { ...record, data: { n: 2 } }, 1)
    t.like(await keyv.getRaw(keyOf(id)), { value: { version: 2, data: { n: 2 } } })
    await engine.touch(id, NOW + 90_000.5)
    t.like(await keyv.getRaw(keyOf(id)), { value: { version: 2, data: { n: 2 } }, expires: NOW + 90_000.5 })
    const rotated = await rotateIn(engine, id, record, 2)
    t.like(await keyv.getRaw(keyOf(id)), { value: { superseded: true } })
    if (rotated.kind === 'updated') t.like(await keyv.getRaw(keyOf(rotated.id)), { value: { version: 3 } })
  })

  testOn('the columns say what the text says, after each step', async (t, databaseUrl) => {
    const { engine } = await opened(t, { databaseUrl })
    const isTrue = async (): Promise<void> => {
      for (const { value, version, expires } of await query(databaseUrl, `SELECT * FROM ${TABLE}`)) {
        const text = JSON.parse(String(value))
        t.is(version === null ? undefined : Number(version), text.value.version)
        t.is(Number(expires), text.expires)
      }
    }
    const id = await createIn(engine, record)
    await isTrue()
    await engine.update(id, { ...record, expires: NOW + 70_000 }, 1)
    await isTrue()
    await engine.touch(id, NOW + 90_000.25)
    await isTrue()
    t.is((await query(databaseUrl, `SELECT * FROM ${TABLE}`))[0]?.expires, NOW + 90_000.25)
    await rotateIn(engine, id, record, 2)
    await isTrue()
  })

  testOn('a touch changes the end of the text and nothing else in it', async (t, databaseUrl) => {
    const { engine } = await opened(t, { databaseUrl })
    const data = { like: `"expires":${NOW + 60_000}}`, nested: { expires: NOW + 60_000 }, tail: '1.5e+7}' }
    const id = await createIn(engine, { ...record, data })
    t.is((await engine.touch(id, NOW + 90_000)).kind, 'touched')
    t.like(await engine.load(id), { kind: 'found', record: { data, expires: NOW + 90_000 } })
  })

  testOn('what a plain Keyv client keeps in the table is not ours to remove', async (t, databaseUrl) => {
    const { engine } = await opened(t, { databaseUrl })
    const keyv = plain(databaseUrl, TABLE)
    t.teardown(() => keyv.disconnect())
    await keyv.set('theirs', { expires: 1 }, 1)
    await createIn(engine, { ...record, expires: NOW })
    t.is(await engine.clearExpired(10), 1)
    t.is((await query(databaseUrl, `SELECT * FROM ${TABLE}`)).length, 1)
  })

  testOn('a table that a Keyv adapter of version 6 has rewritten stops the start', async (t, databaseUrl) => {
    const before = await openSessions({ engine: 'db', databaseUrl })
    await createIn(before.engine, record)
    await before.close()
    for (const statement of rewrite) await query(databaseUrl, statement)
    await t.throwsAsync(openSessions({ engine: 'db', databaseUrl }), {
      instanceOf: EngineMisconfigured,
      message: /version 6 of a Keyv adapter has rewritten the table .*tessera_sessions.* DATABASE_TABLE/s,
    })
    // As it says: another table will do.
    const { engine } = await opened(t, { databaseUrl, databaseTable: 'other' })
    t.is((await engine.load(await createIn(engine, record))).kind, 'found')
  })

  testOn('a table of somebody else’s stops the start and is left as it is', async (t, databaseUrl) => {
    await query(databaseUrl, 'CREATE TABLE people(name VARCHAR(20), born INTEGER)')
    await query(databaseUrl, "INSERT INTO people VALUES ('Ada', 1815)")
    await t.throwsAsync(openSessions({ engine: 'db', databaseUrl, databaseTable: 'people' }), {
      instanceOf: EngineMisconfigured,
      message: /: \S*people\S* is not a table of sessions: .* DATABASE_TABLE/,
    })
    t.deepEqual(
      (await query(databaseUrl, 'SELECT * FROM people')).map((row) => ({ ...row })),
      [{ name: 'Ada', born: 1815 }],
    )
  })

  testOn('the longest name of a table, and one that is a word of SQL, will do', async (t, databaseUrl) => {
    for (const databaseTable of ['t'.repeat(63), 'order', 'Mixed_Case']) {
      for (let start = 0; start < 2; start++) {
        const { engine } = await opened(t, { databaseUrl, databaseTable })
        const id = await createIn(engine, record)
        t.is((await rotateIn(engine, id, record, 1)).kind, 'updated')
      }
    }
  })
}

function testOnPostgres(name: string, run: (t: ExecutionContext, databaseUrl: string) => Promise<void>) {
  testOf(postgres, name, async (t) => run(t, await postgres.fresh()))
}

const onPostgres = (url: string, sql: string): Promise<Rows> => queryOnce(postgres.connect(url), sql, [])

const schemasOf = async (url: string): Promise<unknown[]> =>
  (await onPostgres(url, `SELECT schemaname FROM pg_tables WHERE tablename = '${TABLE}'`)).map(
    ({ schemaname }) => schemaname,
  )

testOnPostgres('the table is in the first schema of the search path', async (t, databaseUrl) => {
  const name = new URL(databaseUrl).pathname.slice(1)
  await onPostgres(databaseUrl, 'CREATE SCHEMA app')
  await onPostgres(databaseUrl, `ALTER DATABASE ${name} SET search_path = missing, app, public`)
  const { engine } = await opened(t, { databaseUrl })
  t.is((await engine.load(await createIn(engine, record))).kind, 'found')
  t.deepEqual(await schemasOf(databaseUrl), ['app'])
})

testOnPostgres('or in DATABASE_SCHEMA, which is made if it is missing', async (t, databaseUrl) => {
  const { engine } = await opened(t, { databaseUrl, databaseSchema: 'Sessions' })
  t.is((await engine.load(await createIn(engine, record))).kind, 'found')
  t.deepEqual(await schemasOf(databaseUrl), ['sessions'])
})

testOnPostgres('a search path without any schema is named at the start', async (t, databaseUrl) => {
  const name = new URL(databaseUrl).pathname.slice(1)
  await onPostgres(databaseUrl, `ALTER DATABASE ${name} SET search_path = missing`)
  await t.throwsAsync(openSessions({ engine: 'db', databaseUrl }), {
    instanceOf: EngineMisconfigured,
    message: /no schema of the search path exists; name one with DATABASE_SCHEMA/,
  })
})

testOnPostgres('a role that may create nothing is told so', async (t, databaseUrl) => {
  await onPostgres(databaseUrl, 'DROP ROLE IF EXISTS guest')
  await onPostgres(databaseUrl, 'CREATE ROLE guest LOGIN')
  t.teardown(() => onPostgres(databaseUrl, 'DROP ROLE guest'))
  await t.throwsAsync(
    openSessions({ engine: 'db', databaseUrl: databaseUrl.replace('tessera@', 'guest@') }),
    { instanceOf: EngineUnavailable, message: /permission denied for schema public$/ },
  )
})

test('SQLite: the table that an earlier version made is left alone', async (t) => {
  const { DATABASE_URL: databaseUrl } = await ownDatabase(t)
  const keyv = new Keyv({ store: new KeyvSqlite(databaseUrl.replace('sqlite:', 'sqlite://')) })
  t.teardown(() => keyv.disconnect())
  await keyv.set('theirs', 'hello')
  await opened(t, { databaseUrl })
  t.is(await keyv.get('theirs'), 'hello')
})
