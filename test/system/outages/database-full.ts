import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import type { OwnDatabase } from '../../support/databases.js'
import { isRoot } from '../../support/servers/machine.js'
import { mount, testOnSmallDisk } from '../../support/small-disk.js'
import { startStopwatch } from '../../support/stopwatch.js'
import { isUnaffected, LIMIT, linesOf, openDatabaseSite } from './database-site.js'

interface SmallDatabase {
  /** Who runs the server. */
  readonly user: string
  /** Bytes that a database needs before anything is in it, and some room. */
  readonly size: string
  /** The URL of a database whose sessions are in the directory. */
  readonly prepare: (t: ExecutionContext, database: OwnDatabase, directory: string) => Promise<string>
}

const small: Readonly<Record<string, SmallDatabase>> = {
  postgres: {
    user: 'postgres',
    size: '12m',
    async prepare(t, database, directory) {
      const url = await database.fresh()
      const admin = await database.connect(url)
      const name = new URL(url).pathname.slice(1)
      await admin.query(`CREATE TABLESPACE ${name} LOCATION '${directory}'`)
      await admin.query(`CREATE DATABASE small_${name} TABLESPACE ${name}`)
      t.teardown(async () => {
        await admin.query(`DROP DATABASE small_${name}`)
        await admin.query(`DROP TABLESPACE ${name}`)
        await admin.end()
      })
      return url.replace(name, `small_${name}`)
    },
  },
  mysql: {
    user: 'mysql',
    size: '1m',
    async prepare(t, database, directory) {
      const url = await database.fresh()
      const admin = await database.connect(url)
      // As @keyv/mysql makes it, but for the place.
      await admin.query(
        `CREATE TABLE tessera_sessions(id VARCHAR(255) PRIMARY KEY, value MEDIUMTEXT) DATA DIRECTORY = '${directory}'`,
      )
      t.teardown(async () => {
        await admin.query('DROP TABLE tessera_sessions')
        await admin.end()
      })
      return url
    },
  },
}

export function testFullDisk(database: OwnDatabase): void {
  const kind = small[database.scheme]
  if (kind === undefined || database.missing !== undefined || !isRoot()) return
  testOnSmallDisk(
    kind.size,
    `${database.title}: R18 a full disk is an outage of the writers; sessions can be read; with room the next one works`,
    async (t, disk) => {
      const directory = join(disk, 'data')
      mkdirSync(directory)
      execFileSync('chown', ['-R', `${kind.user}:`, disk])
      const site = await openDatabaseSite(t, await kind.prepare(t, database, directory))
      const id = await site.store(1)
      const now = Date.now()
      // What no server can make smaller.
      const large = () => ({
        data: { text: randomBytes(50_000).toString('base64') },
        createdAt: now,
        expires: now + 60_000,
      })
      const ids: string[] = []
      const fill = async (): Promise<void> => {
        for (;;) ids.push(await createIn(site.sessions.engine, large()))
      }
      await t.throwsAsync(fill(), { instanceOf: EngineUnavailable })
      const elapsed = startStopwatch()
      await t.throwsAsync(site.sessions.engine.update(id, large(), 1), { instanceOf: EngineUnavailable })
      t.true(elapsed() < 3 * LIMIT)
      t.true(ids.length > 3)
      for (const each of ids) t.is((await site.sessions.engine.load(each)).kind, 'found')
      t.is(await site.read(id), '1')
      await isUnaffected(t, site, id)
      t.is(linesOf(site).length, 1)

      mount(disk, 'remount,size=64m')
      t.is((await site.sessions.engine.update(id, large(), 1)).kind, 'updated')
      t.is((await site.act('update', id)).status, 200)
    },
  )
}
