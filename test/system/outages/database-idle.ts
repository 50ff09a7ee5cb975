import type { ExecutionContext } from 'ava'
import { within } from '../../../src/lib/engines/concurrency.js'
import { mysqlConnections } from '../../../src/lib/engines/db/mysql-pool.js'
import { postgresConnections } from '../../../src/lib/engines/db/postgres-pool.js'
import type { OwnDatabase } from '../../support/databases.js'
import { RoughRoad } from '../../support/servers/rough-road.js'
import { testOf } from '../../support/test-of.js'
import { LIMIT, linesOf, openDatabaseSite } from './database-site.js'

/** Ends every connection to a database but the one that asks. */
const DISCONNECT: Readonly<Record<string, string>> = {
  postgres: `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()`,
  mysql: 'SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()',
}

/** Connections that died while nobody used them. */
export function testIdle(database: OwnDatabase): void {
  testOf(
    database,
    'a connection that a firewall has dropped in silence while it was idle costs nobody a failure, and a write is done once',
    async (t) => {
      const { road, use, later } = await openOnRoad(t, database)
      await use('CREATE TABLE counted(n INTEGER)')
      await Promise.all([1, 2, 3].map(() => use('SELECT 1')))
      road.forsake()
      later(60_000)
      await Promise.all([1, 2, 3].map((n) => use(`INSERT INTO counted VALUES (${n})`)))
      const rows = await use('SELECT n FROM counted ORDER BY n')
      t.deepEqual(
        rows.map(({ n }) => n),
        [1, 2, 3],
      )
    },
  )

  testOf(
    database,
    'a connection that the server closes at the moment of its use costs no reader a failure',
    async (t) => {
      const url = await database.fresh()
      const site = await openDatabaseSite(t, url)
      const admin = await database.connect(url)
      t.teardown(() => admin.end())
      const ids = await Promise.all(Array.from({ length: 4 }, (_, n) => site.store(n)))
      for (let round = 0; round < 8; round++) {
        await Promise.all(ids.map((id) => site.act('load', id)))
        const others = (await admin.query(DISCONNECT[database.scheme] ?? '')).flatMap(({ id }) => id ?? [])
        // PostgreSQL says why it closes a connection, so that a write can be tried again too.
        const verb = database.scheme === 'postgres' && round % 2 === 1 ? 'update' : 'load'
        // Before this process has heard of it.
        const killing = others.map((id) => admin.query(`KILL ${Number(id)}`).catch(() => {}))
        const answers = await Promise.all(ids.map((id) => site.act(verb, id)))
        await Promise.all(killing)
        t.deepEqual(
          answers.map(({ status }) => status),
          ids.map(() => 200),
        )
      }
      t.deepEqual(linesOf(site), [])
    },
  )
}

/** Connections over a road, with a clock in hand. */
async function openOnRoad(t: ExecutionContext, database: OwnDatabase) {
  const url = new URL(await database.fresh())
  const road = await RoughRoad.start((await database.server()).port)
  t.teardown(() => road.close())
  url.port = String(road.port)
  let now = 0
  const options = { url, name: 'the database', timeLimit: LIMIT, now: () => now }
  const connections =
    database.scheme === 'postgres' ? postgresConnections(options) : mysqlConnections(options)
  t.teardown(() => connections.close())
  const use = (sql: string): Promise<readonly { readonly n?: unknown }[]> =>
    within(4 * LIMIT, (limit) =>
      connections.use(limit, async (connection: { query(sql: string): Promise<unknown> }) => {
        const answer = await connection.query(sql)
        const rows: unknown = Array.isArray(answer) ? answer[0] : Object(answer).rows
        return Array.isArray(rows) ? rows : []
      }),
    )
  return {
    road,
    use,
    later(milliseconds: number): void {
      now += milliseconds
    },
  }
}
