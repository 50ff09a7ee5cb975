import assert from 'node:assert/strict'
import { about, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'
import { assertFound, assertUnknown } from './outcomes.js'

/** What an engine promises that keeps nothing: the id is the session. */
export const inCookieCases = about('in the cookie', [
  {
    title: 'update, touch and rotate each answer a new id',
    needs: ['inCookie'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { n: 0 }))
      const updated = await bench.engine.update(id, record(bench, { n: 0 }), version)
      const rotated = await rotateIn(bench.engine, id, record(bench, { n: 0 }), version)
      const touched = await bench.engine.touch(id, bench.now + 60_000)
      assert.ok(updated.kind === 'updated' && rotated.kind === 'updated' && touched.kind === 'touched')
      assert.equal(new Set([id, updated.id, rotated.id, touched.id]).size, 4)
      for (const each of [updated.id, rotated.id, touched.id]) await assertFound(bench.engine, each, { n: 0 })
    },
  },
  {
    title: 'of two writers both are updated: the cookie that arrives last stands',
    needs: ['inCookie'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { n: 0 }))
      for (const n of [1, 2]) {
        const updated = await bench.engine.update(id, record(bench, { n }), version)
        assert.ok(updated.kind === 'updated')
        await assertFound(bench.engine, updated.id, { n })
      }
    },
  },
  {
    title:
      'S58 replay is accepted: what was written over, rotated away or deleted is still good until it expires',
    needs: ['inCookie'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { user: 'ada' }))
      await bench.engine.update(id, record(bench, {}), version)
      await rotateIn(bench.engine, id, record(bench, {}), version)
      assert.equal(await bench.engine.delete(id), 'deleted')
      await assertFound(bench.engine, id, { user: 'ada' })
      bench.now += 60_000
      await assertUnknown(bench.engine, id, bench)
    },
  },
  {
    title: "S53 a touch's end counts, and the old id keeps its own",
    needs: ['inCookie'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { n: 1 }, 60))
      const touched = await bench.engine.touch(id, bench.now + 120_000)
      assert.ok(touched.kind === 'touched')
      bench.now += 60_000
      await assertUnknown(bench.engine, id, bench)
      await assertFound(bench.engine, touched.id, { n: 1 })
      bench.now += 60_000
      await assertUnknown(bench.engine, touched.id, bench)
    },
  },
  {
    title:
      'S64 the ids of one session have an anchor in common until it is rotated, and no other session has it',
    needs: ['inCookie', 'anchorOf'],
    async run(bench) {
      const anchorOf = (id: string) => bench.engine.anchorOf?.(id)
      const { id, version } = await newIn(bench.engine, record(bench, { n: 0 }))
      const anchor = anchorOf(id)
      assert.ok(anchor !== undefined && anchor.length >= 22, 'as hard to guess as an id')
      const updated = await bench.engine.update(id, record(bench, { n: 1 }), version)
      assert.ok(updated.kind === 'updated')
      const touched = await bench.engine.touch(updated.id, bench.now + 120_000)
      assert.ok(touched.kind === 'touched')
      assert.deepEqual([anchorOf(updated.id), anchorOf(touched.id)], [anchor, anchor])

      const rotated = await rotateIn(bench.engine, touched.id, record(bench, { n: 1 }), updated.version)
      assert.ok(rotated.kind === 'updated')
      const other = await createIn(bench.engine, record(bench, { n: 0 }))
      assert.equal(new Set([anchor, anchorOf(rotated.id), anchorOf(other)]).size, 3)
      bench.now += 120_000
      assert.equal(anchorOf(touched.id), anchor, 'expired or not')
      assert.equal(anchorOf(bench.unknownId), undefined)
      assert.equal(anchorOf(`${id}A`), undefined)
    },
  },
  {
    title: 'there is nothing to clear',
    needs: ['inCookie'],
    async run(bench) {
      await createIn(bench.engine, record(bench, {}, 1))
      bench.now += 60_000
      assert.equal(await bench.engine.clearExpired(10), 0)
    },
  },
  {
    title: 'S49 S51 an id with any one character changed, added or taken away is unknown',
    needs: ['inCookie'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { user: 'ada' }))
      for (let at = 0; at < id.length; at++) {
        const [before, here, after] = [id.slice(0, at), id.charAt(at), id.slice(at + 1)]
        // The neighbour in the alphabet differs in the lowest bit only, which decoding may not look at.
        for (const other of [
          here === 'A' ? 'B' : 'A',
          String.fromCharCode(here.charCodeAt(0) ^ 1),
          '.',
          '',
        ]) {
          if (other !== here) assert.equal((await bench.engine.load(before + other + after)).kind, 'missing')
        }
        assert.equal((await bench.engine.load(`${before}A${here}${after}`)).kind, 'missing')
      }
      for (const end of ['A', '=', '.', '\n', ' '])
        assert.equal((await bench.engine.load(id + end)).kind, 'missing')
    },
  },
  {
    title: 'S50 an id that is cut off anywhere is unknown',
    needs: ['inCookie'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { user: 'ada' }))
      for (let length = 0; length < id.length; length++) {
        assert.equal((await bench.engine.load(id.slice(0, length))).kind, 'missing')
        assert.equal((await bench.engine.load(id.slice(-length - 1, -1))).kind, 'missing')
      }
    },
  },
  {
    title: 'S49 S50 parts of two ids put together are unknown',
    needs: ['inCookie'],
    async run(bench) {
      const ids = await Promise.all(
        ['ada', 'bob'].map((user) => createIn(bench.engine, record(bench, { user }))),
      )
      const [one = '', other = ''] = ids
      for (let at = 4; at < one.length; at++) {
        const mixed = one.slice(0, at) + other.slice(at)
        if (mixed !== one && mixed !== other) assert.equal((await bench.engine.load(mixed)).kind, 'missing')
      }
    },
  },
])
