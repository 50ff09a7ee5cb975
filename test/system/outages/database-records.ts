import type { ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { openSessions, RecordRefused, type Sessions } from '../../../src/lib/index.js'
import type { OwnDatabase } from '../../support/databases.js'
import { testOf } from '../../support/test-of.js'

const silent = { warn: () => {}, error: () => {} }

interface Refusal {
  readonly title: string
  /** The URL of a new database that refuses what is in `value`. */
  readonly prepare: (t: ExecutionContext, database: OwnDatabase) => Promise<string>
  readonly value: string
}

const refusals: Readonly<Record<string, readonly Refusal[]>> = {
  postgres: [
    {
      title: 'a character that the encoding of the database lacks',
      async prepare(t, database) {
        const url = await database.fresh()
        const name = `${new URL(url).pathname.slice(1)}_latin1`
        const admin = await database.connect(url)
        t.teardown(() => admin.end())
        await admin.query(`CREATE DATABASE ${name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`)
        return url.replace(/[^/]+$/, name)
      },
      value: 'a smile: \u{1f600}',
    },
  ],
  mysql: [
    {
      title: 'more than max_allowed_packet',
      async prepare(t, database) {
        const url = await database.fresh()
        const admin = await database.connect(url)
        await admin.query('SET GLOBAL max_allowed_packet = 1048576')
        t.teardown(async () => {
          await admin.query('SET GLOBAL max_allowed_packet = 16777216')
          await admin.end()
        })
        return url
      },
      value: 'x'.repeat(2_000_000),
    },
    {
      title: 'more than the column holds',
      async prepare(t, database) {
        const url = await database.fresh()
        const admin = await database.connect(url)
        await admin.query('SET GLOBAL max_allowed_packet = 67108864')
        t.teardown(async () => {
          await admin.query('SET GLOBAL max_allowed_packet = 16777216')
          await admin.end()
        })
        return url
      },
      value: 'x'.repeat(17_000_000),
    },
  ],
}

async function opened(t: ExecutionContext, databaseUrl: string): Promise<Sessions> {
  const options = {
    engine: 'db',
    databaseUrl,
    engineTimeout: 20_000,
    cleanupInterval: 0,
    logger: silent,
  } as const
  const sessions = await openSessions(options)
  t.teardown(() => sessions.close())
  sessions.on('engine-down', ({ message }) => t.fail(message))
  return sessions
}

/** A record that the database refuses is its own error: no outage, and no business of those who write at the same moment. */
export function testRefusedRecords(database: OwnDatabase): void {
  for (const { title, prepare, value } of refusals[database.scheme] ?? []) {
    testOf(database, `${title} is refused, alone, and is no outage`, async (t) => {
      const { engine } = await opened(t, await prepare(t, database))
      const now = Date.now()
      const good = { data: { n: 1 }, createdAt: now, expires: now + 60_000 }
      const bad = { ...good, data: { value } }
      const all = [good, good, bad, good, good]

      const created = await Promise.allSettled(all.map((record) => createIn(engine, record)))
      t.deepEqual(reasons(created), [undefined, undefined, RecordRefused, undefined, undefined])
      const ids = await Promise.all(all.map(() => createIn(engine, good)))
      const updated = await Promise.allSettled(all.map((record, n) => engine.update(ids[n] ?? '', record, 1)))
      t.deepEqual(reasons(updated), [undefined, undefined, RecordRefused, undefined, undefined])
      t.deepEqual(
        updated.map((each) => each.status === 'fulfilled' && each.value.kind),
        ['updated', 'updated', false, 'updated', 'updated'],
      )
      const [, , id = ''] = ids
      await t.throwsAsync(engine.rotate({ id, to: 'r'.repeat(32), record: bad, version: 1 }), {
        instanceOf: RecordRefused,
      })
      t.like(await engine.load(id), { kind: 'found', record: good, version: 1 })
    })
  }
}

/** The class of what each was refused with. */
function reasons(results: readonly PromiseSettledResult<unknown>[]): unknown[] {
  return results.map((each) => (each.status === 'rejected' ? each.reason.constructor : undefined))
}
