import assert from 'node:assert/strict'
import type { Bench } from '../../../src/lib/conformance/bench.js'
import { about, record } from '../../../src/lib/conformance/case.js'
import { createIn, newIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { assertFound, assertUnknown } from '../../../src/lib/conformance/outcomes.js'
import { CookieTooLarge } from '../../../src/lib/engines/errors.js'

const LIMIT = 4096
const NAME = 'sessionid'

/** The longest text that a session can hold, and the id of that session. */
async function largest(bench: Bench): Promise<{ length: number; id: string }> {
  let length = 2000
  let id = await createIn(bench.engine, record(bench, { text: 'x'.repeat(length) }))
  for (;;) {
    try {
      id = await createIn(bench.engine, record(bench, { text: 'x'.repeat(length + 1) }))
      length++
    } catch (error) {
      assert.ok(error instanceof CookieTooLarge)
      return { length, id }
    }
  }
}

/** What `signed_cookies` says at the start, and how much a cookie of it holds. */
export const limitCases = about('in the cookie', [
  {
    title: 'the start warns that sessions cannot be revoked',
    needs: ['inCookie'],
    async run({ warnings }) {
      assert.equal(warnings.length, 1)
      assert.match(warnings[0] ?? '', /cannot be revoked/)
    },
  },
  {
    title: `S41 a session fills up to ${LIMIT} bytes of name and value, and what is larger is a clear error`,
    needs: ['inCookie'],
    async run(bench) {
      const { length, id } = await largest(bench)
      const size = NAME.length + id.length
      assert.ok(size <= LIMIT && size >= LIMIT - 2, `${size}`)
      await assertFound(bench.engine, id, { text: 'x'.repeat(length) })
      const { id: small, version } = await newIn(bench.engine, record(bench))
      const tooLarge = record(bench, { text: 'x'.repeat(length + 1) })
      const writes = [
        () => createIn(bench.engine, tooLarge),
        () => bench.engine.update(small, tooLarge, version),
        () => rotateIn(bench.engine, small, tooLarge, version),
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
    needs: ['inCookie'],
    async run(bench) {
      const { id } = await largest(bench)
      assert.equal(bench.engine.isId?.(id), true)
      const long = id.replace(/(.{10})$/, `${'A'.repeat(10)}$1`)
      assert.equal(bench.engine.isId?.(long), false)
      await assertUnknown(bench.engine, long, bench)
    },
  },
])
