import { open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { inspect } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { EngineUnavailable, openSessions } from '../../../src/lib/index.js'
import type { Answer } from '../../support/client.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { mount, testOnSmallDisk } from '../../support/small-disk.js'
import { driver, otherConnection, sqliteUrl } from '../../support/sqlite.js'
import { stall } from '../../support/stall.js'
import { startStopwatch } from '../../support/stopwatch.js'
import { type DatabaseSite, isUnaffected, LIMIT, linesOf, openDatabaseSite, verbs } from './database-site.js'

/** A site with one session, whose database another process has locked. */
async function lockedSite(t: ExecutionContext) {
  const path = join(await temporaryDirectory(t), 'sessions.sqlite')
  const site = await openDatabaseSite(t, sqliteUrl(path))
  const other = otherConnection(path)
  t.teardown(() => other.disconnect())
  const id = await site.store(1)
  await other.query('BEGIN EXCLUSIVE')
  return { site, other, id }
}

const writers = verbs.filter((verb) => verb !== 'load')

test.serial(
  'R13 locked by somebody else: writers are 503 in time, however many; readers do not wait',
  async (t) => {
    const { site, other, id } = await lockedSite(t)
    let waiting = true
    // More than the process has threads for its files: none of them may be left without one.
    const writes = Array.from({ length: 10 }, () => writers.map((verb) => site.isOutage(verb, id))).flat()
    const allRefused = Promise.all(writes).finally(() => {
      waiting = false
    })
    let slowest = 0
    while (waiting) {
      const elapsed = startStopwatch()
      t.is(await site.read(id), '1')
      slowest = Math.max(slowest, elapsed())
    }
    await allRefused
    t.true(slowest < LIMIT / 2, `a reader waited for ${slowest} ms`)
    await isUnaffected(t, site, id)
    t.is(linesOf(site).length, 1)

    await other.query('ROLLBACK')
    t.is((await site.act('update', id)).status, 200)
    t.is(await site.read(id), '2')
  },
)

test.serial(
  'R16 a write that was refused while another process had the lock is not done later',
  async (t) => {
    const { site, other, id } = await lockedSite(t)
    // Each kind is a statement of its own, and waits behind the one before.
    await Promise.all(writers.map((verb) => site.isOutage(verb, id)))
    await other.query('ROLLBACK')
    // Waits behind whatever is still under way.
    t.is((await site.act('update', id)).status, 200)
    t.is(await site.read(id), '2')
    t.deepEqual(await other.query('SELECT count(*) AS n FROM tessera_sessions WHERE version > 0'), [{ n: 1 }])
  },
)

test.serial('a block of the event loop that is longer than the time limit is no outage', async (t) => {
  const site = await openDatabaseSite(t, sqliteUrl(join(await temporaryDirectory(t), 'sessions.sqlite')))
  const { engine } = site.sessions
  const now = Date.now()
  const record = { data: {}, createdAt: now, expires: now + 60_000 }
  const working = Promise.all(Array.from({ length: 8 }, () => createIn(engine, record)))
  stall(2 * LIMIT)
  const ids = await working
  const reading = Promise.all(ids.map((id) => engine.load(id)))
  await setImmediate()
  stall(2 * LIMIT)
  t.deepEqual([...new Set((await reading).map(({ kind }) => kind))], ['found'])
  t.deepEqual(linesOf(site), [])
})

test.serial('the path is that of the start, wherever the process goes', async (t) => {
  const [home, elsewhere] = [await temporaryDirectory(t), await temporaryDirectory(t)]
  const before = process.cwd()
  t.teardown(() => process.chdir(before))
  process.chdir(home)
  const site = await openDatabaseSite(t, sqliteUrl('var/sessions.sqlite'))
  const id = await site.store(1)
  process.chdir(elsewhere)
  await untilChecked(site, id)
  t.is((await site.act('update', id)).status, 200)
  t.is(await site.read(id), '2')
  t.deepEqual(site.logged, [])
})

/** Goes on until the engine has looked at its file, which it does once a second. */
async function untilChecked(site: DatabaseSite, id: string): Promise<void> {
  for (const begun = performance.now(); performance.now() - begun < 1100; ) await site.act('load', id)
}

for (const engine of ['db', 'cached_db'] as const) {
  test(`${engine}: closing twice is closing once; what comes then is refused`, async (t) => {
    const path = join(await temporaryDirectory(t), 'sessions.sqlite')
    const sessions = await openSessions({ engine, databaseUrl: sqliteUrl(path) })
    await Promise.all([sessions.close(), sessions.engine.close()])
    await sessions.close()
    await t.throwsAsync(sessions.engine.load('a'.repeat(32)), { instanceOf: EngineUnavailable })
  })
}

testOnSmallDisk(
  '1m',
  'SQLite: R18 a full disk is an outage of the writers; sessions can be read; with room the next one works',
  async (t, directory) => {
    const site = await openDatabaseSite(t, sqliteUrl(join(directory, 'sessions.sqlite')))
    const id = await site.store(1)
    const now = Date.now()
    const large = { data: { text: 'x'.repeat(20_000) }, createdAt: now, expires: now + 60_000 }
    const small = { ...large, data: {} }
    const ids: string[] = []
    // To the last page.
    for (const record of [large, small]) {
      const fill = async (): Promise<void> => {
        for (;;) ids.push(await createIn(site.sessions.engine, record))
      }
      const error = await t.throwsAsync(fill(), { instanceOf: EngineUnavailable })
      t.like(error?.cause, { code: 'SQLITE_FULL' })
    }
    for (const verb of writers) await site.isOutage(verb, id)
    await isUnaffected(t, site, id)
    for (const each of ids) t.is((await site.sessions.engine.load(each)).kind, 'found')
    t.is(await site.read(id), '1')
    t.is(linesOf(site).length, 2, 'one for each time that it was full')

    mount(directory, 'remount,size=4m')
    t.is((await site.act('update', id)).status, 200)
    t.is(await site.read(id), '2')
  },
)

testOnSmallDisk(
  '1m',
  'SQLite: R18 a database that may not be written is named at the start',
  async (t, directory) => {
    const databaseUrl = sqliteUrl(join(directory, 'sessions.sqlite'))
    await (await openSessions({ engine: 'db', databaseUrl })).close()
    mount(directory, 'remount,ro')
    await t.throwsAsync(openSessions({ engine: 'db', databaseUrl, engineTimeout: LIMIT }), {
      instanceOf: EngineUnavailable,
      message: /^the SQLite database .*sessions\.sqlite cannot be used: .*(EROFS|READONLY)/,
    })
  },
)

test.serial(
  'R20 a database that is overwritten with nonsense is an outage, and named at the start',
  async (t) => {
    const path = join(await temporaryDirectory(t), 'sessions.sqlite')
    const site = await openDatabaseSite(t, sqliteUrl(path))
    const id = await site.store(1)
    for (const end of ['', '-wal']) {
      const file = await open(path + end, 'r+')
      const { size } = await file.stat()
      await file.write(Buffer.alloc(size, 'nonsense'))
      await file.close()
    }
    // The one connection of node:sqlite has in memory what it wrote, and need not look at the file.
    if (driver === 'sqlite3') {
      await site.isOutage('load', id)
      await site.isOutage('update', id)
      await isUnaffected(t, site, id)
      t.is(linesOf(site).length, 1)
    }
    await t.throwsAsync(openSessions({ engine: 'db', databaseUrl: sqliteUrl(path) }), {
      instanceOf: EngineUnavailable,
      message: /sessions\.sqlite cannot be used: SQLITE_(NOTADB|CORRUPT)/,
    })
  },
)

/** Asks until the answer is one that is waited for: the engine looks at its file once a second. */
async function until(site: DatabaseSite, id: string, isRight: (answer: Answer) => boolean): Promise<void> {
  for (let attempt = 0; attempt < 100_000; attempt++) if (isRight(await site.act('load', id))) return
  throw new Error('the engine has never noticed')
}

const FILES = ['', '-wal', '-shm']

test.serial('R13 a file that is taken away is an outage; put back, the next request works', async (t) => {
  const directory = await temporaryDirectory(t)
  const path = join(directory, 'sessions.sqlite')
  const site = await openDatabaseSite(t, sqliteUrl(path))
  const id = await site.store(1)
  for (const end of FILES) await rename(path + end, join(directory, `away${end}`))
  await until(site, id, ({ status }) => status === 503)
  for (const verb of verbs) await site.isOutage(verb, id)
  await isUnaffected(t, site, id)
  t.is(linesOf(site).length, 1)
  t.regex(inspect(linesOf(site)[0]?.details), /its file is gone/)
  for (const end of FILES) await rename(join(directory, `away${end}`), path + end)
  t.is((await site.act('update', id)).status, 200)
  t.is(await site.read(id), '2')
})

test.serial(
  'R13 another file in its place is opened, said so, and written by nobody who had the old one',
  async (t) => {
    const directory = await temporaryDirectory(t)
    const path = join(directory, 'sessions.sqlite')
    const site = await openDatabaseSite(t, sqliteUrl(path))
    const id = await site.store(1)
    const other = await openDatabaseSite(t, sqliteUrl(join(directory, 'other.sqlite')), { close: false })
    const otherId = await other.store(7)
    await other.sessions.close()
    for (const end of FILES) await rm(path + end, { force: true })
    // As a copy looks that is still under way.
    await writeFile(path, 'nonsense'.repeat(1000))
    await until(site, id, ({ status }) => status === 503)
    await writeFile(path, await readFile(join(directory, 'other.sqlite')))

    await until(site, otherId, ({ body }) => body === '7')
    t.is(await site.read(id), 'undefined')
    t.deepEqual(
      site.logged.map(({ message }) => message).filter((message) => message.startsWith('another')),
      [`another file stands in the place of the SQLite database ${path}; going on with that one`],
    )
    t.is((await site.act('update', otherId)).status, 200)
    const fresh = await openDatabaseSite(t, sqliteUrl(path))
    t.is(await fresh.read(otherId), '8')
    await site.store(9)
    t.is(await fresh.read(otherId), '8')
    t.deepEqual(await integrityOf(path), [{ integrity_check: 'ok' }])
  },
)

async function integrityOf(path: string): Promise<unknown> {
  const plain = otherConnection(path)
  try {
    return await plain.query('PRAGMA integrity_check')
  } finally {
    await plain.disconnect()
  }
}
