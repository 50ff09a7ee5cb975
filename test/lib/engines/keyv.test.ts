import test from 'ava'
import { createIn, rotateIn } from '../../../src/lib/conformance/drawing.js'
import { keyOf } from '../../../src/lib/engines/ids.js'
import { type KeyvEngineOptions, keyvEngine } from '../../../src/lib/engines/keyv/keyv-engine.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
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

function openOn(keyv: Keyv, options?: KeyvEngineOptions) {
  const bench = { now: Date.now() }
  const silent = (): void => {}
  const tools = { clock: () => bench.now, logger: { warn: silent, error: silent } }
  return { bench, engine: keyvEngine(keyv, options)(tools) }
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

test('S66 no step waits for longer than the limit, however many writers of one session a store that hangs has', async (t) => {
  const keyv = new Keyv()
  let isHanging = false
  const hanging = new Proxy(keyv, {
    get: (of, name) => (name === 'get' && isHanging ? () => new Promise(() => {}) : Reflect.get(of, name)),
  })
  const engine = await openOn(hanging, { engineTimeout: 100 }).engine
  const record = { data: {}, createdAt: 1, expires: Date.now() + 600_000 }
  const [id, other] = [await createIn(engine, record), await createIn(engine, record)]

  isHanging = true
  const ended: string[] = []
  const refused = async (what: string, step: Promise<unknown>): Promise<void> => {
    await t.throwsAsync(step, { instanceOf: EngineUnavailable, message: /did not answer within 100 ms/ })
    ended.push(what)
  }
  await Promise.all([
    ...Array.from({ length: 5 }, () => refused('a write', engine.update(id, record, 1))),
    // It began last, so its own limit ends last.
    refused('the read', engine.load(other)),
  ])
  t.is(ended.at(-1), 'the read')

  isHanging = false
  t.is((await engine.update(id, record, 1)).kind, 'updated', 'nothing waits for what hangs')
})

test('a write that nobody waits for any more is not begun', async (t) => {
  const keyv = new Keyv()
  let answer = (): void => {}
  let isLate = false
  const get = async (key: string): Promise<unknown> => {
    const value = await keyv.get(key)
    if (isLate) await new Promise<void>((resolve) => (answer = resolve))
    return value
  }
  const late = new Proxy(keyv, { get: (of, name) => (name === 'get' ? get : Reflect.get(of, name)) })
  const engine = await openOn(late, { engineTimeout: 100 }).engine
  const record = { data: {}, createdAt: 1, expires: Date.now() + 600_000 }
  const id = await createIn(engine, record)

  isLate = true
  await t.throwsAsync(engine.update(id, { ...record, data: { n: 1 } }, 1), { instanceOf: EngineUnavailable })
  isLate = false
  answer()
  t.is((await engine.update(id, record, 1)).kind, 'updated')
})
