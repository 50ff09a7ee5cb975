import assert from 'node:assert/strict'
import type { SessionRecord } from '../codecs/record.js'
import { type Engine, type SessionIndex, SUPERSEDED, type Updated } from '../engines/engine.js'
import type { Version } from '../engines/session-store.js'
import type { Bench } from './bench.js'
import { about, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'
import { assertFound, found, idOf, succeeded, versionOf } from './outcomes.js'

const MINUTE = 60_000
const NAME = 'user-of-a-case'
/** Milliseconds. */
const GRACE = 10_000

function indexOf({ index }: Pick<Engine, 'index'>): SessionIndex {
  assert.ok(index, 'the engine has no index')
  return index
}

/** An id, and another one that may take its place. */
function pairOf({ engine, draw }: Bench): readonly [string, string] {
  const id = draw()
  const drawn = draw()
  return [id, engine.successorOf?.(id, drawn) ?? drawn]
}

/** A record whose renewal happened now; the old id leads to it for `grace` milliseconds, or until further notice. */
const renewedRecord = ({ now }: Bench, data: SessionRecord['data'], grace?: number): SessionRecord => ({
  ...record({ now }, data, 600),
  renewal: { since: now, ...(grace !== undefined && { until: now + grace }) },
})

/** Moves a session to a new id that leaves the old one good for a while. */
async function renewed(
  bench: Bench,
  { id, version }: { readonly id: string; readonly version: Version },
): Promise<Extract<Updated, { kind: 'updated' }>> {
  const next = renewedRecord(bench, { n: 1 }, GRACE)
  return succeeded(await rotateIn(bench.engine, id, next, version, { isRenewal: true }))
}

/** Sessions by their keys, and lists by name. */
export const indexCases = about('index', [
  {
    title: 'S31 the key of an id is known before a session is stored there, and leads to it afterwards',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const index = indexOf(engine)
      const [id, to] = pairOf(bench)
      assert.equal((await index.load(index.keyOf(id))).kind, 'missing')
      assert.equal((await engine.create(id, record(bench, { n: 1 }))).kind, 'created')
      assert.deepEqual(await index.load(index.keyOf(id)), await engine.load(id))
      const { version } = await found(engine, id)
      assert.equal(
        (await engine.rotate({ id, to, record: record(bench, { n: 2 }), version })).kind,
        'updated',
      )
      assert.deepEqual(await index.load(index.keyOf(to)), await engine.load(to))
      assert.deepEqual(await index.load(index.keyOf(id)), SUPERSEDED)
      for (const each of [id, to]) assert.ok(!index.keyOf(each).includes(each), 'a key holds an id (S05)')
    },
  },
  {
    title: 'S27 a key that is evicted before the session arrives is taken, and stays empty',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const index = indexOf(engine)
      const [id, to] = pairOf(bench)
      assert.equal(await index.evict(index.keyOf(id)), 'missing')
      assert.equal(await index.evict(index.keyOf(id)), 'superseded', 'a second eviction opened the key again')
      assert.deepEqual(await engine.create(id, record(bench)), { kind: 'taken' })
      const live = await createIn(engine, record(bench, { n: 1 }))
      const { version } = await found(engine, live)
      const next = engine.successorOf?.(live, to) ?? to
      assert.equal(await index.evict(index.keyOf(next)), 'missing')
      const rotation = { id: live, to: next, record: record(bench, { n: 2 }), version }
      assert.deepEqual(await engine.rotate(rotation), { kind: 'taken' })
      for (const each of [id, next]) assert.notEqual((await index.load(index.keyOf(each))).kind, 'found')
      await assertFound(engine, live, { n: 1 })
    },
  },
  {
    title: 'S29 evict ends the session at a key for whoever has its id, and tells what it found',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const index = indexOf(engine)
      const { id, version } = await newIn(engine, record(bench))
      assert.equal(await index.evict(index.keyOf(id)), 'deleted')
      assert.equal((await engine.load(id)).kind, 'missing')
      assert.equal((await engine.update(id, record(bench), version)).kind, 'missing')
      assert.equal((await rotateIn(engine, id, record(bench), version)).kind, 'missing')
      const other = await newIn(engine, record(bench))
      const newId = idOf(await rotateIn(engine, other.id, record(bench, { n: 2 }), other.version))
      assert.equal(await index.evict(index.keyOf(other.id)), 'superseded')
      await assertFound(engine, newId, { n: 2 })
    },
  },
  {
    title: 'S31 of two who write a list on top of the same version one wins, also of the first two',
    needs: ['index'],
    async run(bench) {
      const index = indexOf(bench.engine)
      const end = bench.now + MINUTE
      assert.equal(await index.read(NAME), undefined)
      const first = await Promise.all([1, 2].map((n) => index.write(NAME, { n }, end, undefined)))
      assert.deepEqual([...first].sort(), [false, true])
      const held = await index.read(NAME)
      assert.deepEqual(held?.list, { n: first[0] ? 1 : 2 })
      assert.equal(held?.expires, end)
      const second = await Promise.all([3, 4].map((n) => index.write(NAME, { n }, end, held?.version)))
      assert.deepEqual([...second].sort(), [false, true])
      assert.equal(await index.write(NAME, { n: 5 }, end, held?.version), false)
      assert.equal(await index.write(NAME, { n: 5 }, end, undefined), false)
      assert.deepEqual((await index.read(NAME))?.list, { n: second[0] ? 3 : 4 })
    },
  },
  {
    title: 'a list is kept until its end, and one that has lapsed gives way to a new one, once',
    needs: ['index'],
    async run(bench) {
      const index = indexOf(bench.engine)
      for (let round = 1; round < 4; round++) {
        const end = bench.now + MINUTE
        assert.equal(await index.write(NAME, { round }, end, undefined), true)
        bench.now = end - 1
        assert.deepEqual((await index.read(NAME))?.list, { round })
        const { version } = (await index.read(NAME)) ?? {}
        bench.now = end
        assert.equal(await index.read(NAME), undefined)
        assert.equal(await index.write(NAME, { late: true }, end + MINUTE, version), false)
      }
      const both = await Promise.all(
        [1, 2].map((n) => index.write(NAME, { n }, bench.now + MINUTE, undefined)),
      )
      assert.deepEqual(both.sort(), [false, true])
    },
  },
  {
    title: 'S31 the index is never behind what another process wrote',
    needs: ['index', 'shared'],
    async run(bench) {
      const other = await bench.another()
      const [here, there] = [indexOf(bench.engine), indexOf(other)]
      const created = await newIn(bench.engine, record(bench, { n: 0 }))
      const { id } = created
      let { version } = created
      let listed: Version | undefined
      const key = here.keyOf(id)
      assert.equal(there.keyOf(id), key)
      for (let n = 1; n < 4; n++) {
        version = versionOf(await bench.engine.update(id, record(bench, { n }), version))
        assert.deepEqual(await there.load(key), { kind: 'found', record: record(bench, { n }), version })
        assert.equal(await here.write(NAME, { n }, bench.now + MINUTE, listed), true)
        const held = await there.read(NAME)
        assert.deepEqual(held?.list, { n })
        listed = held?.version
      }
      assert.equal(await there.evict(key), 'deleted')
      assert.equal((await here.load(key)).kind, 'missing')
    },
  },
  {
    title: 'S24 for its grace the old id of a renewal loads, updates, touches and deletes the same session',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const created = await newIn(engine, record(bench, { n: 0 }, 600))
      const { id } = created
      const { id: newId, version } = await renewed(bench, created)
      const late = renewedRecord(bench, { n: 'late' }, GRACE)
      bench.now += GRACE - 1
      assert.deepEqual(await engine.load(id), { ...(await found(engine, newId)), renewed: 1 })
      assert.equal((await engine.update(id, late, version)).kind, 'updated')
      await assertFound(engine, newId, { n: 'late' })
      assert.deepEqual(await engine.update(id, record(bench), version), { kind: 'conflict' })
      assert.equal((await engine.touch(id, bench.now + 900_000)).kind, 'touched')
      assert.equal((await found(engine, newId)).record.expires, bench.now + 900_000)
      assert.equal(await engine.delete(id), 'deleted')
      assert.equal((await engine.load(newId)).kind, 'missing')
      assert.notEqual((await engine.load(id)).kind, 'found')
    },
  },
  {
    title: 'S24 when the grace of a renewal is over its old id is dead, and the session lives on',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const created = await newIn(engine, record(bench, { n: 0 }, 600))
      const { id } = created
      const { id: newId, version } = await renewed(bench, created)
      bench.now += GRACE
      assert.deepEqual(await engine.load(id), SUPERSEDED)
      assert.equal((await engine.update(id, record(bench), version)).kind, 'missing')
      assert.equal((await engine.touch(id, bench.now + MINUTE)).kind, 'missing')
      assert.equal((await rotateIn(engine, id, record(bench), version)).kind, 'missing')
      assert.equal(await engine.delete(id), 'superseded')
      await assertFound(engine, newId, { n: 1 })
    },
  },
  {
    title:
      'S24 until somebody comes with the new id of a renewal the old one leads there, through several renewals',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const created = await newIn(engine, record(bench, { n: 0 }, 600))
      const { id } = created
      const since = bench.now
      let last: { readonly id: string; readonly version: Version } = created
      for (let n = 1; n <= 4; n++) {
        bench.now += MINUTE
        const lost = { ...record(bench, { n }, 600), renewal: { since } }
        last = succeeded(await rotateIn(engine, id, lost, last.version, { isRenewal: true }))
        assert.deepEqual(await engine.load(id), { ...(await found(engine, last.id)), renewed: n })
      }
      const seen = { ...record(bench, {}, 600), renewal: { since, until: bench.now + 1000 } }
      const present = versionOf(await engine.update(last.id, seen, last.version))
      assert.equal((await found(engine, id)).renewed, 4)
      bench.now += 1000
      assert.deepEqual(await engine.load(id), SUPERSEDED)
      bench.now += MINUTE
      assert.equal((await engine.load(id)).kind, 'missing')
      // Another renewal, whose series begins later, revives no id of the one before.
      bench.now += MINUTE
      const again = { ...record(bench, {}, 600), renewal: { since: bench.now } }
      assert.equal((await rotateIn(engine, last.id, again, present, { isRenewal: true })).kind, 'updated')
      assert.equal((await engine.load(id)).kind, 'missing')
      assert.equal((await found(engine, last.id)).renewed, 1)
    },
  },
  {
    title: 'S24 within its grace the old id leads on when the session is rotated, and nowhere when it ends',
    needs: ['index'],
    async run(bench) {
      const { engine } = bench
      const created = await newIn(engine, record(bench, { n: 0 }, 600))
      const { id } = created
      const { version } = await renewed(bench, created)
      const third = idOf(await rotateIn(engine, id, record(bench, { n: 'third' }, 600), version))
      await assertFound(engine, third, { n: 'third' })
      // It was no renewal, so nothing that was known before leads there (S08).
      assert.deepEqual(await engine.load(id), SUPERSEDED)

      const other = await newIn(engine, record(bench, { n: 0 }, 600))
      const { id: newId } = await renewed(bench, other)
      const index = indexOf(engine)
      assert.deepEqual(await index.load(index.keyOf(other.id)), SUPERSEDED)
      assert.equal(await index.evict(index.keyOf(newId)), 'deleted')
      assert.deepEqual(await engine.load(other.id), SUPERSEDED)
      assert.equal((await engine.touch(other.id, bench.now + MINUTE)).kind, 'missing')
    },
  },
])
