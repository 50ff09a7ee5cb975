import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { type Case, isRevocable, record, settle } from './case.js'

const MINUTE = 60_000

/** What becomes of records in the long run: sweeping, damage, other applications, other processes. */
export const keepingCases: readonly Case[] = [
  {
    title: 'clearExpired removes what is over, marks too, and nothing else',
    applies: isRevocable,
    async run(bench) {
      const brief = await Promise.all(
        Array.from({ length: 7 }, () => bench.engine.create(record(bench, {}, 10))),
      )
      const lasting = await bench.engine.create(record(bench, {}, 3600))
      const rotated = await bench.engine.rotate(lasting, record(bench, { kept: true }, 3600), 1)
      assert.equal(await bench.engine.clearExpired(100), 0)
      bench.now += MINUTE
      assert.equal(await bench.engine.clearExpired(5), 5)
      assert.equal(await bench.engine.clearExpired(100), brief.length + 1 - 5)
      assert.equal(await bench.engine.clearExpired(100), 0)
      assert.ok(rotated.kind === 'updated')
      assert.equal((await bench.engine.load(rotated.id)).kind, 'found')
    },
  },
  {
    title: 'R26 clearExpired leaves what is extended at the same moment',
    applies: isRevocable,
    async run(bench) {
      const ids = await Promise.all(
        Array.from({ length: 50 }, () => bench.engine.create(record(bench, {}, 10))),
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
  {
    title: 'S05 the store holds the SHA-256 of an id and never the id',
    applies: ({ dump }) => dump !== undefined,
    async run(bench) {
      const id = await bench.engine.create(record(bench, { user: 'ada' }))
      const rotated = await bench.engine.rotate(id, record(bench, { user: 'ada' }), 1)
      assert.ok(rotated.kind === 'updated')
      const dump = (await bench.dump?.()) ?? ''
      for (const each of [id, rotated.id]) {
        assert.ok(!dump.includes(each), 'the store holds an id')
        assert.ok(
          dump.includes(createHash('sha256').update(each).digest('hex')),
          'the store holds no hash of it',
        )
      }
    },
  },
  ...[
    ['truncated', '{"value":{"version":1,"createdAt":1,"da'],
    ['not JSON', '\u0001\u0002garbage'],
    ['empty', ''],
    ['null', 'null'],
    ['foreign', '{"value":"hello","expires":null}'],
    ['without a version', '{"value":{"createdAt":1,"data":{}},"expires":9e15}'],
    ['with data that is a list', '{"value":{"version":1,"createdAt":1,"data":[]},"expires":9e15}'],
    [
      'with an expiry that is no expiry',
      '{"value":{"version":1,"createdAt":1,"expiry":"soon","data":{}},"expires":9e15}',
    ],
  ].map(
    ([what = '', text = '']): Case => ({
      title: `R20 a record that is ${what} reads as missing, is logged, and hurts nobody else`,
      applies: ({ damage }) => damage !== undefined,
      async run(bench) {
        const id = await bench.engine.create(record(bench))
        const neighbour = await bench.engine.create(record(bench, { fine: true }))
        await bench.damage?.(id, text)
        settle(bench)
        const [damaged, whole] = await Promise.all([bench.engine.load(id), bench.engine.load(neighbour)])
        assert.deepEqual(damaged, { kind: 'missing' })
        assert.equal(whole.kind, 'found')
        assert.equal(bench.warnings.length, 1)
        assert.ok(!bench.warnings[0]?.includes(id), 'the log holds an id (S12)')
        const [, updated] = await Promise.all([
          bench.engine.update(id, record(bench), 1),
          bench.engine.update(neighbour, record(bench), 1),
        ])
        assert.equal(updated.kind, 'updated')
        assert.equal(await bench.engine.clearExpired(10), 0)
      },
    }),
  ),
  {
    title: 'R27 two applications with different prefixes see nothing of each other',
    applies: (bench) => isRevocable(bench) && bench.engine.capabilities.shared,
    async run(bench) {
      const other = await bench.another({ keyPrefix: 'other' })
      const id = await bench.engine.create(record(bench, {}, 10))
      assert.deepEqual(await other.load(id), { kind: 'missing' })
      assert.equal(await other.delete(id), 'missing')
      bench.now += MINUTE
      assert.equal(await other.clearExpired(10), 0)
      assert.equal(await bench.engine.clearExpired(10), 1)
    },
  },
  {
    title: 'what one process writes, another reads, and of their updates exactly one wins',
    applies: (bench) => isRevocable(bench) && bench.engine.capabilities.shared,
    async run(bench) {
      const other = await bench.another()
      const id = await bench.engine.create(record(bench, { n: 0 }))
      for (let version = 1; version <= 20; version++) {
        const both = await Promise.all([
          bench.engine.update(id, record(bench, { n: version }), version),
          other.update(id, record(bench, { n: version }), version),
        ])
        assert.deepEqual(both.map(({ kind }) => kind).sort(), ['conflict', 'updated'])
      }
      settle(bench)
      assert.deepEqual(await bench.engine.load(id), await other.load(id))
      assert.equal(await other.delete(id), 'deleted')
      settle(bench)
      assert.deepEqual(await bench.engine.load(id), { kind: 'missing' })
    },
  },
  {
    title: 'R26 a lease is given to one process at a time, and again when it has lapsed',
    applies: ({ engine }) => engine.capabilities.shared && engine.lease !== undefined,
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
]
