import { existsSync } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { KeyvSqlite } from '@keyv/sqlite'
import test, { type ExecutionContext } from 'ava'
import { createIn } from '../../../../src/lib/conformance/drawing.js'
import { nodeSqlite } from '../../../../src/lib/engines/db/node-sqlite.js'
import { Checkpoints } from '../../../../src/lib/engines/db/sqlite-checkpoints.js'
import {
  EngineMisconfigured,
  EngineUnavailable,
  openSessions,
  SettingsError,
} from '../../../../src/lib/index.js'
import { temporaryDirectory } from '../../../support/server-process.js'

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void>) => void
const nowhere: Declare = () => {}
/** What only a runtime with `node:sqlite` can show: `npm run runtimes` runs this file on such ones. */
const onNodeSqlite: Declare = nodeSqlite() === undefined ? nowhere : test.serial
const withoutIt: Declare = nodeSqlite() === undefined ? test.serial : nowhere

test('a driver of SQLite that nobody knows is named at the start', async (t) => {
  for (const databaseUrl of ['sqlite:x.sqlite?driver=better', 'sqlite::memory:?driver='])
    await t.throwsAsync(openSessions({ databaseUrl: databaseUrl as 'sqlite:x' }), {
      instanceOf: SettingsError,
      message: /DATABASE_URL|databaseUrl/,
    })
  for (const driver of ['sqlite3', ...(nodeSqlite() ? ['node:sqlite'] : [])]) {
    const sessions = await openSessions({ databaseUrl: `sqlite::memory:?driver=${driver}` })
    t.false(sessions.engine.capabilities.shared)
    await sessions.close()
  }
})

withoutIt('node:sqlite where the runtime has none is refused with what to do', async (t) => {
  await t.throwsAsync(openSessions({ databaseUrl: 'sqlite::memory:?driver=node:sqlite' }), {
    instanceOf: EngineMisconfigured,
    message: /Node has it from 22\.13 on.*npm install @keyv\/sqlite/,
  })
})

onNodeSqlite('what one driver writes the other reads, and so does @keyv/sqlite', async (t) => {
  const path = join(await temporaryDirectory(t), 'sessions.sqlite')
  let id: string | undefined
  // One after the other: two copies of SQLite in one process ignore each other's locks.
  for (const driver of ['node:sqlite', 'sqlite3', 'node:sqlite']) {
    const sessions = await openSessions({ databaseUrl: `sqlite:${path}?driver=${driver}` })
    const session = await sessions.open(id)
    session.transform('drivers', (names) => [...((names ?? []) as string[]), driver])
    await session.save()
    id = session.id
    await sessions.close()
  }
  const plain = new KeyvSqlite({ uri: `sqlite://${path}`, table: 'tessera_sessions' })
  const [row] = (await plain.query('SELECT value FROM tessera_sessions')) as { value: string }[]
  await plain.disconnect()
  t.deepEqual(JSON.parse(row?.value ?? '').value.data, { drivers: ['node:sqlite', 'sqlite3', 'node:sqlite'] })
})

onNodeSqlite(
  'one request makes one statement for each call of the engine, and those of one moment share it',
  async (t) => {
    const sessions = await openSessions({ databaseUrl: 'sqlite::memory:?driver=node:sqlite' })
    t.teardown(() => sessions.close())
    const { engine } = sessions
    const record = { data: { n: 1 }, createdAt: 0, expires: Date.now() + 60_000 }
    const ids = await Promise.all(Array.from({ length: 32 }, () => createIn(engine, record)))
    await engine.load(ids[0] ?? '') // each statement is prepared once
    await engine.update(ids[0] ?? '', record, 1)
    const calls = noteStatements(t)
    const made = async (work: () => Promise<unknown>): Promise<string[]> => {
      calls.length = 0
      await work()
      return [...calls]
    }
    t.deepEqual(await made(() => engine.load(ids[0] ?? '')), ['all'])
    t.deepEqual(await made(() => Promise.all(ids.map((id) => engine.load(id)))), ['all'])
    t.deepEqual(await made(() => engine.update(ids[1] ?? '', record, 1)), ['run'])
    const rest = ids.slice(2)
    const written = await made(() => Promise.all(rest.map((id) => engine.update(id, record, 1))))
    t.deepEqual(written, ['all', ...rest.map(() => 'run'), 'all'], 'all within one transaction')
  },
)

onNodeSqlite(
  'of writes in one transaction none is done if one fails, and the next transaction is',
  async (t) => {
    const options = { path: ':memory:', isFile: false, name: 'the database', timeLimit: 10_000 }
    const connection = await nodeSqlite()?.open(options)
    t.teardown(() => connection?.close())
    await connection?.query('CREATE TABLE t(value CHECK (value < 3))')
    const insert = (...values: number[]) =>
      connection?.runEach?.(
        'INSERT INTO t VALUES (?1)',
        values.map((value) => [value]),
      )
    await t.throwsAsync(async () => insert(1, 2, 3), { instanceOf: EngineUnavailable, message: /CONSTRAINT/ })
    t.deepEqual(await connection?.query('SELECT * FROM t'), [])
    await t.throwsAsync(async () => insert(3), { instanceOf: EngineUnavailable })
    t.deepEqual(await insert(1, 2), [true, true])
    t.is((await connection?.query('SELECT * FROM t'))?.length, 2)
  },
)

/** The calls that prepare or run a statement from now on, until the test is over. */
function noteStatements(t: ExecutionContext): string[] {
  const calls: string[] = []
  const { DatabaseSync, StatementSync } = (process.getBuiltinModule?.('node:sqlite' as 'node:fs') ??
    {}) as unknown as Record<string, { readonly prototype: Record<string, (...args: unknown[]) => unknown> }>
  for (const [prototype, name] of [
    [DatabaseSync?.prototype ?? {}, 'prepare'],
    [StatementSync?.prototype ?? {}, 'all'],
    [StatementSync?.prototype ?? {}, 'get'],
    [StatementSync?.prototype ?? {}, 'run'],
  ] as const) {
    const method = prototype[name]
    prototype[name] = function (this: unknown, ...args: unknown[]) {
      calls.push(name)
      return method?.apply(this, args)
    }
    t.teardown(() => {
      if (method) prototype[name] = method
    })
  }
  return calls
}

onNodeSqlite('a thread makes the checkpoints, and begins a log anew that has become long', async (t) => {
  const path = join(await temporaryDirectory(t), 'log.sqlite')
  const driver = nodeSqlite()
  const options = { path, isFile: true, name: 'the database', timeLimit: 10_000 }
  const connection = await driver?.open(options)
  const query = (sql: string): Promise<unknown> => connection?.query(sql) ?? Promise.resolve()
  t.teardown(() => connection?.close())
  await query('PRAGMA journal_mode = WAL')
  await query('CREATE TABLE t(value)')
  const write = (rows: number): Promise<unknown> =>
    query(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) INSERT INTO t SELECT zeroblob(4000) FROM n`,
    )
  const size = async (file: string): Promise<number> => (await stat(file)).size
  await write(5000)
  const log = await size(`${path}-wal`)
  t.true(log > 5000 * 4096, 'SQLite itself makes none')
  t.true((await size(path)) < 4096 * 10)
  const checkpoints = new Checkpoints(path, () => {})
  checkpoints.wrote(1000, [])
  await checkpoints.stop()
  t.true((await size(path)) > 5000 * 4000)
  await write(1000)
  t.is(await size(`${path}-wal`), log)
})

onNodeSqlite('a file that is gone does not come back empty by a checkpoint', async (t) => {
  const path = join(await temporaryDirectory(t), 'gone.sqlite')
  const run: string[] = []
  const checkpoints = new Checkpoints(path, (sql) => run.push(sql))
  checkpoints.wrote(1000, [])
  await checkpoints.stop()
  t.false(existsSync(path))
  t.deepEqual(run, ['PRAGMA wal_autocheckpoint = 0'])
  await rm(path, { force: true })
})

test('where no thread can be started SQLite makes the checkpoints itself', async (t) => {
  const run: string[] = []
  const uncloneable = (() => {}) as never
  const checkpoints = new Checkpoints(uncloneable, (sql) => run.push(sql))
  checkpoints.wrote(1000, [])
  await turn()
  checkpoints.wrote(1000, [])
  await checkpoints.stop()
  t.deepEqual(run, ['PRAGMA wal_autocheckpoint = 0', 'PRAGMA wal_autocheckpoint = 1000'])
})
