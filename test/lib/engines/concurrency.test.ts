import { stat } from 'node:fs/promises'
import { setTimeout as delay, setImmediate } from 'node:timers/promises'
import test from 'ava'
import { KeyedMutex, TimeLimit, within } from '../../../src/lib/engines/concurrency.js'
import { EngineUnavailable } from '../../../src/lib/index.js'
import { stall } from '../../support/stall.js'

/** Milliseconds. */
const LIMIT = 1000

/** Work of several steps, each of which needs the event loop. */
async function fiveSteps(): Promise<string> {
  for (let step = 0; step < 5; step++) await stat('.')
  return 'done'
}

test('a block of the event loop that is longer than the time limit does not end what would have been in time', async (t) => {
  const work = within(LIMIT, fiveSteps())
  stall(LIMIT * 1.5)
  t.is(await work, 'done')
})

test('nor does a block in the middle of the work', async (t) => {
  const work = within(LIMIT, fiveSteps())
  await stat('.')
  stall(LIMIT * 1.5)
  t.is(await work, 'done')
})

test('nor does a block during the last part of the limit, in which the answer arrives', async (t) => {
  const work = within(LIMIT, async (timeLimit) => {
    while (timeLimit.left > LIMIT / 4) await delay(10)
    // From here the timers come next, and only then the answers.
    await setImmediate()
    const answer = stat('.')
    stall(LIMIT)
    await answer
    return 'done'
  })
  t.is(await work, 'done')
})

test('work that never ends is given up in time, however often the event loop is blocked', async (t) => {
  const work = within(LIMIT, new Promise(() => {}))
  stall(LIMIT)
  await t.throwsAsync(work, { instanceOf: EngineUnavailable, message: /did not answer within 1000 ms/ })
})

test('a time limit that is stopped never ends', async (t) => {
  let ended = false
  const limit = new TimeLimit(1, () => {
    ended = true
  })
  limit.stop()
  await t.throwsAsync(within(20, new Promise(() => {})))
  t.false(ended)
})

test('a mutex runs tasks with one key in order, and others at the same time; a task that fails blocks nobody', async (t) => {
  const mutex = new KeyedMutex()
  const order: string[] = []
  const task = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`)
    await stat('.')
    order.push(`${name} ends`)
    if (name === 'first') throw new Error('a failure')
  }
  const first = t.throwsAsync(mutex.runExclusive('a', task('first')), { message: 'a failure' })
  await Promise.all([first, mutex.runExclusive('a', task('second')), mutex.runExclusive('b', task('other'))])
  t.true(order.indexOf('first ends') < order.indexOf('second begins'))
  t.true(order.indexOf('other begins') < order.indexOf('first ends'))
})

test('where a part of a limit is left, the error names all of it', async (t) => {
  for (const work of [new Promise(() => {}), (part: { race: Race }) => part.race(new Promise(() => {}))])
    await t.throwsAsync(within(20, work, undefined, LIMIT), {
      instanceOf: EngineUnavailable,
      message: `the store did not answer within ${LIMIT} ms`,
    })
})

type Race = (part: Promise<unknown>) => Promise<unknown>
