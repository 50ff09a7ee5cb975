import assert from 'node:assert/strict'
import type { Engine, Updated } from '../../src/engines/contract.js'
import { type Bench, type Case, isRevocable, record } from './case.js'

const MINUTE = 60_000

async function found(engine: Engine, id: string) {
  const loaded = await engine.load(id)
  assert.equal(loaded.kind, 'found')
  return loaded as Extract<typeof loaded, { kind: 'found' }>
}

function idOf(updated: Updated): string {
  assert.equal(updated.kind, 'updated')
  return (updated as Extract<Updated, { kind: 'updated' }>).id
}

/** What an engine must do, whatever it stores in. */
export const contractCases: readonly Case[] = [
  {
    title: 'what is created is found, with version 1',
    async run(bench) {
      const stored = { ...record(bench, { a: 1, nested: { b: [true, null, 'c'] } }), expiry: 60 }
      const id = await bench.engine.create(stored)
      assert.deepEqual(await bench.engine.load(id), { kind: 'found', record: stored, version: 1 })
    },
  },
  {
    title: 'what is loaded is a copy',
    async run(bench) {
      const data = { list: [1] }
      const id = await bench.engine.create(record(bench, data))
      data.list.push(2)
      const first = await found(bench.engine, id)
      ;(first.record.data.list as number[]).push(3)
      assert.deepEqual((await found(bench.engine, id)).record.data, { list: [1] })
    },
  },
  {
    title: 'every id is new, and written like the ids of this engine',
    async run(bench) {
      const ids = await Promise.all(Array.from({ length: 100 }, () => bench.engine.create(record(bench))))
      assert.equal(new Set(ids).size, 100)
      for (const id of ids) {
        if (isRevocable(bench)) assert.match(id, /^[a-z0-9]{32}$/)
        assert.ok(bench.engine.isId?.(id) ?? true)
      }
    },
  },
  {
    title: 'S04 malformed ids are missing',
    async run({ engine }) {
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
        assert.deepEqual(await engine.load(id), { kind: 'missing' })
        assert.deepEqual(await engine.update(id, record({ now: 0 } as Bench), 1), { kind: 'missing' })
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
      assert.deepEqual(await bench.engine.load(id), { kind: 'missing' })
      assert.deepEqual(await bench.engine.update(id, record(bench), 1), { kind: 'missing' })
      assert.deepEqual(await bench.engine.rotate(id, record(bench), 1), { kind: 'missing' })
      assert.deepEqual(await bench.engine.touch(id, bench.now + MINUTE), { kind: 'missing' })
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  {
    title: 'S06 a taken id is not overwritten by create',
    applies: isRevocable,
    async run(bench) {
      const taken = await bench.engine.create(record(bench, { mine: true }))
      bench.nextIds.push(taken, taken)
      const id = await bench.engine.create(record(bench, { other: true }))
      assert.notEqual(id, taken)
      assert.deepEqual((await found(bench.engine, taken)).record.data, { mine: true })
      assert.deepEqual((await found(bench.engine, id)).record.data, { other: true })
    },
  },
  {
    title: 'S06 creates that draw the same id at the same moment get two',
    applies: isRevocable,
    async run(bench) {
      const drawn = 'c'.repeat(32)
      bench.nextIds.push(drawn, drawn)
      const ids = await Promise.all([1, 2].map((n) => bench.engine.create(record(bench, { n }))))
      assert.equal(new Set(ids).size, 2)
      for (const [index, id] of ids.entries()) {
        assert.deepEqual((await found(bench.engine, id)).record.data, { n: index + 1 })
      }
    },
  },
  {
    title: 'S07 a taken id is not overwritten by rotate, and the session stays whole',
    applies: isRevocable,
    async run(bench) {
      const taken = await bench.engine.create(record(bench, { mine: true }))
      const id = await bench.engine.create(record(bench, { other: true }))
      bench.nextIds.push(taken)
      const rotated = idOf(await bench.engine.rotate(id, record(bench, { other: true }), 1))
      assert.notEqual(rotated, taken)
      assert.deepEqual((await found(bench.engine, taken)).record.data, { mine: true })
      assert.deepEqual((await found(bench.engine, rotated)).record.data, { other: true })
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
    },
  },
  {
    title: 'an update needs the version that was read',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 0 }))
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
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 0 }))
      const results = await Promise.all(
        Array.from({ length: 50 }, () => bench.engine.update(id, record(bench, { n: 1 }), 1)),
      )
      assert.equal(results.filter(({ kind }) => kind === 'updated').length, 1)
      assert.equal(results.filter(({ kind }) => kind === 'conflict').length, 49)
    },
  },
  {
    title: 'S69 of updates of an old and of the present version at the same moment one of the latter wins',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 0 }))
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
        Array.from({ length: 300 }, (_, n) => bench.engine.create(record(bench, { n }))),
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
      const id = await bench.engine.create(record(bench, { a: ':colon', b: ':base64:AA==' }))
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
  {
    title: 'S08 a rotate moves the session to a new id; the old one is dead at once',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench, { user: 'ada' }))
      const rotated = await bench.engine.rotate(id, record(bench, { user: 'ada' }), 1)
      const newId = idOf(rotated)
      assert.notEqual(newId, id)
      const loaded = await found(bench.engine, newId)
      assert.deepEqual(loaded.record.data, { user: 'ada' })
      assert.deepEqual(rotated, { kind: 'updated', id: newId, version: loaded.version })
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
      assert.deepEqual(await bench.engine.update(id, record(bench), 1), { kind: 'missing' })
      assert.deepEqual(await bench.engine.update(id, record(bench), 2), { kind: 'missing' })
      assert.deepEqual(await bench.engine.rotate(id, record(bench), 1), { kind: 'missing' })
      assert.deepEqual(await bench.engine.touch(id, bench.now + MINUTE), { kind: 'missing' })
      assert.equal(await bench.engine.delete(id), 'superseded')
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
    },
  },
  {
    title: 'the mark of a rotate lasts a minute',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench, {}, 600))
      idOf(await bench.engine.rotate(id, record(bench, {}, 600), 1))
      bench.now += MINUTE - 1
      assert.deepEqual(await bench.engine.load(id), { kind: 'superseded' })
      bench.now += 1
      assert.deepEqual(await bench.engine.load(id), { kind: 'missing' })
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  {
    title: 'a rotate needs the version that was read, and of two exactly one wins',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench))
      await bench.engine.update(id, record(bench, { n: 1 }), 1)
      assert.deepEqual(await bench.engine.rotate(id, record(bench), 1), { kind: 'conflict' })
      const both = await Promise.all([1, 2].map((n) => bench.engine.rotate(id, record(bench, { n }), 2)))
      assert.deepEqual(both.map(({ kind }) => kind).sort(), ['missing', 'updated'])
    },
  },
  {
    title: 'S26 what is deleted is missing, and deleting it again is no error',
    applies: isRevocable,
    async run(bench) {
      const id = await bench.engine.create(record(bench))
      assert.equal(await bench.engine.delete(id), 'deleted')
      assert.deepEqual(await bench.engine.load(id), { kind: 'missing' })
      assert.equal(await bench.engine.delete(id), 'missing')
    },
  },
  ...[-1, 0, 1].map(
    (offset): Case => ({
      title: `S15 at its end ${offset < 0 ? '-' : '+'} ${Math.abs(offset)} ms a session is ${offset < 0 ? 'alive' : 'over'} for everyone`,
      async run(bench) {
        const expires = bench.now + MINUTE
        const ids = await Promise.all(Array.from({ length: 5 }, () => bench.engine.create(record(bench))))
        bench.now = expires + offset
        const [a = '', b = '', c = '', d = ''] = ids
        const kinds = [
          (await bench.engine.load(a)).kind,
          (await bench.engine.update(b, record(bench), 1)).kind,
          (await bench.engine.rotate(c, record(bench), 1)).kind,
          (await bench.engine.touch(d, bench.now + MINUTE)).kind,
        ]
        const alive = ['found', 'updated', 'updated', 'touched']
        assert.deepEqual(kinds, offset < 0 ? alive : ['missing', 'missing', 'missing', 'missing'])
      },
    }),
  ),
  {
    title: 'R11 a record that is over when it is created is never found',
    async run(bench) {
      const id = await bench.engine.create(record(bench, {}, -1))
      assert.deepEqual(await bench.engine.load(id), { kind: 'missing' })
    },
  },
  {
    title: 'keys that JavaScript treats specially are plain keys',
    async run(bench) {
      const data = JSON.parse(
        '{"__proto__":{"polluted":true},"constructor":1,"_x":2,"":3,"a,":"b","k:":":v"}',
      )
      const id = await bench.engine.create(record(bench, data))
      const loaded = await found(bench.engine, id)
      assert.deepEqual(Object.entries(loaded.record.data), Object.entries(data))
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    },
  },
  {
    title: 'any text comes back as it was',
    async run(bench) {
      const data = {
        text: 'é😀\u0000\u007f\u2028\ud800</script>"\\\n',
        colon: ':',
        empty: '',
        long: 'x'.repeat(isRevocable(bench) ? 100_000 : 1000),
      }
      const id = await bench.engine.create(record(bench, data))
      assert.deepEqual((await found(bench.engine, id)).record.data, data)
    },
  },
]
