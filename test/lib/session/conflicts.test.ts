import test, { type ExecutionContext } from 'ava'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import type { Bench } from '../../../src/lib/conformance/index.js'
import {
  EngineUnavailable,
  openSessions,
  SessionContended,
  SessionInterrupted,
  type Sessions,
} from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import type { SiteOptions } from '../../support/site.js'
import { memory } from '../../support/stores/memory.js'

interface Contest {
  readonly bench: Bench
  readonly sessions: Sessions
  /** A session with `{ n: 0 }`. */
  readonly id: string
  readonly calls: EngineCall[]
}

/** Sessions in memory whose every `update` and `rotate` meets what `before` did a moment earlier (R06). */
async function contest(
  t: ExecutionContext,
  before: (contest: Contest, attempt: number) => void,
  options: SiteOptions = {},
): Promise<Contest> {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const id = await createIn(bench.engine, record(bench, { n: 0 }, 1000))
  const calls: EngineCall[] = []
  let attempt = 0
  const engine = intercept(bench.engine, (call) => {
    calls.push(call)
    if (call === 'update' || call === 'rotate') before(made, ++attempt)
  })
  const sessions = await openSessions({ engine, clock: () => bench.now, cookieAge: 1000, ...options })
  const made = { bench, sessions, id, calls }
  return made
}

/** Another request writes: memory has done it when this returns. */
const overwrite = ({ bench, id }: Contest, attempt: number): void => {
  const theirs = { ...record(bench, { n: 0, other: attempt }, 1000), createdAt: 1 }
  void bench.engine.update(id, theirs, attempt)
}

test('whoever is overtaken every time gives up after a while, and has saved nothing', async (t) => {
  const { sessions, id, calls, bench } = await contest(t, overwrite)
  const session = await sessions.open(id)
  session.set<string>('mine', true)
  await t.throwsAsync(session.save(), { instanceOf: SessionContended })
  t.is(calls.filter((call) => call === 'update').length, 51)
  t.is(calls.filter((call) => call === 'load').length, 51)
  const stored = await bench.engine.load(id)
  t.deepEqual(stored.kind === 'found' && stored.record.data, { n: 0, other: 51 })
  t.true(session.modified, 'it is still to be saved')
})

test('whoever is overtaken up to the last try but one saves with the last', async (t) => {
  const { sessions, id, bench } = await contest(t, (all, attempt) => {
    if (attempt < 51) overwrite(all, attempt)
  })
  const session = await sessions.open(id)
  session.set<string>('mine', true)
  await session.save()
  const stored = await bench.engine.load(id)
  t.deepEqual(stored.kind === 'found' && stored.record.data, { n: 0, other: 50, mine: true })
  t.is(session.get<string>('other'), 50, 'the handler sees what was merged')
})

test('the first two tries follow at once: waiting helps only where many meet', async (t) => {
  const { sessions, id } = await contest(t, (all, attempt) => {
    if (attempt < 3) overwrite(all, attempt)
  })
  const session = await sessions.open(id)
  session.set<string>('mine', true)
  let turned = false
  setImmediate(() => {
    turned = true
  })
  await session.save()
  t.false(turned)
})

test('S27 a session that ends between two tries stays dead', async (t) => {
  const { sessions, id, bench } = await contest(t, (all, attempt) => {
    overwrite(all, attempt)
    queueMicrotask(() => void all.bench.engine.delete(all.id))
  })
  const session = await sessions.open(id)
  session.set<string>('mine', true)
  await t.throwsAsync(session.save(), { instanceOf: SessionInterrupted })
  t.is((await bench.engine.load(id)).kind, 'missing')
})

test('what began after flush takes the place of whatever others wrote', async (t) => {
  const { sessions, id, bench } = await contest(t, (all, attempt) => {
    if (attempt < 3) overwrite(all, attempt)
  })
  const session = await sessions.open(id)
  bench.now += 5000
  session.flush()
  session.set<string>('new', 1)
  await session.save()
  const stored = await bench.engine.load(session.id ?? '')
  t.like(stored, { record: { data: { new: 1 }, createdAt: bench.now } })
  t.is((await bench.engine.load(id)).kind, 'superseded')
})

test("a conflict keeps the other request's expiry, unless this one has set its own", async (t) => {
  const withExpiry = ({ bench, id }: Contest, attempt: number): void => {
    if (attempt > 1) return
    void bench.engine.update(id, { ...record(bench, { n: 0 }, 60), expiry: 60 }, attempt)
  }
  const one = await contest(t, withExpiry)
  const silent = await one.sessions.open(one.id)
  silent.set<string>('mine', true)
  await silent.save()
  t.is(silent.getExpiryAge(), 60)
  t.is((await one.sessions.open(one.id)).getExpiryAge(), 60)

  const other = await contest(t, withExpiry)
  const outspoken = await other.sessions.open(other.id)
  outspoken.setExpiry(90)
  await outspoken.save()
  t.is(outspoken.getExpiryAge(), 90)
  t.is((await other.sessions.open(other.id)).getExpiryAge(), 90)

  const third = await contest(t, withExpiry)
  const clearing = await third.sessions.open(third.id)
  clearing.clear()
  await clearing.save()
  t.is((await third.sessions.open(third.id)).getExpiryAge(), 1000, 'clear takes an expiry along')
})

test('what the handler does while a conflict is settled comes on top of what was merged', async (t) => {
  const { sessions, id } = await contest(t, (all, attempt) => {
    if (attempt === 1) {
      const { bench } = all
      void bench.engine.update(all.id, { ...record(bench, { n: 5, other: 1 }, 60), expiry: 60 }, 1)
    }
  })
  const session = await sessions.open(id)
  session.set<string>('mine', 1)
  const saved = session.save()
  await Promise.resolve()
  session.transform<string>('n', (n) => Number(n) + 1)
  session.setExpiry(90)
  await saved
  t.deepEqual(Object.fromEntries(session), { n: 6, other: 1, mine: 1 })
  t.is(session.getExpiryAge(), 90)
  await session.save()
  const again = await sessions.open(id)
  t.deepEqual(Object.fromEntries(again), { n: 6, other: 1, mine: 1 })
  t.is(again.getExpiryAge(), 90)
})

test('a transform of a value that this request made itself is not run again', async (t) => {
  let ran = 0
  const count = (value: unknown): unknown => {
    ran++
    const list = value as number[]
    list.push(1)
    return list
  }
  for (const begin of ['set', 'delete', 'clear'] as const) {
    const { sessions, id } = await contest(t, (all, attempt) => {
      if (attempt === 1) overwrite(all, attempt)
    })
    const session = await sessions.open(id)
    if (begin === 'set') session.set<string>('list', [])
    if (begin === 'clear') session.clear()
    if (begin === 'delete') session.delete('n')
    ran = 0
    session.transform<string>(begin === 'delete' ? 'n' : 'list', (value) => count(value ?? []))
    await session.save()
    t.is(ran, 1, begin)
    t.deepEqual(session.get<string>(begin === 'delete' ? 'n' : 'list'), [1], begin)
  }
})

test('a transform that changes its value in place is done once to each version', async (t) => {
  const { sessions, id } = await contest(t, ({ bench, id }, attempt) => {
    if (attempt === 2) void bench.engine.update(id, record(bench, { list: ['theirs'] }, 1000), 2)
  })
  const before = await sessions.open(id)
  before.set<string>('list', [])
  await before.save()
  const session = await sessions.open(id)
  session.get<string>('list')
  session.transform<string>('list', (list) => {
    const grown = list as string[]
    grown.push('mine')
    return grown
  })
  await session.save()
  t.deepEqual((await sessions.open(id)).get<string>('list'), ['theirs', 'mine'])
})

test("an object that was taken out of the session is nobody's business any more", async (t) => {
  const { sessions, id } = await contest(t, (all, attempt) => {
    if (attempt === 2) overwrite(all, attempt)
  })
  const before = await sessions.open(id)
  before.set<string>('car', { wheels: 'steel' })
  await before.save()
  const session = await sessions.open(id)
  const car = Object(session.get<string>('car'))
  session.delete('car')
  car.wheels = 'alloy'
  await session.save()
  t.deepEqual(Object.fromEntries(await sessions.open(id)), { n: 0, other: 2 })
})

/**
 * The store is down for the first write, while which the handler goes on with `meanwhile`; and before the second write
 * another request is faster.
 */
const downThenOvertaken =
  (version: number, meanwhile: () => void) =>
  ({ bench, id }: Contest, attempt: number): void => {
    if (attempt === 1) {
      meanwhile()
      throw new EngineUnavailable('down')
    }
    const theirs = record(bench, { n: 0, theirs: true, car: { wheels: 'steel' } }, 1000)
    if (attempt === 2) void bench.engine.update(id, theirs, version)
  }

test('what was done during a save that failed counts, also where another request is faster', async (t) => {
  const meanwhile = (): void => {
    session.set<string>('since', 1)
    session.setExpiry(60)
  }
  const { sessions, id } = await contest(t, downThenOvertaken(1, meanwhile))
  const session = await sessions.open(id)
  session.set<string>('first', 1)
  await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable })
  await session.save()
  const after = await sessions.open(id)
  t.like(Object.fromEntries(after), { first: 1, since: 1, theirs: true })
  t.is(after.getExpiryAge(), 60)
})

test('so does a value that was changed in place meanwhile, and said to be', async (t) => {
  const meanwhile = (): void => {
    car.wheels = 'alloy'
    session.modified = true
  }
  const { sessions, id, bench } = await contest(t, downThenOvertaken(2, meanwhile), {
    nestedChanges: 'ignore',
  })
  await bench.engine.update(id, record(bench, { car: { wheels: 'steel' } }, 1000), 1)
  const session = await sessions.open(id)
  const car = Object(session.get<string>('car'))
  await t.throwsAsync(session.save(), { instanceOf: EngineUnavailable })
  await session.save()
  t.like(Object.fromEntries(await sessions.open(id)), { theirs: true, car: { wheels: 'alloy' } })
})
