import assert from 'node:assert/strict'
import { about, record } from '../../../src/lib/conformance/case.js'
import { createIn, newIn } from '../../../src/lib/conformance/drawing.js'
import { assertFound, assertUnknown } from '../../../src/lib/conformance/outcomes.js'
import type { EngineOptions } from '../../../src/lib/engines/registry.js'

const MINUTE = 60_000
const FIRST = 'a first secret that is long enough for its work'
const SECOND = 'a second secret that is long enough for its work'

/** What becomes of sessions where engines with different settings meet at one store, or in one browser. */
export const optionCases = about<Partial<EngineOptions>>('settings', [
  {
    title: 'R27 two applications with different prefixes see nothing of each other',
    needs: ['revocable', 'shared', 'keyPrefix'],
    async run(bench) {
      const other = await bench.another({ keyPrefix: 'other' })
      const id = await createIn(bench.engine, record(bench, {}, 10))
      assert.deepEqual(await other.load(id), { kind: 'missing' })
      assert.equal(await other.delete(id), 'missing')
      bench.now += MINUTE
      assert.equal(await other.clearExpired(10), 0)
      assert.equal(await bench.engine.clearExpired(10), 1)
    },
  },
  {
    title: 'S52 an id is good for the cookie name that it was made for, and no other',
    needs: ['inCookie'],
    async run(bench) {
      const other = await bench.another({ cookieName: 'other' })
      await assertUnknown(other, await createIn(bench.engine, record(bench)), bench)
      await assertUnknown(bench.engine, await createIn(other, record(bench)), bench)
    },
  },
  {
    title: 'S50 an id of the other codec is unknown, and of the same codec in another process known',
    needs: ['inCookie'],
    async run(bench) {
      const id = await createIn(bench.engine, record(bench, { n: 1 }))
      const sealed = await bench.another({ cookieCodec: 'sealed' })
      const signed = await bench.another({ cookieCodec: 'signed' })
      const kinds = (await Promise.all([sealed.load(id), signed.load(id)])).map(({ kind }) => kind)
      assert.deepEqual(kinds.sort(), ['found', 'missing'])
    },
  },
  {
    title:
      'S54 a fallback key still opens; what is written next is under the first key; a key that is gone opens nothing',
    needs: ['inCookie'],
    async run(bench) {
      const before = await bench.another({ secretKey: FIRST })
      const rotating = await bench.another({ secretKey: SECOND, secretKeyFallbacks: ['another one', FIRST] })
      const after = await bench.another({ secretKey: SECOND })
      const { id, version } = await newIn(before, record(bench, { n: 1 }))
      await assertFound(rotating, id, { n: 1 })
      await assertUnknown(after, id, bench)
      await assertUnknown(bench.engine, id, bench)

      const updated = await rotating.update(id, record(bench, { n: 2 }), version)
      assert.ok(updated.kind === 'updated')
      await assertFound(after, updated.id, { n: 2 })
      await assertUnknown(before, updated.id, bench)

      const touched = await rotating.touch(id, bench.now + 60_000)
      assert.ok(touched.kind === 'touched')
      await assertFound(after, touched.id, { n: 1 })
    },
  },
  {
    title: 'S25 S53 an id that a clock more than a minute ahead has made is unknown until then',
    needs: ['inCookie'],
    async run(bench) {
      const start = bench.now
      const id = await createIn(bench.engine, record(bench, { n: 1 }, 3600))
      bench.now = start - 60_000
      await assertFound(bench.engine, id, { n: 1 })
      bench.now -= 1
      await assertUnknown(bench.engine, id, bench)
    },
  },
])
