import { inspect } from 'node:util'
import type { ExecutionContext } from 'ava'
import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import type { OwnDatabase } from '../../support/databases.js'
import type { PlainConnection } from '../../support/servers/plain.js'
import { testOf } from '../../support/test-of.js'
import { type DatabaseSite, isUnaffected, LIMIT, linesOf, openDatabaseSite, verbs } from './database-site.js'

type Restore = () => Promise<unknown>

/** A server, as one that may do everything sees it, and the database that is to refuse. */
interface Subject {
  readonly admin: PlainConnection
  readonly name: string
  /** Another connection for the admin. */
  readonly connect: () => Promise<PlainConnection>
}

/** How a database is made to refuse what comes after; each answers how it is made to serve again. */
interface Refusals {
  readonly connections: (subject: Subject) => Promise<Restore>
  readonly writes: (subject: Subject) => Promise<Restore>
  /** Ends every connection to the database. */
  readonly disconnect: (subject: Subject) => Promise<unknown>
}

const refusalsOf: Readonly<Record<string, Refusals>> = {
  postgres: {
    async connections(subject) {
      const { admin, name } = subject
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`)
      await refusalsOf.postgres?.disconnect(subject)
      return () => admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)
    },
    async writes({ admin, name }) {
      await admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`)
      return () => admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`)
    },
    disconnect: ({ admin, name }) =>
      admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', name),
  },
  mysql: {
    /** The server knows no such thing of a database: the others take every place that there is. */
    async connections(subject) {
      const { admin, connect } = subject
      await admin.query('SET GLOBAL max_connections = 10')
      const others: PlainConnection[] = []
      const take = async (): Promise<void> => {
        for (;;) others.push(await connect())
      }
      // "Too many connections", also when the places of those that were sent away are taken.
      await take().catch(() => {})
      await refusalsOf.mysql?.disconnect(subject)
      for (const before = others.length; others.length === before; ) await take().catch(() => {})
      return async () => {
        await admin.query('SET GLOBAL max_connections = 400')
        await Promise.all(others.map((other) => other.end()))
      }
    },
    async writes({ admin }) {
      await admin.query('SET GLOBAL tx_read_only = 1')
      return () => admin.query('SET GLOBAL tx_read_only = 0')
    },
    async disconnect({ admin, name }) {
      const rows = await admin.query('SELECT id FROM information_schema.processlist WHERE db = ?', name)
      for (const { id } of rows) await admin.query(`KILL ${Number(id)}`)
    },
  },
}

interface Trial extends Subject {
  readonly url: string
  readonly site: DatabaseSite
  readonly refuse: Refusals
}

function testOn(
  database: OwnDatabase,
  title: string,
  run: (t: ExecutionContext, trial: Trial) => Promise<void>,
) {
  testOf(database, title, async (t) => {
    const [url, other] = [await database.fresh(), await database.fresh()]
    const connect = () => database.connect(other)
    const admin = await connect()
    t.teardown(() => admin.end())
    const refuse = refusalsOf[database.scheme]
    if (refuse === undefined) throw new Error(`how does ${database.title} refuse?`)
    const site = await openDatabaseSite(t, url)
    await run(t, { admin, name: new URL(url).pathname.slice(1), connect, url, site, refuse })
  })
}

/** What comes of a server that answers, and refuses. */
export function testRefusals(database: OwnDatabase): void {
  testOn(
    database,
    'R13 refused connections: 503 and one line in the log; admitted again, the next request works',
    async (t, trial) => {
      const { site, url, refuse } = trial
      const id = await site.store(1)
      const restore = await refuse.connections(trial)
      try {
        for (const verb of verbs) await site.isOutage(verb, id)
        await isUnaffected(t, site, id)
        t.is(linesOf(site).length, 1)
        await t.throwsAsync(openSessions({ engine: 'db', databaseUrl: url, engineTimeout: LIMIT }), {
          instanceOf: EngineUnavailable,
          message: /not currently accepting connections|Too many connections/,
        })
      } finally {
        await restore()
      }
      t.is((await site.act('update', id)).status, 200)
      t.is(await site.read(id), '2')
    },
  )

  testOn(
    database,
    'R18 read-only: sessions can be read, writes are 503 with one line in the log; afterwards the next one works',
    async (t, trial) => {
      const { site, refuse } = trial
      const id = await site.store(1)
      const restore = await refuse.writes(trial)
      try {
        await refuse.disconnect(trial)
        // Several connections that know nothing but reading.
        await Promise.all(Array.from({ length: 10 }, () => site.act('rotate', id)))
        for (const verb of verbs) {
          if (verb !== 'load') await site.isOutage(verb, id)
          t.is(await site.read(id), '1')
        }
        const lines = linesOf(site)
        t.is(lines.length, 1)
        t.regex(inspect(lines[0]?.details), /read.only/i)
      } finally {
        await restore()
      }
      t.is((await site.act('update', id)).status, 200)
      t.is(await site.read(id), '2')
    },
  )
}

/** Not for MariaDB: the tests' server knows no passwords (--skip-grant-tables). */
export function testPassword(database: OwnDatabase): void {
  testOn(database, 'a wrong password is named at the start, and not told', async (t, { admin, url }) => {
    const [{ file } = {}] = await admin.query(`SELECT current_setting('hba_file') AS file`)
    const rules = (guard: string): Promise<unknown> =>
      admin.query(
        `COPY (SELECT unnest(ARRAY['${guard}', 'host all all 127.0.0.1/32 trust'])) TO '${String(file)}'`,
      )
    await admin.query(`CREATE ROLE ada LOGIN PASSWORD 'right'`)
    await rules('host all ada 127.0.0.1/32 scram-sha-256')
    await admin.query('SELECT pg_reload_conf()')
    try {
      const databaseUrl = url.replace('tessera@', 'ada:hunter2@')
      const error = await t.throwsAsync(openSessions({ engine: 'db', databaseUrl, engineTimeout: LIMIT }), {
        instanceOf: EngineUnavailable,
        message:
          /^the PostgreSQL database 127\.0\.0\.1:\d+\/\w+ cannot be used: password authentication failed/,
      })
      t.notRegex(inspect(error), /hunter2/)
    } finally {
      await rules('')
      await admin.query('SELECT pg_reload_conf()')
      await admin.query('DROP ROLE ada')
    }
  })
}
