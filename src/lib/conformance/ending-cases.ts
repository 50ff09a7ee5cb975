import assert from 'node:assert/strict'
import type { Bench } from './bench.js'
import { about, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'

const MINUTE = 60_000

/** What is over stays over. */
export const endingCases = about('endings', [
  {
    title: 'S26 what is deleted is missing, and deleting it again is no error',
    needs: ['revocable'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench))
      assert.equal(await bench.engine.delete(id), 'deleted')
      assert.equal((await bench.engine.load(id)).kind, 'missing')
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  ...[-1, 0, 1].map((offset) => ({
    title: `S15 at its end ${offset < 0 ? '-' : '+'} ${Math.abs(offset)} ms a session is ${offset < 0 ? 'alive' : 'over'} for everyone`,
    async run(bench: Bench) {
      const expires = bench.now + MINUTE
      const [a, b, c, d, e] = await Promise.all([
        createIn(bench.engine, record(bench)),
        newIn(bench.engine, record(bench)),
        newIn(bench.engine, record(bench)),
        createIn(bench.engine, record(bench)),
        createIn(bench.engine, record(bench)),
      ])
      bench.now = expires + offset
      const kinds = [
        (await bench.engine.load(a)).kind,
        (await bench.engine.update(b.id, record(bench), b.version)).kind,
        (await rotateIn(bench.engine, c.id, record(bench), c.version)).kind,
        (await bench.engine.touch(d, bench.now + MINUTE)).kind,
        await bench.engine.delete(e),
      ]
      const alive = ['found', 'updated', 'updated', 'touched', 'deleted']
      assert.deepEqual(kinds, offset < 0 ? alive : Array(5).fill('missing'))
    },
  })),
  {
    title: 'R11 a record that is over when it is created is never found',
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, {}, -1))
      assert.equal((await bench.engine.load(id)).kind, 'missing')
    },
  },
])
