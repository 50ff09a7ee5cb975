import assert from 'node:assert/strict'
import type { Bench } from '../../../src/lib/conformance/bench.js'
import { about, record, settle } from '../../../src/lib/conformance/case.js'
import { createIn, newIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { assertFound, assertUnknown } from '../../../src/lib/conformance/outcomes.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'

const FIRST = { codec: 'sealed', secretKey: 'a first secret that is long enough for its work' } as const
const SECOND = { codec: 'sealed', secretKey: 'a second secret that is long enough for its work' } as const
const ROTATING = { ...SECOND, secretKeyFallbacks: [FIRST.secretKey] }

async function textUnder({ engine }: Pick<Bench, 'engine'>, id: string): Promise<string> {
  return (await engine.inspect?.(id))?.text ?? ''
}

/** What `CODEC` decides. */
export const atRestCases = about<Partial<EngineOptions>>('sealed at rest', [
  {
    title: 'what is stored is the record with CODEC=json, and with CODEC=sealed neither data nor times of it',
    needs: ['revocable', 'shared', 'codec', 'dump'],
    async run(bench) {
      const plain = await bench.another({ codec: 'json' })
      await createIn(plain, record(bench, { user: 'ada' }))
      assert.match((await bench.dump?.()) ?? '', /ada/)
      const sealed = await bench.another(FIRST)
      const { id, version } = await newIn(sealed, record(bench, { user: 'grace' }))
      await sealed.update(id, record(bench, { user: 'grace', cart: 'lovelace' }), version)
      await assertFound(sealed, id, { user: 'grace', cart: 'lovelace' })
      assert.doesNotMatch((await bench.dump?.()) ?? '', /grace|lovelace|cart/)
    },
  },
  {
    title: 'S52 sealed records that were swapped are both missing, and logged once each',
    needs: ['revocable', 'shared', 'codec', 'damage', 'inspect'],
    async run(bench) {
      const engine = await bench.another(FIRST)
      const [ada, mallory] = [
        await createIn(engine, record(bench, { user: 'ada' })),
        await createIn(engine, record(bench, { user: 'mallory' })),
      ]
      const [hers, his] = [await textUnder({ engine }, ada), await textUnder({ engine }, mallory)]
      await bench.damage?.(ada, his)
      await bench.damage?.(mallory, hers)
      settle(bench)
      assert.equal((await engine.load(ada)).kind, 'missing')
      assert.equal((await engine.load(mallory)).kind, 'missing')
      assert.equal(bench.warnings.length, 2)
      await bench.damage?.(ada, hers)
      settle(bench)
      await assertFound(engine, ada, { user: 'ada' })
    },
  },
  {
    title: 'S50 a sealed record with another version is missing; its end, which a touch moves, is not sealed',
    needs: ['revocable', 'shared', 'codec', 'damage', 'inspect'],
    async run(bench) {
      const engine = await bench.another(FIRST)
      const { id, version } = await newIn(engine, record(bench, { user: 'ada' }))
      const text = await textUnder({ engine }, id)
      await bench.damage?.(id, text.replace('"version":1', '"version":2'))
      settle(bench)
      assert.equal((await engine.load(id)).kind, 'missing')
      await bench.damage?.(id, text)
      settle(bench)
      const expires = bench.now + 120_000
      assert.equal((await engine.touch(id, expires)).kind, 'touched')
      const touched = await engine.load(id)
      assert.ok(touched.kind === 'found')
      assert.deepEqual([touched.record.expires, touched.version], [expires, version])
    },
  },
  {
    title:
      'S50 what was not sealed is missing to an engine that seals, and what was sealed to one that does not',
    needs: ['revocable', 'shared', 'codec'],
    async run(bench) {
      const plain = await bench.another({ codec: 'json' })
      const sealed = await bench.another(FIRST)
      const ids = [await createIn(plain, record(bench)), await createIn(sealed, record(bench))] as const
      assert.equal((await sealed.load(ids[0])).kind, 'missing')
      assert.equal((await plain.load(ids[1])).kind, 'missing')
      assert.equal(bench.warnings.length, 2)
      assert.deepEqual(await Promise.all(ids.map((id) => sealed.delete(id))), ['missing', 'deleted'])
      assert.equal(await plain.delete(ids[0]), 'missing', 'what nobody can read is gone all the same')
    },
  },
  {
    title: 'S54 a record under an earlier key is read, sealed anew when it is written, and gone with its key',
    needs: ['revocable', 'shared', 'codec'],
    async run(bench) {
      const before = await bench.another(FIRST)
      const rotating = await bench.another(ROTATING)
      const { id, version } = await newIn(before, record(bench, { n: 1 }))
      const kept = await createIn(before, record(bench, { n: 1 }))
      await assertFound(rotating, id, { n: 1 })
      assert.equal((await rotating.touch(id, bench.now + 90_000)).kind, 'touched')
      assert.equal((await rotating.update(id, record(bench, { n: 2 }), version)).kind, 'updated')
      settle(bench)
      const after = await bench.another(SECOND)
      await assertFound(after, id, { n: 2 })
      assert.equal((await after.load(kept)).kind, 'missing')
      assert.equal((await before.load(id)).kind, 'missing')
    },
  },
  {
    title: 'whoever seals sweeps what whoever does not has left, and the other way round',
    needs: ['revocable', 'shared', 'codec'],
    async run(bench) {
      const plain = await bench.another({ codec: 'json' })
      const sealed = await bench.another(FIRST)
      for (const engine of [plain, sealed]) {
        await createIn(plain, record(bench, {}, 1))
        await createIn(sealed, record(bench, {}, 1))
        bench.now += 1000
        assert.equal(await engine.clearExpired(10), 2)
      }
    },
  },
  {
    title: 'the tombstone of a rotation reads as such, whoever left it',
    needs: ['revocable', 'shared', 'codec'],
    async run(bench) {
      const sealed = await bench.another(FIRST)
      const { id, version } = await newIn(sealed, record(bench, { n: 1 }))
      const rotated = await rotateIn(sealed, id, record(bench, { n: 2 }), version)
      assert.ok(rotated.kind === 'updated')
      await assertFound(sealed, rotated.id, { n: 2 })
      const after = await bench.another(SECOND)
      assert.equal((await after.load(id)).kind, 'superseded')
      assert.equal(await after.delete(id), 'superseded')
      await assertUnknown(sealed, bench.unknownId, bench)
    },
  },
])
