import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Connection } from '../../../scripts/bench/load/connection.js'
import { textOf } from '../../../scripts/bench/load/visitor.js'
import { type Errand, Population, requestOf, type Verdict } from '../../../scripts/scale/load/population.js'
import { Schedule } from '../../../scripts/scale/load/schedule.js'
import type { Sample } from '../../../scripts/scale/soak/sample.js'
import { growthOf, quartersOf, slopeOf } from '../../../scripts/scale/soak/trend.js'
import { verdictOf } from '../../../scripts/scale/soak/verdict.js'

function takenBy(schedule: Schedule, now: number): number[] {
  const taken: number[] = []
  for (let due = schedule.take(now); due !== undefined; due = schedule.take(now)) taken.push(due)
  return taken
}

test('requests are due at their rate, whatever became of those before', (t) => {
  const schedule = new Schedule(4, 1000)
  t.deepEqual(takenBy(schedule, 999), [])
  t.deepEqual(takenBy(schedule, 1250), [1000, 1250])
  t.deepEqual(takenBy(schedule, 1499), [])
})

test('nothing that was due while the load stood still is forgotten, or moved to a later moment', (t) => {
  const schedule = new Schedule(4, 1000)
  takenBy(schedule, 1250)
  t.deepEqual(takenBy(schedule, 2250), [1500, 1750, 2000, 2250])
})

test('the slope is that of the line that is nearest', (t) => {
  const line = (values: number[]) => values.map((value, at) => ({ at, value }))
  t.is(slopeOf(line([5, 7, 9, 11])), 2)
  t.is(slopeOf(line([1, 0, 1, 0, 1])), 0)
  t.is(slopeOf(line([0, 1, 1, 2])), 0.6)
  t.is(slopeOf(line([3])), 0)
  t.is(slopeOf([]), 0)
})

test('growth is looked for in the second half only, and told by the hour and as a share', (t) => {
  const points = [0, 50, 90, 100, 102, 104].map((value, index) => ({ at: index * 10, value }))
  const { perHour, share } = growthOf(points)
  t.is(Math.round(perHour), 720)
  t.is(share.toFixed(4), (4 / 102).toFixed(4))
  t.deepEqual(quartersOf([9, 1, 5, 5, 5, 5, 2, 2]), [9, 2])
})

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

/** Sessions of a server that does the work of the benchmark, or all of it but `without`. */
function shop(without?: 'counting' | 'ending'): RequestListener {
  const counters = new Map<string, number>()
  let last = 0
  return (request, response) => {
    let id = /id=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const path = request.url ?? ''
    if (path === '/create') id = `s${++last}`
    if (path === '/create' || path === '/write') response.setHeader('Set-Cookie', `id=${id}; path=/`)
    const writes = path === '/create' || (path === '/write' && without !== 'counting')
    if (writes) counters.set(id, (counters.get(id) ?? 0) + 1)
    if (path === '/log-out' && without !== 'ending') counters.delete(id)
    const counter = counters.get(id)
    const body = path === '/log-out' ? 'out' : counter === undefined ? 'none' : textOf(counter)
    response.setHeader('Content-Length', body.length)
    response.end(body)
  }
}

interface Errands {
  readonly paths: Errand['path'][]
  readonly verdicts: Verdict[]
}

/** So many errands of thirty people one after the other, each a second after the one before. */
async function errands(t: ExecutionContext, listener: RequestListener, count: number): Promise<Errands> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const connection = new Connection((server.address() as AddressInfo).port)
  t.teardown(() => {
    connection.close()
    server.close()
  })
  const population = new Population(30, 600_000, () => 0.5)
  const done: Errands = { paths: [], verdicts: [] }
  for (let turn = 0; turn < count; turn++) {
    const errand = population.next(turn * 1000)
    const verdict = await new Promise<Verdict>((resolve) =>
      connection.ask(requestOf(errand), (answer) => resolve(population.settle(errand, answer, turn * 1000))),
    )
    done.paths.push(errand.path)
    done.verdicts.push(verdict)
  }
  return done
}

test('people come, read, write, log out, come back with the old cookie, and leave without a word', async (t) => {
  const { paths, verdicts } = await errands(t, shop(), 1000)
  t.deepEqual([...new Set(verdicts.map(({ kind }) => kind))], ['right'])
  const times = (path: string): number => paths.filter((one) => one === path).length
  t.deepEqual(new Set(paths), new Set(['create', 'read', 'write', 'log-out', 'gone']))
  t.true(
    times('write') * 5 > times('read') / 2 && times('write') < times('read') / 2,
    `${times('write')} writes`,
  )
  t.is(times('gone'), times('log-out'))
  t.is(paths[paths.indexOf('log-out') + 1], 'gone')
  t.true(times('create') > 30 + times('log-out'), 'whoever leaves is followed by somebody else')
})

test('a server that forgets what was written is found out, and one that ends nothing', async (t) => {
  const { paths, verdicts } = await errands(t, shop('counting'), 100)
  const wrong = verdicts.findIndex(({ kind }) => kind === 'wrong')
  t.is(paths[wrong], 'write')
  t.deepEqual(verdicts[wrong], { kind: 'wrong', example: 'write: 200 1 visitor 1 1, not 2 visitor 2 2' })
  const revived = await errands(t, shop('ending'), 300)
  const first = revived.verdicts.find(({ kind }) => kind === 'wrong')
  t.regex(JSON.stringify(first), /gone: 200 \d+ visitor \d+ \d+, not none/)
})

test('a server that says that it cannot is failed, not wrong, and whoever was refused is not asked again', async (t) => {
  let asked = 0
  const honest = shop()
  const { verdicts } = await errands(
    t,
    (request, response) => {
      if (request.url !== '/write' || asked++ > 0) return honest(request, response)
      honest(request, Object.assign(response, { statusCode: 503 })) // done all the same, as when a reply is lost
    },
    300,
  )
  t.deepEqual(
    verdicts.filter(({ kind }) => kind !== 'right').map(({ kind }) => kind),
    ['failed'],
  )
})

test('nobody is asked for a session that is near its end', (t) => {
  const population = new Population(1, 30_000, () => 0)
  const errand = population.next(0)
  const head = 'HTTP/1.1 200 OK\r\nset-cookie: id=s1; path=/'
  population.settle(errand, { status: 200, head, body: textOf(1) }, 0)
  const written = population.next(15_000)
  t.is(written.path, 'write', 'in the middle of its life it is written')
  population.settle(written, { status: 200, head, body: textOf(2) }, 15_000)
  t.is(population.next(36_000).path, 'create', 'and near its end somebody else comes')
})
