import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { Batch } from '../../../src/lib/engines/batch.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import { stall } from '../../support/stall.js'
import { startStopwatch } from '../../support/stopwatch.js'

/** Milliseconds. */
const LIMIT = 400

/** A batch that keeps a list of its runs; one with `stuck` in it never ends. */
function batchOf(runs: string[][], concurrent = true): Batch<string, string> {
  return new Batch({
    timeLimit: LIMIT,
    concurrent,
    run: (items) => {
      runs.push([...items])
      return items.includes('stuck') ? new Promise(() => {}) : Promise.resolve(items)
    },
  })
}

for (const concurrent of [true, false]) {
  test.serial(
    `a block of the event loop refuses nothing that the store does in time, ${concurrent ? '' : 'not '}concurrent`,
    async (t) => {
      const batch = new Batch<string, string>({
        timeLimit: LIMIT / 4,
        concurrent,
        run: async (items) => {
          // Turns of the event loop, and no work of the disk, which would be late where the machine is busy.
          for (let step = 0; step < 5; step++) await setImmediate()
          return items
        },
      })
      const before = batch.add('before')
      stall(LIMIT / 2)
      t.is(await before, 'before')
      const meanwhile = batch.add('meanwhile')
      await setImmediate()
      await setImmediate()
      stall(LIMIT / 2)
      const behind = batch.add('behind')
      t.is(await meanwhile, 'meanwhile')
      t.is(await behind, 'behind')
    },
  )
}

test('what is wanted at one moment is done in one run', async (t) => {
  const runs: string[][] = []
  const batch = batchOf(runs)
  t.deepEqual(await Promise.all(['a', 'b', 'c'].map((item) => batch.add(item))), ['a', 'b', 'c'])
  t.deepEqual(runs, [['a', 'b', 'c']])
})

test('R15 a run that is stuck fails for its own items in time, and delays nobody else until then', async (t) => {
  const runs: string[][] = []
  const batch = batchOf(runs)
  const elapsed = startStopwatch()
  const ended: string[] = []
  const stuck = batch.add('stuck').catch((error: unknown) => {
    ended.push('stuck')
    return error
  })
  await setImmediate()
  await setImmediate()
  const next = batch.add('next').then((item) => ended.push(item))
  await next
  t.deepEqual(runs, [['stuck'], ['next']])
  t.true((await stuck) instanceof EngineUnavailable)
  t.true(elapsed() < 3 * LIMIT)
  t.deepEqual(ended, ['next', 'stuck'])
})

test('where no run can overtake it, items that wait behind it are refused with it, and not done later', async (t) => {
  const runs: string[][] = []
  const batch = batchOf(runs, false)
  const stuck = batch.add('stuck')
  await setImmediate()
  await setImmediate()
  const next = batch.add('next')
  const outcomes = await Promise.allSettled([stuck, next])
  t.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  t.is(await batch.add('later'), 'later')
  t.deepEqual(runs, [['stuck'], ['later']])
})

test('an item that fails fails alone', async (t) => {
  const batch = new Batch<string, string>({
    timeLimit: LIMIT,
    concurrent: true,
    run: async (items) => items.map((item) => (item === 'bad' ? new Error('this one') : item)),
  })
  const [first, bad, last] = await Promise.allSettled([batch.add('a'), batch.add('bad'), batch.add('b')])
  t.like(first, { status: 'fulfilled', value: 'a' })
  t.like(bad, { status: 'rejected', reason: { message: 'this one' } })
  t.like(last, { status: 'fulfilled', value: 'b' })
})
