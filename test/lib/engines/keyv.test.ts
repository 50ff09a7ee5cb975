import test from 'ava'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { keyvEngine } from '../../../src/lib/engines/keyv/keyv-engine.js'
import { Keyv, putInto } from '../../support/keyv.js'

/** What an application might keep in the same Keyv: values that look a little like sessions. */
const NOT_OURS = [
  { expires: 1_700_000_000 },
  { version: 1, expires: 1_700_000_000 },
  { version: 1, createdAt: 1_700_000_000, expires: 1_700_000_000 },
  { data: {}, expires: 1 },
  { superseded: 'yes', expires: 1 },
  'a text',
]

function openOn(keyv: Keyv) {
  const bench = { now: Date.now() }
  const silent = (): void => {}
  const tools = { clock: () => bench.now, logger: { warn: silent, error: silent } }
  return { bench, engine: keyvEngine(keyv)(tools) }
}

for (const [title, options] of [
  ['', {}],
  [' without a namespace', { namespace: '' }],
  [' with a namespace of its own', { namespace: 'app' }],
] as const) {
  test(`the sweep of a Keyv${title} that the application uses too removes sessions only`, async (t) => {
    const map = new Map<string, unknown>()
    const keyv = new Keyv({ ...options, store: map })
    for (const [n, value] of NOT_OURS.entries()) await keyv.set(`theirs-${n}`, value)
    const { bench, engine: opening } = openOn(keyv)
    const engine = await opening
    const record = { data: {}, createdAt: bench.now, expires: bench.now + 60_000 }
    const id = await createIn(engine, record)
    await rotateIn(engine, id, record, 1)
    const alive = await createIn(engine, { ...record, expires: bench.now + 600_000 })
    bench.now += 120_000
    // The session, its tombstone; limit by limit.
    t.deepEqual(
      [await engine.clearExpired(1), await engine.clearExpired(1), await engine.clearExpired(1)],
      [1, 1, 0],
    )
    t.is((await engine.load(alive)).kind, 'found')
    for (const [n, value] of NOT_OURS.entries()) t.deepEqual(await keyv.get(`theirs-${n}`), value)
    t.is(map.size, NOT_OURS.length + 1)
  })
}

test('the application’s Keyv stays as it was', async (t) => {
  const keyv = new Keyv({ namespace: '' })
  const { throwOnErrors, namespace } = keyv
  const { engine } = openOn(keyv)
  await createIn(await engine, { data: {}, createdAt: 1, expires: Date.now() + 60_000 })
  t.is(keyv.throwOnErrors, throwOnErrors)
  t.is(keyv.namespace, namespace)
})

test('a record that cannot be read is missing, and not an outage', async (t) => {
  const map = new Map<string, unknown>()
  const { bench, engine: opening } = openOn(new Keyv({ store: map }))
  const engine = await opening
  const id = await createIn(engine, { data: {}, createdAt: bench.now, expires: bench.now + 60_000 })
  putInto(map, `keyv:${keyOf(id)}`, '{"value":')
  t.is((await engine.load(id)).kind, 'missing')
  t.is(await engine.clearExpired(10), 0)
})
