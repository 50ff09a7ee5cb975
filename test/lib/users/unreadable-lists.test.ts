/** Processes with and without `CODEC=sealed` at one store: a revocation ends every session, or says that it may not have. */

import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openSessions, type Session, type Sessions, type SessionsOptions } from '../../../src/lib/index.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { sqliteUrl } from '../../support/sqlite.js'

const KEY = 'Seven swans a-swimming, six geese a-laying'
const SINCE = Date.parse('2026-12-01T12:00Z')
const DAY = 86_400_000

const engines: Readonly<Record<string, (directory: string) => SessionsOptions>> = {
  'SQLite with a cache': (directory) => ({
    engine: 'cached_db',
    cacheTtl: 0,
    databaseUrl: sqliteUrl(join(directory, 'sessions.sqlite')),
  }),
  files: (directory) => ({ engine: 'file', filePath: directory }),
}

const sealing: SessionsOptions = { codec: 'sealed', secretKey: KEY }
const until: SessionsOptions = { plainRecordsUntil: '2026-12-31', sealedSince: '2026-12-01T12:00Z' }
const forgotten: SessionsOptions = { codec: 'json', secretKey: KEY }
const keyless: SessionsOptions = { codec: 'json' }

async function stage(t: ExecutionContext, makeOptions: (directory: string) => SessionsOptions) {
  const options = makeOptions(await temporaryDirectory(t))
  const all = {
    now: SINCE + DAY,
    async open(more: SessionsOptions): Promise<Sessions> {
      const sessions = await openSessions({
        ...options,
        ...more,
        clock: () => all.now,
        logger: { warn: () => {}, error: () => {} },
        cleanupInterval: 0,
        engineTimeout: 20_000,
      })
      t.teardown(() => sessions.close())
      return sessions
    },
  }
  return all
}

async function logIn(sessions: Sessions, user = 'ann'): Promise<Session> {
  const session = await sessions.open()
  session.login(user)
  await session.save()
  return session
}

const isIn = async (sessions: Sessions, { id }: Session) => (await sessions.open(id)).user !== undefined

for (const [name, engine] of Object.entries(engines)) {
  test(`S31 a forgotten process with json on ${name}: until the date its list counts, and all sessions in it end`, async (t) => {
    const { open } = await stage(t, engine)
    const [sealed, plain] = [await open({ ...sealing, ...until }), await open(forgotten)]
    const sessions = [await logIn(sealed), await logIn(sealed), await logIn(plain)]
    // The third is plain, and began after the switch: whoever seals does not read it.
    t.is((await sealed.forUser('ann')).length, 2)
    await sealed.revokeAll('ann')
    for (const session of sessions) {
      t.false(await isIn(sealed, session))
      t.false(await isIn(plain, session))
    }
  })

  test(`S31 a list on ${name} that cannot be read is not empty: all sessions that can be read end, and who is left is told`, async (t) => {
    const { open } = await stage(t, engine)
    const [sealed, plain] = [await open(sealing), await open(forgotten)]
    const [one, other, bob] = [await logIn(sealed), await logIn(sealed), await logIn(sealed, 'bob')]
    const given = await logIn(sealed)
    const late = await logIn(plain)
    t.is(await sealed.revoke('ann', given.handle ?? ''), 1, 'the one that is meant was found')
    const incomplete = {
      name: 'RevocationIncomplete',
      message: /^2 of .+ 1 of the sessions .+ CODEC and SECRET_KEY/,
    }
    await t.throwsAsync(sealed.revokeAll('ann'), incomplete)
    for (const session of [one, other]) t.false(await isIn(plain, session))
    t.true(await isIn(plain, late))
    t.true(await isIn(sealed, bob))
    const again = await logIn(sealed)
    await plain.revokeAll('ann')
    t.false(await isIn(plain, late))
    t.false(await isIn(sealed, again))
  })

  test(`S31 a process with json and no key on ${name} drops a sealed list: whoever has the key still ends all, but one`, async (t) => {
    const { open } = await stage(t, engine)
    const [sealed, blind] = [await open({ ...sealing, ...until }), await open(keyless)]
    const [one, asker, third] = [await logIn(sealed), await logIn(sealed), await logIn(sealed)]
    const late = await logIn(blind)
    await t.throwsAsync(blind.revokeAll('ann'), { name: 'RevocationIncomplete', message: /^1 of / })
    t.false(await isIn(blind, late))
    t.is(await sealed.revoke('ann', one.handle ?? ''), 1)
    t.false(await isIn(sealed, one))
    await logIn(blind, 'zoe')
    t.is(await sealed.revokeOthers(await sealed.open(asker.id)), 1)
    t.false(await isIn(sealed, third))
    t.is((await sealed.forUser('ann')).length, 1, 'what goes on is listed again')
    t.is(await sealed.revokeAll('ann'), 1)
  })
}
