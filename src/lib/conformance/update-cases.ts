import assert from 'node:assert/strict'
import { about, isRevocable, record } from './case.js'
import { createIn } from './drawing.js'
import { found, idOf } from './outcomes.js'

const MINUTE = 60_000

/** Of those who write one session at the same moment, one succeeds and the others are told. */
export const updateCases = about('updates', [
  {
    title: 'an update needs the version that was read',
    needs: ['revocable'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { n: 0 }))
      assert.deepEqual(await bench.engine.update(id, record(bench, { n: 1 }), 1), {
        kind: 'updated',
        id,
        version: 2,
      })
      assert.deepEqual(await bench.engine.update(id, record(bench, { n: 9 }), 1), { kind: 'conflict' })
      const loaded = await found(bench.engine, id)
      assert.deepEqual(loaded.record.data, { n: 1 })
      assert.equal(loaded.version, 2)
    },
  },
  {
    title: 'S69 of many updates of one version exactly one wins, even if all write the same',
    needs: ['revocable'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { n: 0 }))
      const results = await Promise.all(
        Array.from({ length: 50 }, () => bench.engine.update(id, record(bench, { n: 1 }), 1)),
      )
      assert.equal(results.filter(({ kind }) => kind === 'updated').length, 1)
      assert.equal(results.filter(({ kind }) => kind === 'conflict').length, 49)
    },
  },
  {
    title: 'S69 of updates of an old and of the present version at the same moment one of the latter wins',
    needs: ['revocable'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { n: 0 }))
      await bench.engine.update(id, record(bench, { n: 1 }), 1)
      const results = await Promise.all(
        [1, 2, 1, 2].map((version, by) => bench.engine.update(id, record(bench, { by }), version)),
      )
      assert.equal(results.filter(({ kind }) => kind === 'updated').length, 1)
      const winner = results.findIndex(({ kind }) => kind === 'updated')
      assert.ok(winner === 1 || winner === 3)
      const loaded = await found(bench.engine, id)
      assert.deepEqual(loaded.record.data, { by: winner })
      assert.equal(loaded.version, 3)
    },
  },
  {
    title: 'updates of different sessions at the same moment all arrive',
    async run(bench) {
      const ids = await Promise.all(
        Array.from({ length: 300 }, (_, n) => createIn(bench.engine, record(bench, { n }))),
      )
      const results = await Promise.all(
        ids.map((id, n) => bench.engine.update(id, record(bench, { n: n + 1000 }), 1)),
      )
      if (isRevocable(bench)) assert.deepEqual(results.map(idOf), ids)
      const loaded = await Promise.all(results.map((result) => found(bench.engine, idOf(result))))
      assert.deepEqual(
        loaded.map(({ record: { data } }) => data.n),
        ids.map((_, n) => n + 1000),
      )
    },
  },
  {
    title: 'a touch moves the end and leaves data and version',
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { a: ':colon', b: ':base64:AA==' }))
      const touched = await bench.engine.touch(id, bench.now + 2 * MINUTE)
      assert.ok(touched.kind === 'touched')
      if (isRevocable(bench)) assert.equal(touched.id, id)
      const loaded = await found(bench.engine, touched.id)
      assert.equal(loaded.record.expires, bench.now + 2 * MINUTE)
      assert.deepEqual(loaded.record.data, { a: ':colon', b: ':base64:AA==' })
      assert.equal(loaded.version, 1)
      bench.now += MINUTE
      assert.equal((await bench.engine.load(touched.id)).kind, 'found')
    },
  },
])
