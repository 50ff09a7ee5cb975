import assert from 'node:assert/strict'
import { about, isOursAlone, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'

const MINUTE = 60_000

/** What is over goes, and nothing else does. */
export const sweepCases = about('sweeping', [
  {
    title: 'clearExpired removes what is over, marks too, and nothing else',
    needs: ['revocable'],
    async run(bench) {
      const brief = await Promise.all(
        Array.from({ length: 7 }, () => createIn(bench.engine, record(bench, {}, 10))),
      )
      const { id, version } = await newIn(bench.engine, record(bench, {}, 3600))
      const rotated = await rotateIn(bench.engine, id, record(bench, { kept: true }, 3600), version)
      const marks = isOursAlone(bench) ? 1 : 0
      assert.equal(await bench.engine.clearExpired(100), 0)
      bench.now += MINUTE
      assert.equal(await bench.engine.clearExpired(5), 5)
      assert.equal(await bench.engine.clearExpired(100), brief.length + marks - 5)
      assert.equal(await bench.engine.clearExpired(100), 0)
      assert.ok(rotated.kind === 'updated')
      assert.equal((await bench.engine.load(rotated.id)).kind, 'found')
    },
  },
  {
    title: 'R26 clearExpired leaves what is extended at the same moment',
    needs: ['revocable'],
    async run(bench) {
      const ids = await Promise.all(
        Array.from({ length: 50 }, () => createIn(bench.engine, record(bench, {}, 10))),
      )
      bench.now += 9_999
      const touches = ids.map((id) => bench.engine.touch(id, bench.now + MINUTE))
      const cleared = bench.engine.clearExpired(100)
      assert.deepEqual(
        await Promise.all(touches),
        ids.map((id) => ({ kind: 'touched', id })),
      )
      assert.equal(await cleared, 0)
      bench.now += 2
      assert.equal(await bench.engine.clearExpired(100), 0)
    },
  },
])
