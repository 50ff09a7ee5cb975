import type { ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { within } from '../../../src/lib/engines/concurrency.js'
import { type DbOptions, openDbStore } from '../../../src/lib/engines/db/db.js'
import { mysqlConnections, sessionSettings } from '../../../src/lib/engines/db/mysql-pool.js'
import type { Loaded } from '../../../src/lib/engines/engine.js'
import { openSessions } from '../../../src/lib/index.js'
import type { OwnDatabase } from '../../support/databases.js'
import { testOf } from '../../support/test-of.js'

/** Milliseconds: none of these tests is about time. */
const LIMIT = 20_000

const silent = { warn: () => {}, error: () => {} }

/** Defaults of a server, a database or a role that would change what a statement does or answers. */
const defaults: Readonly<Record<string, readonly string[]>> = {
  postgres: [
    "default_transaction_isolation = 'serializable'",
    "default_transaction_isolation = 'repeatable read'",
    'array_nulls = off',
    'extra_float_digits = -15',
    'standard_conforming_strings = off',
    'search_path = public, pg_catalog',
    "client_encoding = 'LATIN1'",
    'statement_timeout = 1',
    'lock_timeout = 1',
  ],
  mysql: [
    'autocommit = 0',
    'completion_type = 1',
    'sql_select_limit = 1',
    "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT'",
    'sql_safe_updates = 1',
    'max_join_size = 1',
    "tx_isolation = 'SERIALIZABLE'",
    "tx_isolation = 'READ-UNCOMMITTED'",
    'max_statement_time = 0.000001',
    'lock_wait_timeout = 1',
    "character_set_client = 'latin1'",
    "character_set_results = 'latin1'",
  ],
}

/** Makes new connections to the database begin with the default; answers how to end that. */
async function setDefault(database: OwnDatabase, url: string, setting: string): Promise<() => Promise<void>> {
  const admin = await database.connect(url)
  const [name = ''] = setting.split(' ')
  if (database.scheme === 'postgres') {
    await admin.query(`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET ${setting}`)
    return () => admin.end() // each test has a database of its own
  }
  const [before] = await admin.query(`SELECT @@GLOBAL.${name} AS value`)
  await admin.query(`SET GLOBAL ${setting}`)
  return async () => {
    await admin.query(`SET SESSION sql_select_limit = DEFAULT`)
    await admin.query(`SET GLOBAL ${name} = ?`, before?.value)
    await admin.end()
  }
}

export function testDefaults(database: OwnDatabase): void {
  for (const setting of defaults[database.scheme] ?? []) {
    testOf(database, `a default of ${setting} makes no difference`, async (t) => {
      const url = await database.fresh()
      // The tables are there; a default that makes them impossible to create is another matter.
      await (await openSessions({ engine: 'db', databaseUrl: url, engineTimeout: LIMIT })).close()
      const restore = await setDefault(database, url, setting)
      try {
        await stepsAreRight(t, url)
        await changesOfManyAreKept(t, url)
      } finally {
        await restore()
      }
    })
  }
}

/** Each step of the store, from two processes as it were, so that nothing is right within one connection only. */
async function stepsAreRight(t: ExecutionContext, databaseUrl: string): Promise<void> {
  const options: DbOptions = {
    databaseUrl,
    databaseTable: 'tessera_sessions',
    keyPrefix: 'keyv',
    engineTimeout: LIMIT,
  }
  const [{ store: one }, { store: other }] = [
    await openDbStore(options, silent),
    await openDbStore(options, silent),
  ]
  try {
    const now = Date.now()
    const end = now + 60_000.125
    const entryOf = (version: number | undefined, expires: number) => ({
      text: `{"value":{"version":${version ?? 0},"data":"Zoë \u{1f600} \\\\ ' \\" %"},"expires":${expires}}`,
      expires,
      version,
    })
    const keys = Array.from({ length: 6 }, (_, n) => `keyv:${n}`)
    // The last one is a tombstone.
    const entries = keys.map((_, n) => entryOf(n === 5 ? undefined : 1, end))
    const inserted = await Promise.all(keys.map((key, n) => one.insert(key, entries[n] ?? entryOf(1, end))))
    t.deepEqual(inserted, [true, true, true, true, true, true])
    t.false(await other.insert('keyv:0', entryOf(1, end)))
    t.deepEqual(await Promise.all(keys.map((key) => other.read(key))), entries)

    t.true(await one.replace('keyv:0', entryOf(2, end), 1, now))
    t.false(await other.replace('keyv:0', entryOf(2, end), 1, now))
    t.deepEqual(await other.read('keyv:0'), entryOf(2, end))
    t.true(await one.extend('keyv:1', end + 1, now))
    t.true(await one.extend('keyv:1', end + 1, now), 'although nothing changes')
    t.deepEqual(await other.read('keyv:1'), entryOf(1, end + 1))
    const move = { from: 'keyv:2', to: 'keyv:9', entry: entryOf(2, end), tombstone: entryOf(undefined, end) }
    t.false(await other.move({ ...move, to: 'keyv:3' }, 1, now), 'the key is taken')
    t.true(await one.move(move, 1, now))
    t.deepEqual(await other.read('keyv:2'), move.tombstone)
    t.deepEqual(await other.read('keyv:9'), move.entry)
    t.true(await one.remove('keyv:3'))
    t.is(await other.read('keyv:3'), undefined)
    t.is(await one.removeExpired(2, end), 2)
    t.is(await other.removeExpired(10, end), 3)
    t.deepEqual(await other.read('keyv:1'), entryOf(1, end + 1))
  } finally {
    await one.close()
    await other.close()
  }
}

/** Requests of several processes, as it were, that write the same sessions at the same moment: one wins, none fails. */
async function changesOfManyAreKept(t: ExecutionContext, databaseUrl: string): Promise<void> {
  const options = {
    engine: 'db',
    databaseUrl,
    engineTimeout: LIMIT,
    cleanupInterval: 0,
    logger: silent,
  } as const
  const processes = await Promise.all([1, 2, 3].map(() => openSessions(options)))
  try {
    const [first, ...others] = processes.map(({ engine }) => engine)
    if (first === undefined) return
    const now = Date.now()
    const record = { data: {}, createdAt: now, expires: now + 60_000 }
    const ids = await Promise.all(Array.from({ length: 30 }, () => createIn(first, record)))
    for (let version = 1; version <= 4; version++) {
      const results: string[] = await Promise.all(
        [first, ...others].flatMap((engine) => [
          ...ids.map(async (id) => (await engine.update(id, record, version)).kind),
          ...ids.map(async (id) => (await engine.touch(id, now + 60_000 + version)).kind),
        ]),
      )
      t.is(results.filter((kind) => kind === 'updated').length, ids.length)
      const loaded: readonly Loaded[] = await Promise.all(ids.map((id) => first.load(id)))
      t.is(loaded.filter(({ kind }) => kind === 'found').length, ids.length)
    }
  } finally {
    await Promise.all(processes.map((each) => each.close()))
  }
}

/** What the server's `init_connect` may have done: it runs on each connection before ours does. */
export function testInitConnect(database: OwnDatabase): void {
  testOf(database, 'what a connection began with is set right on it', async (t) => {
    const url = await database.fresh()
    const names = [
      ...['autocommit', 'character_set_client', 'character_set_connection', 'character_set_results'],
      ...['collation_connection', 'completion_type', 'lock_wait_timeout', 'max_statement_time', 'sql_mode'],
      ...['sql_safe_updates', 'sql_select_limit', 'tx_isolation', 'unique_checks', 'wait_timeout'],
    ]
    const variables = `SELECT ${names.map((name) => `@@SESSION.${name} AS ${name}`).join()}`
    const connections = mysqlConnections({ url: new URL(url), name: 'the database', timeLimit: LIMIT })
    const ours = await within(LIMIT, (limit) =>
      connections.use(limit, async (connection) => (await connection.query(variables))[0]),
    )
    await connections.close()

    const plain = await database.connect(url)
    t.teardown(() => plain.end())
    await plain.query(`SET NAMES latin1, SESSION autocommit = 0, SESSION completion_type = 2, SESSION sql_mode = '',
      SESSION lock_wait_timeout = 9, SESSION max_statement_time = 9, SESSION sql_safe_updates = 1,
      SESSION sql_select_limit = 9, SESSION tx_isolation = 'READ-UNCOMMITTED', SESSION unique_checks = 0,
      SESSION wait_timeout = 9`)
    await plain.query(sessionSettings(LIMIT))
    t.deepEqual(await plain.query(variables), ours)
    const [{ autocommit, character_set_results: charset, max_statement_time: seconds } = {}] =
      await plain.query(variables)
    t.deepEqual([autocommit, charset, seconds], [1, 'utf8mb4', 18])
  })
}
