import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { openBench } from '../../support/engines.js'
import { memory } from '../../support/stores/memory.js'

test('a sweep of memory lets others have their turn every thousand sessions', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  await Promise.all(Array.from({ length: 5000 }, () => createIn(bench.engine, record(bench))))
  let swept = false
  const sweep = bench.engine.clearExpired(500).finally(() => {
    swept = true
  })
  let turns = 0
  for (; !swept; turns++) await turn()
  t.is(await sweep, 0)
  t.true(turns >= 5, `${turns} turns`)
})

test('what comes and goes while a sweep rests is no trouble for it', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const { engine } = bench
  const ids = await Promise.all(Array.from({ length: 20 }, () => createIn(engine, record(bench, {}, 10))))
  bench.now += 10_000
  t.is(await engine.clearExpired(5), 5)
  bench.now -= 1000
  for (const id of ids.slice(10)) await engine.touch(id, bench.now + 60_000)
  await createIn(engine, record(bench, {}, 0.5))
  bench.now += 1000
  t.is(await engine.clearExpired(100), 6)
  t.is((await engine.load(ids[19] ?? '')).kind, 'found')
})
