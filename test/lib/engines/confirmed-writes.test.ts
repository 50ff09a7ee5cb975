import test from 'ava'
import { Keyv } from 'keyv'
import { jsonCodec } from '../../../src/lib/codecs/json-codec.js'
import { ConfirmedWrites } from '../../../src/lib/engines/confirmed-writes.js'
import { EngineUnavailable } from '../../../src/lib/engines/errors.js'
import { KeyvStore } from '../../../src/lib/engines/keyv/keyv-store.js'
import type { SessionStore, StoredEntry } from '../../../src/lib/engines/session-store.js'

const LIMIT = 2000
const EXPIRES = Date.now() + 60_000

/** When a write is done whose answer gets lost: before the writer gives up, or after it, or never. */
type Lost = 'done' | 'late' | 'not done'

/** A real store behind which the answers to inserts and moves get lost; `late` are the writes under way. */
function losing(lost: Lost): { store: SessionStore; behind: SessionStore; late: (() => Promise<boolean>)[] } {
  const behind = new KeyvStore({ keyv: new Keyv(), keyPrefix: 'keyv', timeLimit: LIMIT, clock: Date.now })
  const late: (() => Promise<boolean>)[] = []
  let first = true
  const lose = async (write: () => Promise<boolean>): Promise<boolean> => {
    if (!first) return write()
    first = false
    if (lost === 'done') await write()
    if (lost === 'late') late.push(write)
    throw new EngineUnavailable('the answer got lost')
  }
  const store: SessionStore = {
    read: (key) => behind.read(key),
    insert: (...write) => lose(() => behind.insert(...write)),
    replace: (...write) => behind.replace(...write),
    extend: (...write) => behind.extend(...write),
    move: (...write) => lose(() => behind.move(...write)),
    remove: (key) => behind.remove(key),
    removeExpired: (...write) => behind.removeExpired(...write),
    close: () => behind.close(),
  }
  return { store, behind, late }
}

function entry(n: number, version: number): StoredEntry {
  const record = { data: { n }, createdAt: 1, expires: EXPIRES }
  return { text: jsonCodec.encode({ kind: 'session', record, version }), expires: EXPIRES, version }
}

const tombstone: StoredEntry = {
  text: jsonCodec.encode({ kind: 'superseded', expires: EXPIRES }),
  expires: EXPIRES,
  version: undefined,
}

const move = { from: 'keyv:a', to: 'keyv:b', entry: entry(1, 2), tombstone }

async function kindAt(store: SessionStore, key: string): Promise<string | undefined> {
  const stored = await store.read(key)
  return stored && jsonCodec.decode(stored.text)?.kind
}

test('R15 a move that was done though its answer got lost is recognised', async (t) => {
  const { store, behind } = losing('done')
  await behind.insert(move.from, entry(1, 1))
  t.true(await new ConfirmedWrites(store, jsonCodec, LIMIT).move(move, 1, Date.now()))
  t.is(await kindAt(behind, move.from), 'superseded')
  t.is(await kindAt(behind, move.to), 'session')
})

test('R15 a move that is still under way when it is given up finds its key taken', async (t) => {
  const { store, behind, late } = losing('late')
  await behind.insert(move.from, entry(1, 1))
  const moving = new ConfirmedWrites(store, jsonCodec, LIMIT).move(move, 1, Date.now())
  await t.throwsAsync(moving, { instanceOf: EngineUnavailable, message: 'the answer got lost' })
  t.deepEqual(await Promise.all(late.map((write) => write())), [false])
  t.is(await kindAt(behind, move.from), 'session')
})

test("R15 what another session's id led to is not taken for one's own", async (t) => {
  for (const write of [
    (sure: ConfirmedWrites) => sure.move(move, 1, Date.now()),
    (sure: ConfirmedWrites) => sure.insert(move.to, move.entry),
  ]) {
    const { store, behind } = losing('not done')
    await behind.insert(move.from, entry(1, 1))
    await behind.insert(move.to, entry(2, 2))
    await t.throwsAsync(write(new ConfirmedWrites(store, jsonCodec, LIMIT)), {
      instanceOf: EngineUnavailable,
    })
  }
})

test('R15 an insert that was done though its answer got lost is recognised', async (t) => {
  const { store } = losing('done')
  t.true(await new ConfirmedWrites(store, jsonCodec, LIMIT).insert('keyv:a', entry(1, 1)))
})

test('S68 no question is asked when the time is up', async (t) => {
  const { store, behind } = losing('done')
  await behind.insert(move.from, entry(1, 1))
  const sure = new ConfirmedWrites(store, jsonCodec, 0)
  await t.throwsAsync(sure.move(move, 1, Date.now()), { instanceOf: EngineUnavailable })
})
