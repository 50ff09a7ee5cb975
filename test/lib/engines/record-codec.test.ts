import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { storeKeyOf } from '../../../src/lib/engines/ids.js'
import { openSessions, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { otherConnection, sqliteUrl } from '../../support/sqlite.js'

const NOW = Date.parse('2026-12-01T12:00:00Z')
const HOUR = 3_600_000
const [NEW, OLD] = ['the key of today, which nobody can guess', 'the key of last year, now to be retired']

/** One database that is opened again and again, with the clock in hand. */
function database(t: ExecutionContext) {
  const path = join(tmpdir(), `tessera-${randomUUID()}.sqlite`)
  t.teardown(() => rm(path, { force: true }))
  let now = NOW
  const logged: string[] = []
  return {
    logged,
    at(time: number): void {
      now = time
    },
    async open(options: SessionsOptions): Promise<Sessions> {
      const log = (_details: object, message: string): void => void logged.push(message)
      const sessions = await openSessions({
        engine: 'db',
        databaseUrl: sqliteUrl(path),
        cleanupInterval: 0,
        clock: () => now,
        logger: { warn: log, error: log },
        ...options,
      })
      t.teardown(() => sessions.close())
      return sessions
    },
    /** As somebody who can write to the table and has no key. */
    async plant(id: string, createdAt: number): Promise<void> {
      const record = { data: { planted: true }, createdAt, expires: now + 100 * HOUR }
      const other = otherConnection(path)
      await other.query(
        'INSERT INTO tessera_sessions (key, value, version, expires) VALUES (?, ?, 1, ?)',
        storeKeyOf('keyv', id),
        jsonCodec.encode({ kind: 'session', record, version: 1 }),
        record.expires,
      )
      await other.disconnect()
    },
  }
}

async function begin(sessions: Sessions, data: Readonly<Record<string, string>>): Promise<string> {
  const session = await sessions.open()
  for (const [name, value] of Object.entries(data)) session.set(name, value)
  await session.save()
  return session.id ?? ''
}

/** What `a` is in the session; `undefined` if there is none. */
const aOf = async (sessions: Sessions, id: string): Promise<unknown> => (await sessions.open(id)).get('a')

async function textOf(sessions: Sessions, id: string): Promise<string> {
  return (await sessions.engine.inspect?.(id))?.text ?? ''
}

const SEALED: SessionsOptions = {
  codec: 'sealed',
  secretKey: NEW,
  plainRecordsUntil: '2026-12-08',
  sealedSince: '2026-12-01T13:00+00:00',
}

test('json becomes sealed: who was there stays, and is sealed with the next change; after the date the rest is gone', async (t) => {
  const db = database(t)
  const plain = await db.open({ codec: 'json', secretKey: NEW })
  const [changed, idle] = [await begin(plain, { a: '1' }), await begin(plain, { a: '2' })]
  db.at(NOW + 2 * HOUR)
  const sealed = await db.open(SEALED)
  // Twice: what a text says is remembered from the second time on.
  for (let time = 0; time < 3; time++) t.is(await aOf(sealed, idle), '2')
  t.true((await textOf(sealed, idle)).includes('"data"'))
  const session = await sealed.open(changed)
  session.set('a', '3')
  await session.save()
  t.regex(await textOf(sealed, changed), /^\{"value":\{"version":2,"sealed":"e1\./)
  db.at(Date.parse('2026-12-08'))
  t.is(await aOf(sealed, idle), undefined)
  t.is(await aOf(sealed, changed), '3')
})

test('a plain record that began after the switch is refused, and without a date every one is', async (t) => {
  const db = database(t)
  db.at(NOW + 2 * HOUR)
  const sealed = await db.open(SEALED)
  const [late, early] = ['l'.repeat(32), 'e'.repeat(32)]
  await db.plant(late, NOW + HOUR)
  await db.plant(early, NOW + HOUR - 1)
  t.true((await sealed.open(late)).isEmpty())
  t.false((await sealed.open(early)).isEmpty())
  const { sealedSince: _, ...rest } = SEALED
  t.false((await (await db.open(rest)).open(late)).isEmpty(), 'the switch is the start of the process')
  const { plainRecordsUntil: __, ...undated } = SEALED
  t.true((await (await db.open(undated)).open(early)).isEmpty())
})

test('a user’s list comes along, so that a log-out everywhere reaches what is not sealed yet', async (t) => {
  const db = database(t)
  const plain = await db.open({ codec: 'json', secretKey: NEW })
  const session = await plain.open()
  session.login('ada')
  await session.save()
  db.at(NOW + 2 * HOUR)
  const sealed = await db.open(SEALED)
  t.is((await sealed.forUser('ada')).length, 1)
  t.is(await sealed.revokeAll('ada'), 1)
  t.true((await sealed.open(session.id)).isEmpty())
})

test('sealed becomes json: with the key what is sealed is read, and written plainly; without it, it is none', async (t) => {
  const db = database(t)
  const sealed = await db.open({ codec: 'sealed', secretKey: OLD })
  const id = await begin(sealed, { a: '1' })
  const renewed = await begin(sealed, { a: '2' })
  const keyless = await db.open({ codec: 'json', secretKey: NEW })
  t.is(await aOf(keyless, id), undefined)
  const plain = await db.open({ codec: 'json', secretKey: NEW, secretKeyFallbacks: [OLD] })
  for (let time = 0; time < 3; time++) t.is(await aOf(plain, id), '1')
  const session = await plain.open(renewed)
  session.set('a', '3')
  await session.save()
  t.regex(await textOf(plain, renewed), /"data":\{"a":"3"\}/)
  t.is(await aOf(keyless, renewed), '3')
})
