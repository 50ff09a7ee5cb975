import assert from 'node:assert/strict'
import type { Touched, Updated } from '../engines/engine.js'
import { about, atOnce, isRevocable, record, settle } from './case.js'
import { newIn } from './drawing.js'
import { found, idOf, versionOf } from './outcomes.js'

const MINUTE = 60_000

/** How often two writers meet where one of them may win. */
const ROUNDS = 20

/** Of those who write one session at the same moment, one succeeds and the others are told. */
export const updateCases = about('updates', [
  {
    title: 'an update needs the version that was read',
    needs: ['revocable'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { n: 0 }))
      const updated = await bench.engine.update(id, record(bench, { n: 1 }), version)
      assert.equal(idOf(updated), id)
      const late = await bench.engine.update(id, record(bench, { n: 9 }), version)
      assert.deepEqual(late, { kind: 'conflict' }, 'a version that is no longer there was updated')
      const loaded = await found(bench.engine, id)
      assert.deepEqual(loaded.record.data, { n: 1 })
      assert.equal(loaded.version, versionOf(updated), '`load` answers another version than `update` did')
    },
  },
  {
    title: 'S69 of many updates of one version exactly one wins, even if all write the same',
    needs: ['revocable'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { n: 0 }))
      const results = await Promise.all(
        Array.from({ length: 50 }, () => bench.engine.update(id, record(bench, { n: 1 }), version)),
      )
      const updated = results.filter(({ kind }) => kind === 'updated').length
      assert.equal(updated, 1, `of 50 who had read the same version, ${updated} were told "updated"`)
      assert.equal(results.filter(({ kind }) => kind === 'conflict').length, 49)
    },
  },
  {
    title: 'S69 of updates of an old and of the present version at the same moment one of the latter wins',
    needs: ['revocable'],
    async run(bench) {
      const { id, version: old } = await newIn(bench.engine, record(bench, { n: 0 }))
      const present = versionOf(await bench.engine.update(id, record(bench, { n: 1 }), old))
      const results = await Promise.all(
        [old, present, old, present].map((version, by) =>
          bench.engine.update(id, record(bench, { by }), version),
        ),
      )
      const winners = results.flatMap(({ kind }, by) => (kind === 'updated' ? [by] : []))
      const [winner = -1] = winners
      assert.equal(winners.length, 1, `${winners.length} of four were told "updated"`)
      assert.ok(winner === 1 || winner === 3, 'the old version won')
      const loaded = await found(bench.engine, id)
      assert.deepEqual(loaded.record.data, { by: winner })
      const won = results[winner]
      assert.ok(won?.kind === 'updated')
      assert.equal(loaded.version, won.version)
    },
  },
  {
    title: 'updates of different sessions at the same moment all arrive',
    async run(bench) {
      const created = await Promise.all(
        Array.from({ length: 300 }, (_, n) => newIn(bench.engine, record(bench, { n }))),
      )
      const results = await Promise.all(
        created.map(({ id, version }, n) => bench.engine.update(id, record(bench, { n: n + 1000 }), version)),
      )
      if (isRevocable(bench))
        assert.deepEqual(
          results.map(idOf),
          created.map(({ id }) => id),
        )
      const loaded = await Promise.all(results.map((result) => found(bench.engine, idOf(result))))
      assert.deepEqual(
        loaded.map(({ record: { data } }) => data.n),
        created.map((_, n) => n + 1000),
      )
    },
  },
  {
    title: 'a touch moves the end and leaves data and version',
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { a: ':colon', b: ':base64:AA==' }))
      const touched = await bench.engine.touch(id, bench.now + 2 * MINUTE)
      assert.ok(touched.kind === 'touched')
      if (isRevocable(bench)) assert.equal(touched.id, id)
      const loaded = await found(bench.engine, touched.id)
      assert.equal(loaded.record.expires, bench.now + 2 * MINUTE)
      assert.deepEqual(loaded.record.data, { a: ':colon', b: ':base64:AA==' })
      assert.equal(loaded.version, version, 'a touch changed the version')
      bench.now += MINUTE
      assert.equal((await bench.engine.load(touched.id)).kind, 'found')
    },
  },
  {
    title: 'S69 a touch at the same moment as an update puts nothing back',
    needs: ['revocable'],
    async run(bench) {
      const { engine } = bench
      let { id, version } = await newIn(engine, record(bench, { n: 0 }))
      for (let n = 1; n <= ROUNDS; n++) {
        const [updated, touched] = await atOnce<Updated | Touched>(n, [
          () => engine.update(id, record(bench, { n }), version),
          () => engine.touch(id, bench.now + MINUTE + n),
        ])
        assert.ok(updated?.kind === 'updated')
        assert.equal(touched?.kind, 'touched')
        version = updated.version
        const loaded = await found(engine, id)
        assert.deepEqual(loaded.record.data, { n }, 'a touch undid an update')
        assert.equal(loaded.version, version)
      }
    },
  },
  {
    title: 'S27 what is deleted at the same moment as it is updated and touched stays deleted',
    needs: ['revocable'],
    async run(bench) {
      const { engine } = bench
      for (let n = 0; n < ROUNDS; n++) {
        const { id, version } = await newIn(engine, record(bench, { n }))
        const [deleted] = await atOnce<unknown>(n, [
          () => engine.delete(id),
          () => engine.update(id, record(bench, { n: 'late' }), version),
          () => engine.touch(id, bench.now + MINUTE),
        ])
        assert.equal(deleted, 'deleted')
        settle(bench)
        assert.equal((await engine.load(id)).kind, 'missing', 'a deleted session is there again')
      }
    },
  },
])
