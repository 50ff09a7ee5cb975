/** What the memory of `cached_db` keeps, where writes of one session overlap. */

import { createIn, rotateIn } from '../../../../src/lib/conformance/drawing.js'
import { openCachedDb } from '../../../../src/lib/engines/db/cached-db.js'
import { keyOf } from '../../../../src/lib/engines/ids.js'
import { mariadb } from '../../../support/databases.js'
import { defaults } from '../../../support/engines.js'
import { queryMariadb } from '../../../support/servers/mariadb.js'
import { testOf } from '../../../support/test-of.js'

const record = { data: {}, createdAt: 1, expires: Date.now() + 600_000 }

testOf(
  { ...mariadb, title: 'cached_db on MariaDB' },
  'S27 a write whose answer is late brings nothing back that ended or moved meanwhile',
  async (t) => {
    const databaseUrl = await mariadb.fresh()
    const logger = { warn: () => {}, error: () => {} }
    const engine = await openCachedDb(
      { ...defaults, databaseUrl, keyPrefix: 'keyv' },
      { clock: Date.now, logger },
    )
    t.teardown(() => engine.close())
    const [ended, moved, slow] = [
      await createIn(engine, record),
      await createIn(engine, record),
      await createIn(engine, record),
    ]
    const other = await mariadb.connect(databaseUrl)
    t.teardown(() => other.end())
    const key = (id: string): string => `keyv:${keyOf(id)}`

    // One batch: its answer is as late as that of the row which somebody else has locked.
    await other.query('BEGIN')
    await other.query('SELECT id FROM tessera_sessions WHERE id = ? FOR UPDATE', key(slow))
    const late = Promise.all([ended, moved, slow].map((id) => engine.update(id, record, 1)))
    const versions = 'SELECT version FROM tessera_sessions WHERE id IN (?, ?)'
    const isWritten = async (): Promise<boolean> =>
      (await queryMariadb(databaseUrl, versions, key(ended), key(moved))).every(
        ({ version }) => version === 2,
      )
    while (!(await isWritten()));
    t.is(await engine.delete(ended), 'deleted')
    t.is((await rotateIn(engine, moved, record, 2)).kind, 'updated')
    await other.query('ROLLBACK')
    t.deepEqual(
      (await late).map(({ kind }) => kind),
      ['updated', 'updated', 'updated'],
    )

    t.is((await engine.load(ended)).kind, 'missing')
    t.is((await engine.load(moved)).kind, 'superseded')
    t.is((await engine.load(slow)).kind, 'found')
  },
)
