import assert from 'node:assert/strict'
import { CookieTooLarge } from '../../src/engines/errors.js'
import { type Bench, type Case, isRevocable, record } from './case.js'
import { forgeryCases } from './forgery-cases.js'
import { assertFound, assertUnknown } from './outcomes.js'

const LIMIT = 4096
const NAME = 'sessionid'
const WRITTEN = /^[\w.-]+$/

/** The longest text that a session can hold, and the id of that session. */
async function largest(bench: Bench): Promise<{ length: number; id: string }> {
  let length = 2000
  let id = await bench.engine.create(record(bench, { text: 'x'.repeat(length) }))
  for (;;) {
    try {
      id = await bench.engine.create(record(bench, { text: 'x'.repeat(length + 1) }))
      length++
    } catch (error) {
      assert.ok(error instanceof CookieTooLarge)
      return { length, id }
    }
  }
}

const keepingNothing: readonly Case[] = [
  {
    title: 'the start warns that sessions cannot be revoked',
    async run({ warnings }) {
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /cannot be revoked/)
    },
  },
  {
    title: 'S42 ids are cookie-octets, and need no encoding',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { text: 'é😀;, "\\\r\n\0' }))
      assert.match(id, WRITTEN)
      assert.equal(encodeURIComponent(id), id)
    },
  },
  {
    title: 'update, touch and rotate each answer a new id, with version 1',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 0 }))
      const updated = await bench.engine.update(id, record(bench, { n: 0 }), 1)
      const rotated = await bench.engine.rotate(id, record(bench, { n: 0 }), 1)
      const touched = await bench.engine.touch(id, bench.now + 60_000)
      assert.ok(updated.kind === 'updated' && rotated.kind === 'updated' && touched.kind === 'touched')
      assert.deepEqual([updated.version, rotated.version], [1, 1])
      assert.equal(new Set([id, updated.id, rotated.id, touched.id]).size, 4)
      for (const each of [updated.id, rotated.id, touched.id]) await assertFound(bench.engine, each, { n: 0 })
    },
  },
  {
    title: 'of two writers both are updated: the cookie that arrives last stands',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 0 }))
      for (const n of [1, 2]) {
        const updated = await bench.engine.update(id, record(bench, { n }), 1)
        assert.ok(updated.kind === 'updated')
        await assertFound(bench.engine, updated.id, { n })
      }
    },
  },
  {
    title:
      'S58 replay is accepted: what was written over, rotated away or deleted is still good until it expires',
    async run(bench) {
      const id = await bench.engine.create(record(bench, { user: 'ada' }))
      await bench.engine.update(id, record(bench, {}), 1)
      await bench.engine.rotate(id, record(bench, {}), 1)
      assert.equal(await bench.engine.delete(id), 'deleted')
      await assertFound(bench.engine, id, { user: 'ada' })
      bench.now += 60_000
      await assertUnknown(bench.engine, id, bench)
    },
  },
  {
    title: "S53 a touch's end counts, and the old id keeps its own",
    async run(bench) {
      const id = await bench.engine.create(record(bench, { n: 1 }, 60))
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
    title: `S41 a session fills up to ${LIMIT} bytes of name and value, and what is larger is a clear error`,
    async run(bench) {
      const { length, id } = await largest(bench)
      const size = NAME.length + id.length
      assert.ok(size <= LIMIT && size >= LIMIT - 2, `${size}`)
      await assertFound(bench.engine, id, { text: 'x'.repeat(length) })
      const small = await bench.engine.create(record(bench))
      const tooLarge = record(bench, { text: 'x'.repeat(length + 1) })
      const writes = [
        () => bench.engine.create(tooLarge),
        () => bench.engine.update(small, tooLarge, 1),
        () => bench.engine.rotate(small, tooLarge, 1),
      ]
      for (const write of writes) {
        await assert.rejects(write, (error) => {
          assert.ok(error instanceof CookieTooLarge)
          assert.equal(error.code, 'E_COOKIE_TOO_LARGE')
          assert.equal(error.status, 500)
          assert.ok(error.size > LIMIT && error.size <= LIMIT + 3)
          assert.match(error.message, new RegExp(`${error.size} bytes.*${LIMIT}.*Keep less`))
          return true
        })
      }
    },
  },
  {
    title: 'S59 what is longer than any cookie is no id',
    async run(bench) {
      const { id } = await largest(bench)
      assert.equal(bench.engine.isId?.(id), true)
      const long = id.replace(/(.{10})$/, `${'A'.repeat(10)}$1`)
      assert.equal(bench.engine.isId?.(long), false)
      await assertUnknown(bench.engine, long, bench)
    },
  },
  {
    title: 'there is nothing to clear',
    async run(bench) {
      await bench.engine.create(record(bench, {}, 1))
      bench.now += 60_000
      assert.equal(await bench.engine.clearExpired(10), 0)
    },
  },
]

/** What an engine must do that keeps nothing: the cookie is the session. */
export const clientSideCases: readonly Case[] = [...keepingNothing, ...forgeryCases].map((one) => ({
  ...one,
  applies: (bench) => !isRevocable(bench),
}))
