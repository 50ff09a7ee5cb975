/** A list in the store that somebody has damaged locks nobody out, and what was revoked stays so. */

import test, { type ExecutionContext } from 'ava'
import { openSignedCookies } from '../../../src/lib/engines/signed-cookies.js'
import {
  openSessions,
  type RevocationIncomplete,
  type Session,
  type Sessions,
  storeEngine,
} from '../../../src/lib/index.js'
import { defaults } from '../../support/engines.js'
import { type Entries, listing, myStore, textStore } from '../../support/stores/of-others.js'

const damages: Readonly<Record<string, (entries: Entries, key: string) => void>> = {
  'cut off, in a store that reads the version from it': (entries, key) =>
    entries.set(key, { text: '{"value":{"vers', expires: 0, version: undefined }),
  'emptied, in a store that reads the version from it': (entries, key) =>
    entries.set(key, { text: '', expires: 0, version: undefined }),
  'cut off, in a store with versions beside it': (entries, key) =>
    rewrite(entries, key, (text) => text.slice(0, 30)),
  'no list any more': (entries, key) =>
    rewrite(entries, key, (text) => text.replace(/"data":\{.*\}(?=,"expires":\d+\})/, '"data":{"n":1}}')),
}

/** The version stays, unless it is the text. */
function rewrite(entries: Entries, key: string, change: (text: string) => string): void {
  const entry = entries.get(key)
  if (entry === undefined) return
  const text = change(entry.text)
  entries.set(key, { ...entry, text, version: entry.version === entry.text ? text : entry.version })
}

async function logIn(t: ExecutionContext, sessions: Sessions): Promise<Session> {
  const session = await sessions.open()
  session.login('ada')
  await t.notThrowsAsync(session.save())
  return session
}

const userOf = async (sessions: Sessions, { id }: Session) => (await sessions.open(id)).user

function damage(entries: Entries, kind: string, how: (entries: Entries, key: string) => void): void {
  const keys = [...entries.keys()].filter((key) => key.startsWith(`keyv:${kind}-`))
  for (const key of keys) how(entries, key)
}

for (const [title, how] of Object.entries(damages))
  for (const [kind, storeOn] of Object.entries({ counting: myStore, 'comparing texts': textStore }))
    test(`S31 a user's list that is ${title}, ${kind}: users log in, and are listed from then on`, async (t) => {
      const entries: Entries = new Map()
      const errors: string[] = []
      const logger = { warn: () => {}, error: (_: object, message: string) => errors.push(message) }
      const engine = storeEngine({ name: 'mine', store: listing(entries, storeOn(entries)) })
      let now = Date.UTC(2026, 0, 1)
      const sessions = await openSessions({ engine, logger, clock: () => now, cleanupInterval: 0 })
      const revoked = await logIn(t, sessions)
      t.is(await sessions.revoke('ada', revoked.handle ?? ''), 1)
      const before = await logIn(t, sessions)
      damage(entries, 'user', how)
      now += 60_001
      t.deepEqual(await sessions.forUser('ada'), [])
      t.regex(errors[0] ?? '', /list of a user.s sessions cannot be read/)
      const after = await logIn(t, sessions)
      t.is((await sessions.forUser('ada')).length, 1)
      before.cycleKey()
      await before.save()
      t.is((await sessions.forUser('ada')).length, 2)
      t.is(await userOf(sessions, revoked), undefined)
      t.is(await sessions.revokeAll('ada'), 2)
      for (const session of [before, after]) t.is(await userOf(sessions, session), undefined)
    })

test('S31 where a list was damaged and the store cannot list its keys, a revocation says what it could not end', async (t) => {
  const entries: Entries = new Map()
  const logger = { warn: () => {}, error: () => {} }
  const engine = storeEngine({ name: 'mine', store: myStore(entries) })
  const sessions = await openSessions({ engine, logger, cleanupInterval: 0 })
  const before = await logIn(t, sessions)
  damage(entries, 'user', (of, key) => rewrite(of, key, (text) => text.slice(0, 30)))
  const after = await logIn(t, sessions)
  for (const ended of [1, 0]) {
    const incomplete = { name: 'RevocationIncomplete', message: /cannot list its keys/ }
    t.is((await t.throwsAsync<RevocationIncomplete>(sessions.revokeAll('ada'), incomplete))?.ended, ended)
  }
  t.is(await userOf(sessions, after), undefined)
  t.is(await userOf(sessions, before), 'ada')
})

for (const [title, how] of Object.entries(damages))
  test(`S33 revocations that are ${title}: every session of the user is dead, and new ones begin`, async (t) => {
    const entries: Entries = new Map()
    let now = Date.UTC(2026, 0, 1)
    const quiet = { warn: () => {}, error: () => {} }
    const clock = () => now
    const sessions = await openSessions({
      clock,
      logger: quiet,
      cleanupInterval: 0,
      engine: async (tools) => {
        const store = await storeEngine({
          name: 'mine',
          store: myStore(entries),
          capabilities: { shared: true },
        })(tools)
        return openSignedCookies(defaults, tools, store)
      },
    })
    const thief = await logIn(t, sessions)
    await sessions.revokeAll('ada')
    now += 60_001
    const live = await logIn(t, sessions)
    t.is(await userOf(sessions, thief), undefined)
    damage(entries, 'revoked', how)
    for (const session of [thief, live]) t.is(await userOf(sessions, session), undefined)
    now += 1
    const again = await logIn(t, sessions)
    t.is(await userOf(sessions, again), 'ada')
    t.is(await userOf(sessions, thief), undefined)
  })
