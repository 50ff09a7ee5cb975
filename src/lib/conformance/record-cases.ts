import assert from 'node:assert/strict'
import { about, isOursAlone, isRevocable, record } from './case.js'
import { createIn, newIn } from './drawing.js'
import { found } from './outcomes.js'

/** What goes into the store comes out as it was. */
export const recordCases = about('records', [
  {
    title: 'what is created is found, with the version that `create` answered',
    async run(bench) {
      const stored = { ...record(bench, { a: 1, nested: { b: [true, null, 'c'] } }), expiry: 60 }
      const { id, version } = await newIn(bench.engine, stored)
      // Django signs a session with the second of its last change, and keeps no other beginning of it.
      const createdAt = isOursAlone(bench) ? stored.createdAt : Math.floor(stored.createdAt / 1000) * 1000
      assert.deepEqual(await bench.engine.load(id), {
        kind: 'found',
        record: { ...stored, createdAt },
        version,
      })
    },
  },
  {
    title: 'what is loaded is a copy',
    async run(bench) {
      const data = { list: [1] }
      const id = await createIn(bench.engine, record(bench, data))
      data.list.push(2)
      // What somebody else reads who leaves it as it is may be kept, and is not handed to this one.
      await bench.engine.load(id, true)
      const first = await found(bench.engine, id)
      ;(first.record.data.list as number[]).push(3)
      assert.deepEqual((await found(bench.engine, id)).record.data, { list: [1] })
      const readOnly = await bench.engine.load(id, true)
      assert.deepEqual(readOnly.kind === 'found' && readOnly.record.data, { list: [1] })
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
      const id = await createIn(bench.engine, record(bench, data))
      assert.deepEqual((await found(bench.engine, id)).record.data, data)
    },
  },
  {
    title: 'keys that JavaScript treats specially are plain keys',
    async run(bench) {
      const data = JSON.parse(
        '{"__proto__":{"polluted":true},"constructor":1,"_x":2,"":3,"a,":"b","k:":":v"}',
      )
      const id = await createIn(bench.engine, record(bench, data))
      const loaded = await found(bench.engine, id)
      assert.deepEqual(Object.entries(loaded.record.data), Object.entries(data))
      assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    },
  },
])
