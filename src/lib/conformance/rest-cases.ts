import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { Bench } from './bench.js'
import { about, record, settle } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'

/** What the store holds, and what becomes of it when something else writes there. */
export const restCases = about('at rest', [
  {
    title: 'S05 the store holds the SHA-256 of an id and never the id',
    needs: ['dump', 'hashedIds'],
    async run(bench) {
      const { id, version } = await newIn(bench.engine, record(bench, { user: 'ada' }))
      const rotated = await rotateIn(bench.engine, id, record(bench, { user: 'ada' }), version)
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
  {
    title: 'S05 who looks at what is stored sees no id',
    needs: ['inspect', 'hashedIds'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { user: 'ada' }))
      const stored = await bench.engine.inspect?.(id)
      assert.ok(stored?.text, 'nothing is shown')
      assert.ok(!JSON.stringify(stored).includes(id), 'an id is shown')
      assert.equal(await bench.engine.inspect?.(bench.unknownId), undefined)
      assert.equal(await bench.engine.inspect?.('../../etc/passwd'), undefined)
    },
  },
  ...[
    ['that is truncated', '{"value":{"version":1,"createdAt":1,"da'],
    ['that is no JSON', '\u0001\u0002garbage'],
    ['that is empty', ''],
    ['that is null', 'null'],
    ['of something else', '{"value":"hello","expires":null}'],
    ['without a version', '{"value":{"createdAt":1,"data":{}},"expires":9e15}'],
    ['with data that is a list', '{"value":{"version":1,"createdAt":1,"data":[]},"expires":9e15}'],
    [
      'with an expiry that is no expiry',
      '{"value":{"version":1,"createdAt":1,"expiry":"soon","data":{}},"expires":9e15}',
    ],
  ].map(([what = '', text = '']) => ({
    title: `R20 a record ${what} reads as missing, is logged, and hurts nobody else`,
    needs: ['damage'] as const,
    async run(bench: Bench) {
      const { id, version } = await newIn(bench.engine, record(bench))
      const neighbour = await newIn(bench.engine, record(bench, { fine: true }))
      const before = bench.warnings.length
      await bench.damage?.(id, text)
      settle(bench)
      const [damaged, whole] = await Promise.all([bench.engine.load(id), bench.engine.load(neighbour.id)])
      assert.equal(damaged.kind, 'missing')
      assert.equal(whole.kind, 'found')
      const warnings = bench.warnings.slice(before)
      assert.equal(warnings.length, 1)
      assert.ok(!warnings[0]?.includes(id), 'the log holds an id (S12)')
      const [, updated] = await Promise.all([
        bench.engine.update(id, record(bench), version),
        bench.engine.update(neighbour.id, record(bench), neighbour.version),
      ])
      assert.equal(updated.kind, 'updated')
      assert.equal(await bench.engine.clearExpired(10), 0)
    },
  })),
])
