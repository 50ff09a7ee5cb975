import test from 'ava'
import { type Sample, verdictOf } from '../../../scripts/scale/soak-verdict.js'

/** A run of a hundred samples, five seconds apart. */
function run(change: (sample: Sample, index: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 100 }, (_, index) => {
    const sample: Sample = {
      at: index * 5,
      requests: 5000,
      seconds: 5,
      shed: 0,
      failed: 0,
      wrong: 0,
      example: undefined,
      latency: [400, 3000, 5000, 9000],
      heapUsed: 20e6 + (index % 7) * 3e6,
      held: index % 6 === 0 ? 15e6 : undefined,
      rss: 90e6,
      cpu: index * 1e6,
      busy: 1,
      handles: 1000 + (index % 3),
      late: 2,
      stored: 6e6,
    }
    return { ...sample, ...change(sample, index) }
  })
}

test('a run that stays as it is has no fault, with garbage that comes and goes', (t) => {
  t.deepEqual(verdictOf(run()).faults, [])
})

for (const [what, change] of [
  ['heap after a collection, MB', ({ held }, index) => ({ held: held && held + index * 40_000 })],
  ['resident memory, MB', (_, index) => ({ rss: 90e6 + index * 300_000 })],
  ['handles', (_, index) => ({ handles: 1000 + index })],
  ['store, MB', (_, index) => ({ stored: 6e6 + index * 20_000 })],
  ['latency p50, ms', (_, index) => ({ latency: [400 + index * 5, 3000, 5000, 9000] })],
  ['latency p99, ms', (_, index) => ({ latency: [400, 3000 + index * 60, 5000, 9000] })],
] as const satisfies readonly (readonly [string, (sample: Sample, index: number) => Partial<Sample>])[]) {
  test(`a run is not flat if this grows: ${what}`, (t) => {
    t.deepEqual(verdictOf(run(change)).faults, [`not flat: ${what}`])
  })
}

test('the table has the medians of the first, the third and the last quarter', (t) => {
  const { lines } = verdictOf(run((_, index) => ({ rss: index * 1e6 })))
  t.deepEqual(lines[2], { what: 'resident memory, MB', quarters: [12, 62, 87], flat: false })
})

test('growth of the first half is no fault: caches fill, code is compiled', (t) => {
  const faults = verdictOf(run((_, index) => ({ rss: 60e6 + Math.min(index, 45) * 1e6 }))).faults
  t.deepEqual(faults, [])
})

test('one answer that was wrong, or none at all, is a fault, with what was said', (t) => {
  const wrong = run((_, index) => (index === 50 ? { wrong: 1, example: 'read: 200 none' } : {}))
  t.deepEqual(verdictOf(wrong).faults, ['1 wrong of 500000 answers, the first of all: read: 200 none'])
  const failed = run((_, index) => (index === 50 ? { failed: 1, example: 'write: no answer' } : {}))
  t.deepEqual(verdictOf(failed).faults, ['1 failed of 500000 answers, the first of all: write: no answer'])
})

test('requests that were shed are a fault when they are more than one of a hundred', (t) => {
  t.deepEqual(verdictOf(run(() => ({ shed: 40 }))).faults, [])
  t.regex(verdictOf(run(() => ({ shed: 60 }))).faults.join(), /^6000 requests were shed/)
})
