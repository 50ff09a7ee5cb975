import { mock } from 'node:test'
import test, { type ExecutionContext } from 'ava'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import type { Logger } from '../../../src/lib/logger.js'
import { clearExpired, Sweeper } from '../../../src/lib/session/sweeper.js'
import { openBench } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { memory } from '../../support/stores/memory.js'

const HOUR = 3_600_000
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

/** Where nothing is to be reported. */
function silent(t: ExecutionContext): Logger {
  const report = (_details: object, message: string): void => t.fail(message) as never
  return { warn: report, error: report }
}

test.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }))
test.afterEach.always(() => mock.timers.reset())

test.serial(
  'what has expired is cleared once an interval, give or take a tenth, until it is stopped',
  async (t) => {
    const { bench, close } = await openBench(memory)
    t.teardown(close)
    const sweeps: number[] = []
    const { engine } = bench
    const clear = engine.clearExpired.bind(engine)
    engine.clearExpired = async (limit) => {
      const cleared = await clear(limit)
      sweeps.push(cleared)
      return cleared
    }
    const sweeper = new Sweeper(engine, HOUR, silent(t))
    await createIn(engine, record(bench, {}, 10))
    bench.now += HOUR

    mock.timers.tick(HOUR * 0.9 - 1)
    await turns()
    t.deepEqual(sweeps, [])
    mock.timers.tick(HOUR * 0.2 + 1)
    await turns()
    t.deepEqual(sweeps, [1])

    bench.now += HOUR
    mock.timers.tick(HOUR * 1.1)
    await turns()
    t.deepEqual(sweeps, [1, 0])
    await sweeper.stop()
    bench.now += HOUR
    mock.timers.tick(HOUR * 10)
    await turns()
    t.deepEqual(sweeps, [1, 0])
  },
)

test.serial('a store that is down is a warning, and the next sweep comes all the same', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const { engine } = bench
  let asked = 0
  engine.clearExpired = async () => {
    asked++
    throw new EngineUnavailable('down')
  }
  const warnings: unknown[] = []
  const sweeper = new Sweeper(engine, HOUR, {
    ...silent(t),
    warn: (details, message) => warnings.push([details, message]),
  })
  for (const sweep of [1, 2]) {
    bench.now += HOUR
    mock.timers.tick(HOUR * 1.1)
    await turns()
    t.is(asked, sweep)
  }
  const warning = [{ err: new EngineUnavailable('down') }, 'expired sessions could not be cleared']
  t.deepEqual(warnings, [warning, warning])
  await sweeper.stop()
})

for (const [title, thrown] of [
  ['a mistake', new TypeError('a mistake')],
  ['what is no error', 'full'],
] as const)
  for (const call of ['clearExpired', 'lease'] as const)
    test.serial(
      `${title} that ${call} of an engine throws is reported, and the next sweep comes all the same`,
      async (t) => {
        const { bench, close } = await openBench(memory)
        t.teardown(close)
        const { engine } = bench
        let asked = 0
        engine[call] = async () => {
          asked++
          throw thrown
        }
        const reports: unknown[] = []
        const sweeper = new Sweeper(engine, HOUR, {
          ...silent(t),
          error: (details, message) => reports.push([details, message]),
        })
        for (const sweep of [1, 2, 3]) {
          bench.now += HOUR
          mock.timers.tick(HOUR * 1.1)
          await turns()
          t.is(asked, sweep)
        }
        t.deepEqual(reports, Array(3).fill([{ err: thrown }, 'expired sessions could not be cleared']))
        await sweeper.stop()
      },
    )

test.serial('an engine that throws before it answers a promise is no other', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  bench.engine.clearExpired = () => {
    throw new Error('at once')
  }
  const reports: string[] = []
  const sweeper = new Sweeper(bench.engine, HOUR, {
    ...silent(t),
    error: (_, message) => reports.push(message),
  })
  mock.timers.tick(HOUR * 1.1)
  await turns()
  t.is(reports.length, 1)
  await sweeper.stop()
})

test.serial('an engine that does not say how many it has cleared is asked once', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  let asked = 0
  const nothing = (async () => {
    if (++asked > 3) throw new Error('asked again and again')
  }) as unknown as Engine['clearExpired']
  await clearExpired(Object.assign(Object.create(bench.engine), { clearExpired: nothing }))
  t.is(asked, 1)
})

test.serial('of several processes only the one that holds the lease clears', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const { engine } = bench
  const asked: unknown[] = []
  let ours = false
  engine.lease = async (...what) => {
    asked.push(what)
    return ours
  }
  const sweeper = new Sweeper(engine, HOUR, silent(t))
  const id = await createIn(engine, record(bench, {}, 10))
  for (const left of [true, false]) {
    ours = !left
    bench.now += HOUR
    mock.timers.tick(HOUR * 1.1)
    await turns()
    t.is((await engine.inspect?.(id)) !== undefined, left)
  }
  t.deepEqual(asked, Array(2).fill(['sweep', HOUR * 0.8]), 'it ends before the next sweep may be due')
  await sweeper.stop()
})

test.serial('an engine that knows no lease is cleared by everyone', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const { lease: _lease, ...others } = intercept(bench.engine, () => {})
  const sweeper = new Sweeper(others, HOUR, silent(t))
  const id = await createIn(bench.engine, record(bench, {}, 10))
  bench.now += HOUR
  mock.timers.tick(HOUR * 1.1)
  await turns()
  t.is(await bench.engine.inspect?.(id), undefined)
  await sweeper.stop()
})

test.serial('a sweep that is under way when it stops is waited for, and none comes after it', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const { engine } = bench
  let finish = (): void => {}
  let sweeps = 0
  engine.clearExpired = async () => {
    sweeps++
    await new Promise<void>((resolve) => {
      finish = resolve
    })
    return 0
  }
  const sweeper = new Sweeper(engine, HOUR, silent(t))
  mock.timers.tick(HOUR * 1.1)
  await turns()
  let stopped = false
  const stop = sweeper.stop().then(() => {
    stopped = true
  })
  await turns()
  t.is(sweeps, 1)
  t.false(stopped)
  finish()
  await stop
  await turns()
  bench.now += HOUR
  mock.timers.tick(HOUR * 10)
  await turns()
  t.is(sweeps, 1)
})

test.serial('with an interval of 0 it never sweeps', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  bench.engine.clearExpired = async () => t.fail() as never
  const sweeper = new Sweeper(bench.engine, 0, silent(t))
  mock.timers.tick(HOUR * 1000)
  await turns()
  await sweeper.stop()
  t.pass()
})

test.serial(
  'clearing goes on batch after batch until nothing is left, and tells how far it is',
  async (t) => {
    const { bench, close } = await openBench(memory)
    t.teardown(close)
    await Promise.all(Array.from({ length: 1200 }, () => createIn(bench.engine, record(bench, {}, 10))))
    bench.now += HOUR
    const heard: number[] = []
    t.is(await clearExpired(bench.engine, (cleared) => heard.push(cleared)), 1200)
    t.is(heard.at(-1), 1200)
    t.deepEqual(
      heard,
      heard.toSorted((a, b) => a - b),
    )
  },
)

/** Clears so many expired records at a store that takes so many milliseconds for each; answers the batches' limits. */
async function limitsAt(expired: number, each: number): Promise<number[]> {
  const { bench, close } = await openBench(memory)
  let elapsed = 0
  const limits: number[] = []
  const engine = Object.assign(Object.create(bench.engine), {
    async clearExpired(limit: number) {
      limits.push(limit)
      const cleared = Math.min(limit, expired)
      expired -= cleared
      elapsed += cleared * each
      return cleared
    },
  })
  await clearExpired(engine, undefined, () => elapsed)
  await close()
  return limits
}

test.serial('batches grow while the store is quick, and are never large', async (t) => {
  t.deepEqual(await limitsAt(1500, 0), [100, 200, 400, 500, 500])
})

test.serial('batches stay as they are where they take as long as they should', async (t) => {
  t.deepEqual(await limitsAt(250, 0.1), [100, 100, 100])
  t.deepEqual(await limitsAt(250, 0.05), [100, 100, 100])
})

for (const [title, random, delay] of [
  ['earliest', 0, 0.9],
  ['latest', 1, 1.1],
] as const) {
  test.serial(`the ${title} sweep comes ${delay} intervals after the one before`, async (t) => {
    const { bench, close } = await openBench(memory)
    t.teardown(close)
    const original = Math.random
    Math.random = () => random
    t.teardown(() => {
      Math.random = original
    })
    const { engine } = bench
    let sweeps = 0
    engine.clearExpired = async () => ++sweeps
    const sweeper = new Sweeper(engine, HOUR, silent(t))
    mock.timers.tick(HOUR * delay - 1)
    await turns()
    t.is(sweeps, 0)
    mock.timers.tick(1)
    await turns()
    t.is(sweeps, 1)
    await sweeper.stop()
  })
}

test.serial('batches shrink where the store is slow: writing requests may be waiting', async (t) => {
  t.deepEqual(await limitsAt(200, 0.25), [100, 50, 25, 25, 25])
  t.deepEqual(await limitsAt(200, 100), [100, 50, 25, 12, 10, 10])
})

test.serial('between two batches others have their turn', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  await Promise.all(Array.from({ length: 300 }, () => createIn(bench.engine, record(bench, {}, 10))))
  bench.now += HOUR
  const events: string[] = []
  await clearExpired(bench.engine, (cleared) => {
    events.push(`a batch, ${cleared} in all`)
    setImmediate(() => events.push('a request'))
  })
  t.deepEqual(events.slice(0, 2), ['a batch, 100 in all', 'a request'])
  // How large the second batch is depends on how long the first one took.
  t.regex(events[2] ?? '', /^a batch, /)
})

test.serial('who hears of the batches can end it early', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  await Promise.all(Array.from({ length: 300 }, () => createIn(bench.engine, record(bench, {}, 10))))
  bench.now += HOUR
  t.is(await clearExpired(bench.engine, () => false), 100)
  t.is(await clearExpired(bench.engine), 200)
})
