import assert from 'node:assert/strict'
import { type Case, record } from './case.js'
import { assertFound, assertUnknown, MISSING } from './outcomes.js'

const FIRST = 'a first secret that is long enough for its work'
const SECOND = 'a second secret that is long enough for its work'

/** Whose ids an engine must refuse, and whose not, where the id itself is all that it has to go by. */
export const forgeryCases: readonly Case[] = [
  {
    title: 'S49 S51 an id with any one character changed, added or taken away is unknown',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { user: 'ada' }))
      for (let at = 0; at < id.length; at++) {
        const [before, here, after] = [id.slice(0, at), id.charAt(at), id.slice(at + 1)]
        // The neighbour in the alphabet differs in the lowest bit only, which decoding may not look at.
        for (const other of [
          here === 'A' ? 'B' : 'A',
          String.fromCharCode(here.charCodeAt(0) ^ 1),
          '.',
          '',
        ]) {
          if (other !== here) assert.deepEqual(await bench.engine.load(before + other + after), MISSING)
        }
        assert.deepEqual(await bench.engine.load(`${before}A${here}${after}`), MISSING)
      }
      for (const end of ['A', '=', '.', '\n', ' '])
        assert.deepEqual(await bench.engine.load(id + end), MISSING)
    },
  },
  {
    title: 'an id that is cut off anywhere is unknown',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { user: 'ada' }))
      for (let length = 0; length < id.length; length++) {
        assert.deepEqual(await bench.engine.load(id.slice(0, length)), MISSING)
        assert.deepEqual(await bench.engine.load(id.slice(-length - 1, -1)), MISSING)
      }
    },
  },
  {
    title: 'parts of two ids put together are unknown',
    async run(bench) {
      const ids = await Promise.all(
        ['ada', 'bob'].map((user) => bench.engine.create(record(bench, { user }))),
      )
      const [one = '', other = ''] = ids
      for (let at = 4; at < one.length; at++) {
        const mixed = one.slice(0, at) + other.slice(at)
        if (mixed !== one && mixed !== other) assert.deepEqual(await bench.engine.load(mixed), MISSING)
      }
    },
  },
  {
    title: 'S52 an id is good for the cookie name that it was made for, and no other',
    async run(bench) {
      const other = await bench.another({ cookieName: 'other' })
      await assertUnknown(other, await bench.engine.create(record(bench)), bench)
      await assertUnknown(bench.engine, await other.create(record(bench)), bench)
    },
  },
  {
    title: 'S50 an id of the other codec is unknown, and of the same codec in another process known',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 1 }))
      const sealed = await bench.another({ cookieCodec: 'sealed' })
      const signed = await bench.another({ cookieCodec: 'signed' })
      const kinds = (await Promise.all([sealed.load(id), signed.load(id)])).map(({ kind }) => kind)
      assert.deepEqual(kinds.sort(), ['found', 'missing'])
    },
  },
  {
    title:
      'S54 a fallback key still opens; what is written next is under the first key; a key that is gone opens nothing',
    async run(bench) {
      const before = await bench.another({ secretKey: FIRST })
      const rotating = await bench.another({ secretKey: SECOND, secretKeyFallbacks: ['another one', FIRST] })
      const after = await bench.another({ secretKey: SECOND })
      const id = await before.create(record(bench, { n: 1 }))
      await assertFound(rotating, id, { n: 1 })
      await assertUnknown(after, id, bench)
      await assertUnknown(bench.engine, id, bench)

      const updated = await rotating.update(id, record(bench, { n: 2 }), 1)
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
    async run(bench) {
      const start = bench.now
      const id = await bench.engine.create(record(bench, { n: 1 }, 3600))
      bench.now = start - 60_000
      await assertFound(bench.engine, id, { n: 1 })
      bench.now -= 1
      await assertUnknown(bench.engine, id, bench)
    },
  },
]
