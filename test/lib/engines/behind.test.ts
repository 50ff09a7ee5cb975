/** A store of somebody else's whose reads may be behind what other processes wrote. */

import test from 'ava'
import type { SessionStore, StoredEntry } from '../../../src/lib/engines/session-store.js'
import { openSessions, storeEngine } from '../../../src/lib/index.js'
import { type Entries, myStore } from '../../support/stores/of-others.js'

/** Remembers what it has read, until `readLatest` reads it again. It notices no write, not even its own. */
function remembering(entries: Entries): SessionStore {
  const store = myStore(entries)
  const seen = new Map<string, StoredEntry>()
  const readLatest = async (key: string): Promise<StoredEntry | undefined> => {
    const entry = entries.get(key)
    seen.delete(key)
    if (entry) seen.set(key, entry)
    return entry
  }
  return { ...store, readLatest, read: async (key) => seen.get(key) ?? readLatest(key) }
}

async function twoProcesses() {
  const entries: Entries = new Map()
  const capabilities = { shared: true, staleFor: 60_000 }
  const open = () =>
    openSessions({
      engine: storeEngine({ name: 'mine', store: remembering(entries), capabilities }),
      logger: { warn: () => {}, error: () => {} },
      cleanupInterval: 0,
    })
  return Promise.all([open(), open()])
}

test('S69 a write on an old read is merged with what another process wrote', async (t) => {
  const [one, other] = await twoProcesses()
  const begun = await one.open()
  begun.set<string>('a', 1)
  await begun.save()
  const { id } = begun
  for (let n = 2; n < 5; n++) {
    for (const [key, sessions] of Object.entries({ a: one, b: other })) {
      const session = await sessions.open(id)
      session.set<string>(key, n)
      await session.save()
    }
  }
  const last = await one.open(id)
  last.set<string>('c', 1)
  await last.save()
  t.deepEqual(Object.fromEntries(last), { a: 4, b: 4, c: 1 })
})

test('S27 a log-out on an old read of a session that has moved is told that it lives on', async (t) => {
  const [one, other] = await twoProcesses()
  const begun = await one.open()
  begun.set<string>('a', 1)
  await begun.save()
  const late = await other.open(begun.id)
  begun.login('ada')
  await begun.save()
  late.flush()
  await t.throwsAsync(late.save(), { name: 'SessionInterrupted' })
  t.is((await one.open(begun.id)).user, 'ada')
})
