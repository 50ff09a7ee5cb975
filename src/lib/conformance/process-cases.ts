import assert from 'node:assert/strict'
import { about, record, settle } from './case.js'
import { newIn } from './drawing.js'
import { succeeded } from './outcomes.js'

/** Several processes at one store. */
export const processCases = about('processes', [
  {
    title: 'what one process writes, another reads, and of their updates exactly one wins',
    needs: ['revocable', 'shared'],
    async run(bench) {
      const other = await bench.another()
      const created = await newIn(bench.engine, record(bench, { n: 0 }))
      const { id } = created
      let { version } = created
      for (let n = 1; n <= 20; n++) {
        const both = await Promise.all(
          [bench.engine, other].map((engine) => engine.update(id, record(bench, { n }), version)),
        )
        const [winner, loser] = both[0]?.kind === 'updated' ? both : both.toReversed()
        assert.ok(winner !== undefined)
        assert.deepEqual(loser, { kind: 'conflict' }, 'two processes wrote on top of the same version')
        version = succeeded(winner).version
      }
      settle(bench)
      assert.deepEqual(await bench.engine.load(id), await other.load(id))
      assert.equal(await other.delete(id), 'deleted')
      settle(bench)
      assert.equal((await bench.engine.load(id)).kind, 'missing')
    },
  },
  {
    title: 'R26 a lease is given to one process at a time, and again when it has lapsed',
    needs: ['shared', 'lease'],
    async run(bench) {
      const other = await bench.another()
      const ask = () =>
        Promise.all([bench.engine, other, bench.engine].map((engine) => engine.lease?.('sweep', 1000)))
      for (let round = 0; round < 3; round++) {
        assert.equal((await ask()).filter(Boolean).length, 1)
        bench.now += 999
        settle(bench)
        if (bench.engine.capabilities.staleFor === undefined)
          assert.deepEqual(await ask(), [false, false, false])
        bench.now += 1
      }
      assert.equal(await bench.engine.lease?.('another', 1000), true)
    },
  },
])
