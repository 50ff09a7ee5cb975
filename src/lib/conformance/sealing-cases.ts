import assert from 'node:assert/strict'
import type { Codec } from '../codecs/codec.js'
import { fromKeyvText, jsonCodec } from '../codecs/json-codec.js'
import { isObject } from '../codecs/record.js'
import type { Engine } from '../engines/engine.js'
import { about, record, settle } from './case.js'
import { createIn, newIn, rotateIn } from './drawing.js'
import { assertFound, found, succeeded } from './outcomes.js'

/** What must not be readable at rest. */
const SECRET = 'lovelace'

/**
 * Writes as `CODEC=sealed` does, without a secret: version and end stay readable, all else is in base64, together with
 * the key that the text was written for. A text that was written for another key is none.
 */
const covering: Codec = {
  encode(entry, key) {
    const cover = Buffer.from(JSON.stringify([key, jsonCodec.encode(entry)])).toString('base64url')
    return entry.kind === 'superseded'
      ? `{"value":{"superseded":true,"sealed":"${cover}"},"expires":${entry.expires}}`
      : `{"value":{"version":${entry.version},"sealed":"${cover}"},"expires":${entry.record.expires}}`
  },

  decode(text, key) {
    try {
      const outer = fromKeyvText(text)
      const value = isObject(outer) ? outer.value : undefined
      if (!isObject(value) || typeof value.sealed !== 'string') return undefined
      const [writtenFor, inner] = JSON.parse(Buffer.from(value.sealed, 'base64url').toString())
      return writtenFor === key ? jsonCodec.decode(inner) : undefined
    } catch {
      return undefined
    }
  },
}

async function assertCovered(engine: Engine, id: string): Promise<void> {
  const stored = await engine.inspect?.(id)
  assert.ok(stored, 'nothing is stored')
  assert.ok(!stored.text.includes(SECRET), 'the engine stores what the codec among its tools did not write')
  assert.ok(
    covering.decode(stored.text, stored.key),
    'the text was written for another key than it stands under',
  )
}

/** What an engine does with the codec among its tools, which `CODEC=sealed` decides on. */
export const sealingCases = about('sealing', [
  {
    title: 'whatever is stored is written by the codec among the tools, for the key that it stands under',
    needs: ['revocable', 'inspect', 'codec'],
    async run(bench) {
      const engine = await bench.withCodec(covering)
      const data = { name: SECRET }
      const created = await newIn(engine, record(bench, data))
      await assertCovered(engine, created.id)
      const updated = succeeded(await engine.update(created.id, record(bench, data), created.version))
      assert.equal((await engine.touch(created.id, bench.now + 90_000)).kind, 'touched')
      await assertCovered(engine, created.id)
      assert.equal((await found(engine, created.id)).record.expires, bench.now + 90_000)

      const renewal = { ...record(bench, data), renewal: { since: bench.now, until: bench.now + 10_000 } }
      const rotated = succeeded(
        await rotateIn(engine, created.id, renewal, updated.version, { isRenewal: true }),
      )
      await assertCovered(engine, created.id)
      await assertCovered(engine, rotated.id)
      await assertFound(engine, rotated.id, data)
      await assertFound(engine, created.id, data)
      assert.equal(bench.warnings.length, 0, 'the engine could not read what it had stored')
    },
  },
  {
    title: 'a list is written by the codec too',
    needs: ['index'],
    async run(bench) {
      const { index } = await bench.withCodec(covering)
      assert.ok(index)
      const expires = bench.now + 60_000
      assert.equal(await index.write('a list', { name: SECRET }, expires, undefined), true)
      const held = await index.read('a list')
      assert.deepEqual(held?.list, { name: SECRET })
      assert.equal(await index.write('a list', { name: [SECRET] }, expires, held?.version), true)
      assert.ok(!(await bench.dump?.())?.includes(SECRET), 'a list can be read in the store')
    },
  },
  {
    title: 'S52 a text that stands under another key than it was written for is missing',
    needs: ['revocable', 'inspect', 'damage', 'codec'],
    async run(bench) {
      const engine = await bench.withCodec(covering)
      const [one, other] = [await createIn(engine, record(bench)), await createIn(engine, record(bench))]
      await bench.damage?.(other, (await engine.inspect?.(one))?.text ?? '')
      settle(bench)
      assert.equal((await engine.load(one)).kind, 'found')
      assert.equal((await engine.load(other)).kind, 'missing', 'a copied text is a session')
    },
  },
  {
    title: 'R26 whoever seals and whoever does not give each other the lease',
    needs: ['revocable', 'shared', 'lease'],
    async run(bench) {
      const sealing = await bench.withCodec(covering)
      for (const engine of [bench.engine, sealing, bench.engine]) {
        assert.equal(await engine.lease?.('sweep', 10_000), true)
        for (const other of [bench.engine, sealing]) assert.equal(await other.lease?.('sweep', 10_000), false)
        bench.now += 10_000
        settle(bench)
      }
    },
  },
])
