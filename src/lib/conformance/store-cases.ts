import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { jsonCodec } from '../codecs/json-codec.js'
import type { JsonObject } from '../codecs/record.js'
import { Entries, type StoredSession } from '../engines/entries.js'
import {
  type Move,
  readLatest,
  type SessionStore,
  type StoredEntry,
  type Version,
} from '../engines/session-store.js'
import type { Bench } from './bench.js'
import { about, atOnce, record } from './case.js'

const MINUTE = 60_000
const NOBODY = { warn: () => {}, error: () => {} }
/** How many callers meet at one key. */
const CALLERS = 20
/** How often two calls meet of which one may be done. */
const ROUNDS = 20

/** What stands at a key. `data` is `undefined` for a tombstone, `version` too. */
interface Held {
  readonly data: JsonObject | undefined
  readonly expires: number
  readonly version: Version | undefined
}

/** The store of a bench, and what it takes to use it as `storeEngine` does. */
class Subject {
  readonly store: SessionStore
  readonly #bench: Bench
  readonly #entries: Entries

  constructor(bench: Bench) {
    const { engine, store } = bench
    assert.ok(store)
    this.store = store
    this.#bench = bench
    this.#entries = new Entries({
      name: engine.name,
      store,
      codec: jsonCodec,
      clock: () => bench.now,
      logger: NOBODY,
    })
  }

  get now(): number {
    return this.#bench.now
  }

  /** Two keys at which nothing stands. A session may move from the first to the second. */
  keys(): readonly [string, string] {
    const { engine, draw } = this.#bench
    const id = draw()
    const drawn = draw()
    const next = engine.successorOf?.(id, drawn) ?? drawn
    assert.ok(engine.index)
    return [engine.index.keyOf(id), engine.index.keyOf(next)]
  }

  /** A session that lives for a minute. `before`: the version that it takes the place of. */
  session(key: string, data: JsonObject, before?: Version): StoredSession {
    return this.#entries.session(key, record(this.#bench, data, MINUTE / 1000), before)
  }

  tombstone(key: string): StoredEntry {
    return this.#entries.tombstone(key)
  }

  /** Stores a session at `key`; answers its version. */
  async put(key: string, data: JsonObject): Promise<Version> {
    const entry = this.session(key, data)
    assert.equal(await this.store.insert(key, entry), true, '`insert` stored nothing at a key that was free')
    return entry.version
  }

  /** Leaves a tombstone at `key`. */
  async bury(key: string): Promise<void> {
    assert.equal(await this.store.insert(key, this.tombstone(key)), true, '`insert` stored no tombstone')
  }

  moveOf(from: string, to: string, data: JsonObject, version: Version): Move {
    return { from, to, entry: this.session(to, data, version), tombstone: this.tombstone(from) }
  }

  async held(key: string): Promise<Held | undefined> {
    const stored = await readLatest(this.store, key)
    if (stored === undefined) return undefined
    const entry = jsonCodec.decode(stored.text)
    assert.ok(entry, '`read` answers another text than was stored')
    const data = entry.kind === 'session' ? entry.record.data : undefined
    return { data, expires: stored.expires, version: stored.version }
  }
}

const on = (run: (subject: Subject, bench: Bench) => Promise<void>) => (bench: Bench) =>
  run(new Subject(bench), bench)

const countOf = (answers: readonly unknown[]): number => answers.filter((answer) => answer === true).length

/** The promises of a `SessionStore`, method by method. */
export const storeCases = about('the store', [
  {
    title:
      '`read` answers the text, the end and the version that were stored, and `undefined` where nothing is',
    needs: ['store'],
    run: on(async (subject) => {
      const [key, other] = subject.keys()
      assert.equal(
        await subject.store.read(key),
        undefined,
        '`read` must answer `undefined` where nothing is',
      )
      const { expires, version } = subject.session(key, { n: 1 })
      await subject.put(key, { n: 1 })
      await subject.bury(other)
      const [there, tombstone] = [await subject.held(key), await subject.held(other)]
      assert.deepEqual(there?.data, { n: 1 })
      assert.equal(
        there?.expires,
        expires,
        `\`expires\` was stored as ${expires}, and read as ${there?.expires}`,
      )
      assert.equal(
        there?.version,
        version,
        `\`version\` was stored as ${inspect(version)}, and read as ${inspect(there?.version)}`,
      )
      assert.equal(tombstone?.version, undefined, 'a tombstone has no version, and must not be given one')
      assert.equal(tombstone?.expires, subject.tombstone(other).expires)
    }),
  },
  {
    title: '`read` answers what does not change afterwards',
    needs: ['store'],
    run: on(async (subject) => {
      const [key, to] = subject.keys()
      const { store, now } = subject
      let version = await subject.put(key, { n: 1 })
      const steps: (() => Promise<unknown>)[] = [
        () => store.extend(key, now + 2 * MINUTE, now),
        () => store.replace(key, subject.session(key, { n: 2 }, version), version, now),
        async () => {
          version = (await subject.held(key))?.version ?? version
          return store.move(subject.moveOf(key, to, { n: 3 }, version), version, now)
        },
      ]
      for (const step of steps) {
        const answered = await store.read(key)
        const copy = { ...answered }
        assert.equal(await step(), true)
        assert.deepEqual(answered, copy, 'an entry that `read` had answered was changed; it must be a copy')
      }
    }),
  },
  {
    title: '`insert` stores nothing where anything stands: a session, alive or expired, or a tombstone',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const [key, other] = subject.keys()
      const version = await subject.put(key, { n: 1 })
      await subject.bury(other)
      const refuse = async (what: string, at: string): Promise<void> => {
        const before = await subject.held(at)
        const answer = await subject.store.insert(at, subject.session(at, { n: 2 }))
        assert.equal(answer, false, `\`insert\` overwrote ${what}`)
        assert.deepEqual(await subject.held(at), before, `\`insert\` answered false, and overwrote ${what}`)
      }
      await refuse('a session that is alive', key)
      await refuse('a tombstone', other)
      bench.now += MINUTE
      await refuse('a session that has expired', key)
      assert.equal((await subject.held(key))?.version, version)
    }),
  },
  {
    title: 'of `insert`s at one key at the same moment one is done',
    needs: ['store'],
    run: on(async (subject) => {
      const [key] = subject.keys()
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, (_, n) => subject.store.insert(key, subject.session(key, { n }))),
      )
      assert.equal(countOf(answers), 1, '`insert` must look and write in one atomic step')
      assert.deepEqual((await subject.held(key))?.data, { n: answers.indexOf(true) })
    }),
  },
  {
    title: '`replace` is done if the session is alive and has the version, and otherwise changes nothing',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const [key, other] = subject.keys()
      const { store } = subject
      const refuse = async (why: string, at: string, version: Version): Promise<void> => {
        const before = await subject.held(at)
        const answer = await store.replace(
          at,
          subject.session(at, { n: 'late' }, version),
          version,
          bench.now,
        )
        assert.equal(answer, false, `\`replace\` must answer false where ${why}`)
        assert.deepEqual(await subject.held(at), before, `\`replace\` changed what is there where ${why}`)
      }
      const first = await subject.put(key, { n: 1 })
      await refuse('nothing stands', other, first)
      const next = subject.session(key, { n: 2 }, first)
      assert.equal(await store.replace(key, next, first, bench.now), true)
      assert.deepEqual(await subject.held(key), {
        data: { n: 2 },
        expires: next.expires,
        version: next.version,
      })
      await refuse('the session has another version', key, first)
      await subject.bury(other)
      await refuse('a tombstone stands', other, first)
      bench.now = next.expires
      await refuse('the session has expired: its `expires` is exactly now', key, next.version)
    }),
  },
  {
    title: 'of `replace`s of one version at the same moment one is done',
    needs: ['store'],
    run: on(async (subject) => {
      const [key] = subject.keys()
      const { store, now } = subject
      const version = await subject.put(key, {})
      const answers = await Promise.all(
        Array.from({ length: CALLERS }, (_, n) =>
          store.replace(key, subject.session(key, { n }, version), version, now),
        ),
      )
      assert.equal(countOf(answers), 1, '`replace` must compare and write in one atomic step')
      assert.deepEqual((await subject.held(key))?.data, { n: answers.indexOf(true) })
    }),
  },
  {
    title: '`extend` moves the end of a session that is alive, and otherwise changes nothing',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const [key, other] = subject.keys()
      const { store } = subject
      const version = await subject.put(key, { n: 1 })
      const expires = bench.now + 2 * MINUTE
      assert.equal(await store.extend(key, expires, bench.now), true)
      assert.deepEqual(await subject.held(key), { data: { n: 1 }, expires, version })
      const refuse = async (why: string, at: string): Promise<void> => {
        const before = await subject.held(at)
        const answer = await store.extend(at, bench.now + 9 * MINUTE, bench.now)
        assert.equal(answer, false, `\`extend\` must answer false where ${why}`)
        assert.deepEqual(await subject.held(at), before, `\`extend\` changed what is there where ${why}`)
      }
      await refuse('nothing stands', other)
      await subject.bury(other)
      await refuse('a tombstone stands', other)
      bench.now = expires
      await refuse('the session has expired: its `expires` is exactly now', key)
    }),
  },
  {
    title: '`extend` at the same moment as `replace` puts no earlier text back',
    needs: ['store'],
    run: on(async (subject) => {
      const [key] = subject.keys()
      const { store, now } = subject
      let version = await subject.put(key, { n: 0 })
      for (let n = 1; n <= ROUNDS; n++) {
        const next = subject.session(key, { n }, version)
        const answers = await atOnce(n, [
          () => store.replace(key, next, version, now),
          () => store.extend(key, now + MINUTE + n, now),
        ])
        assert.deepEqual(answers, [true, true])
        assert.deepEqual((await subject.held(key))?.data, { n }, '`extend` undid a `replace`')
        version = next.version
      }
    }),
  },
  {
    title: '`move` puts the session at the new key and the tombstone at the old one',
    needs: ['store'],
    run: on(async (subject) => {
      const [from, to] = subject.keys()
      const version = await subject.put(from, { n: 1 })
      const move = subject.moveOf(from, to, { n: 2 }, version)
      assert.equal(await subject.store.move(move, version, subject.now), true)
      const { expires } = move.entry
      const moved = { data: { n: 2 }, expires, version: move.entry.version }
      assert.deepEqual(await subject.held(to), moved, '`move` must put `entry` at `to`')
      const left = { data: undefined, expires: move.tombstone.expires, version: undefined }
      assert.deepEqual(await subject.held(from), left, '`move` must put `tombstone` at `from`')
    }),
  },
  {
    title: '`move` does both or neither: nothing where the session is not as it was, or the new key is taken',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const { store } = subject
      const refuse = async (why: string, from: string, to: string, version: Version): Promise<void> => {
        const before = [await subject.held(from), await subject.held(to)]
        const answer = await store.move(subject.moveOf(from, to, { n: 'late' }, version), version, bench.now)
        assert.equal(answer, false, `\`move\` must answer false where ${why}`)
        const after = [await subject.held(from), await subject.held(to)]
        assert.deepEqual(after, before, `\`move\` changed one of its two keys where ${why}`)
      }
      const [from, to] = subject.keys()
      const first = await subject.put(from, { n: 1 })
      const next = subject.session(from, { n: 2 }, first)
      assert.equal(await store.replace(from, next, first, bench.now), true)
      await refuse('the session has another version', from, to, first)
      await subject.put(to, { n: 'other' })
      await refuse('a session stands at the new key', from, to, next.version)

      const [closed, alsoClosed] = subject.keys()
      await subject.bury(alsoClosed)
      await refuse('nothing stands at the old key', closed, alsoClosed, first)
      const version = await subject.put(closed, { n: 1 })
      await refuse('a tombstone stands at the new key', closed, alsoClosed, version)
      const [left, unused] = subject.keys()
      await subject.bury(left)
      await refuse('a tombstone stands at the old key', left, unused, first)
      const [over, free] = subject.keys()
      const last = await subject.put(over, { n: 1 })
      bench.now += MINUTE
      await refuse('the session has expired: its `expires` is exactly now', over, free, last)
      await refuse('an expired session stands at the new key', from, to, next.version)
    }),
  },
  {
    title: 'of a `move`, a `replace` and another `move` at the same moment one is done',
    needs: ['store'],
    run: on(async (subject) => {
      const { store, now } = subject
      for (let round = 0; round < ROUNDS; round++) {
        const [from, to] = subject.keys()
        const version = await subject.put(from, { n: 0 })
        const answers = await atOnce(round, [
          () => store.move(subject.moveOf(from, to, { n: 1 }, version), version, now),
          () => store.replace(from, subject.session(from, { n: 2 }, version), version, now),
          () => store.move(subject.moveOf(from, to, { n: 3 }, version), version, now),
        ])
        assert.equal(countOf(answers), 1, '`move` and `replace` must compare and write in one atomic step')
        const [there, moved] = [await subject.held(from), await subject.held(to)]
        const data = answers[1] === true ? there?.data : moved?.data
        assert.deepEqual(data, { n: answers.indexOf(true) + 1 })
        assert.equal(answers[1] === true ? moved : there?.data, undefined, 'the session is at both keys')
      }
    }),
  },
  {
    title: '`remove` removes a session, expired or not, and leaves a tombstone where it is',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const [key, other] = subject.keys()
      const { store } = subject
      await subject.put(key, { n: 1 })
      assert.equal(await store.remove(key), true, '`remove` must answer true where a session stands')
      assert.equal(await subject.held(key), undefined, '`remove` answered true, and the session is there')
      assert.equal(await store.remove(key), false, '`remove` must answer false where nothing stands')
      await subject.bury(other)
      const before = await subject.held(other)
      assert.equal(await store.remove(other), false, '`remove` must answer false where a tombstone stands')
      assert.deepEqual(await subject.held(other), before, '`remove` removed a tombstone')
      await subject.put(key, { n: 1 })
      bench.now += MINUTE
      assert.equal(await store.remove(key), true, '`remove` must remove a session that has expired, too')
    }),
  },
  {
    title: 'what is removed at the same moment as it is written stays removed, and one `remove` says so',
    needs: ['store'],
    run: on(async (subject) => {
      const { store, now } = subject
      for (let round = 0; round < ROUNDS; round++) {
        const [key] = subject.keys()
        const version = await subject.put(key, { n: 0 })
        const [removed, also] = await atOnce(round, [
          () => store.remove(key),
          () => store.remove(key),
          () => store.replace(key, subject.session(key, { n: 'late' }, version), version, now),
          () => store.extend(key, now + 2 * MINUTE, now),
        ])
        assert.equal(await subject.held(key), undefined, 'a `replace` or an `extend` brought a session back')
        assert.equal(countOf([removed, also]), 1, 'of two `remove`s of one session one must answer true')
      }
    }),
  },
  {
    title: '`removeExpired` removes what has expired, tombstones too, at most `limit`, and answers how many',
    needs: ['store'],
    run: on(async (subject, bench) => {
      const { store } = subject
      const expired = Array.from({ length: 4 }, () => subject.keys())
      for (const [key, other] of expired) {
        await subject.put(key, {})
        await subject.bury(other)
      }
      bench.now += MINUTE / 2
      const [alive, tombstone] = subject.keys()
      await subject.put(alive, { n: 1 })
      await subject.bury(tombstone)
      assert.equal(await store.removeExpired(100, bench.now), 0, 'nothing has expired yet')
      bench.now += MINUTE / 2
      assert.equal(await store.removeExpired(3, bench.now), 3, '`limit` is 3, and 8 entries have expired')
      const rest = await store.removeExpired(100, bench.now)
      assert.equal(rest, 5, '4 sessions and 4 tombstones have expired; `expires` may be exactly now')
      assert.equal(await store.removeExpired(100, bench.now), 0)
      assert.deepEqual((await subject.held(alive))?.data, { n: 1 }, 'a session was removed that is alive')
      assert.ok(await subject.held(tombstone), 'a tombstone was removed that has not expired')
    }),
  },
  {
    title: 'a second `close` does nothing',
    needs: ['store'],
    run: on(async ({ store }) => {
      await store.close()
      await assert.doesNotReject(async () => store.close(), 'the second `close` of the store threw')
    }),
  },
])
