import assert from 'node:assert/strict'
import { about, isOursAlone, isRevocable, record } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'
import { assertUnknown, found, idOf } from './outcomes.js'

/** Which ids there are, and that none is given out twice. */
export const idCases = about('ids', [
  {
    title: 'every id is new, and written like the ids of this engine',
    async run(bench) {
      const ids = await Promise.all(Array.from({ length: 100 }, () => createIn(bench.engine, record(bench))))
      assert.equal(new Set(ids).size, 100)
      for (const id of ids) {
        if (isRevocable(bench)) assert.match(id, /^[a-z0-9]{32}$/)
        assert.ok(bench.engine.isId?.(id) ?? true)
      }
    },
  },
  {
    title: 'S42 ids are cookie-octets, and need no encoding',
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { text: 'é😀;, "\\\r\n\0' }))
      assert.match(id, /^[\w.-]+$/)
      assert.equal(encodeURIComponent(id), id)
    },
  },
  {
    title: 'S04 malformed ids are missing',
    async run(bench) {
      const { engine } = bench
      const { version } = await newIn(engine, record(bench))
      const malformed = [
        '',
        'abc',
        '../../etc/passwd',
        'a\0b',
        'A'.repeat(32),
        'é'.repeat(32),
        'a'.repeat(65_536),
        '__proto__',
      ]
      for (const id of malformed) {
        assert.equal(engine.isId?.(id) ?? false, false, id.slice(0, 40))
        assert.equal((await engine.load(id)).kind, 'missing')
        assert.deepEqual(await engine.update(id, record(bench), version), { kind: 'missing' })
        assert.deepEqual(await engine.touch(id, 1), { kind: 'missing' })
        assert.equal(await engine.delete(id), 'missing')
      }
    },
  },
  {
    title: 'an id that was never issued is missing for everyone',
    async run(bench) {
      const id = bench.unknownId
      assert.ok(bench.engine.isId?.(id) ?? true)
      await assertUnknown(bench.engine, id, bench)
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  {
    title: 'S06 a taken id is not overwritten by create',
    needs: ['revocable'],
    async run(bench) {
      const taken = await createIn(bench.engine, record(bench, { mine: true }), bench.draw)
      bench.nextIds.push(taken, taken)
      const id = await createIn(bench.engine, record(bench, { other: true }), bench.draw)
      assert.notEqual(id, taken)
      assert.deepEqual((await found(bench.engine, taken)).record.data, { mine: true })
      assert.deepEqual((await found(bench.engine, id)).record.data, { other: true })
    },
  },
  {
    title: 'S06 creates that draw the same id at the same moment get two',
    needs: ['revocable'],
    async run(bench) {
      const drawn = 'c'.repeat(32)
      bench.nextIds.push(drawn, drawn)
      const ids = await Promise.all(
        [1, 2].map((n) => createIn(bench.engine, record(bench, { n }), bench.draw)),
      )
      assert.equal(new Set(ids).size, 2)
      for (const [index, id] of ids.entries()) {
        assert.deepEqual((await found(bench.engine, id)).record.data, { n: index + 1 })
      }
    },
  },
  {
    title: 'S07 a taken id is not overwritten by rotate, and the session stays whole',
    needs: ['revocable'],
    async run(bench) {
      // They begin alike: an engine that keeps an id's beginning when it rotates must come upon the other one too.
      bench.nextIds.push(`same${'t'.repeat(28)}`, `same${'i'.repeat(28)}`)
      const taken = await createIn(bench.engine, record(bench, { mine: true }), bench.draw)
      const { id, version } = await newIn(bench.engine, record(bench, { other: true }), bench.draw)
      bench.nextIds.push(taken)
      const rotated = idOf(
        await rotateIn(bench.engine, id, record(bench, { other: true }), version, { draw: bench.draw }),
      )
      assert.notEqual(rotated, taken)
      assert.deepEqual((await found(bench.engine, taken)).record.data, { mine: true })
      assert.deepEqual((await found(bench.engine, rotated)).record.data, { other: true })
      assert.deepEqual(await bench.engine.load(id), { kind: isOursAlone(bench) ? 'superseded' : 'missing' })
    },
  },
])
