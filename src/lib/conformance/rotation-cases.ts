import assert from 'node:assert/strict'
import { about, isOursAlone, record } from './case.js'
import { newIn, rotateIn } from './drawing.js'
import { found, idOf, succeeded, versionOf } from './outcomes.js'

const MINUTE = 60_000

/** A session that moves to a new id is at one place at a time. */
export const rotationCases = about('rotation', [
  {
    title: 'S08 a rotate moves the session to a new id; the old one is dead at once',
    needs: ['revocable'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { user: 'ada' }))
      const rotated = succeeded(await rotateIn(bench.engine, id, record(bench, { user: 'ada' }), version))
      assert.notEqual(rotated.id, id)
      const loaded = await found(bench.engine, rotated.id)
      assert.deepEqual(loaded.record.data, { user: 'ada' })
      assert.equal(loaded.version, rotated.version)
      const dead = isOursAlone(bench) ? 'superseded' : 'missing'
      assert.deepEqual(await bench.engine.load(id), { kind: dead })
      for (const each of [version, rotated.version])
        assert.deepEqual(await bench.engine.update(id, record(bench), each), { kind: 'missing' })
      assert.deepEqual(await rotateIn(bench.engine, id, record(bench), version), { kind: 'missing' })
      assert.deepEqual(await bench.engine.touch(id, bench.now + MINUTE), { kind: 'missing' })
      assert.equal(await bench.engine.delete(id), dead)
      assert.deepEqual(await bench.engine.load(id), { kind: dead })
    },
  },
  {
    title: 'the tombstone of a rotate lasts a minute',
    needs: ['revocable', 'tombstones'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, {}, 600))
      idOf(await rotateIn(bench.engine, id, record(bench, {}, 600), version))
      bench.now += MINUTE - 1
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
      bench.now += 1
      assert.equal((await bench.engine.load(id)).kind, 'missing')
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  {
    title: 'a rotate needs the version that was read, and of two exactly one wins',
    needs: ['revocable'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench))
      const present = versionOf(await bench.engine.update(id, record(bench, { n: 1 }), version))
      assert.deepEqual(await rotateIn(bench.engine, id, record(bench), version), { kind: 'conflict' })
      const both = await Promise.all(
        [1, 2].map((n) => rotateIn(bench.engine, id, record(bench, { n }), present)),
      )
      assert.deepEqual(both.map(({ kind }) => kind).sort(), ['missing', 'updated'])
    },
  },
])
