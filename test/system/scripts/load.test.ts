import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { Connection } from '../../../scripts/measure/connection.js'
import { Load, Schedule } from '../../../scripts/measure/load.js'
import { Population, requestOf, type Verdict, type Visit } from '../../../scripts/measure/population.js'
import { textOf } from '../../../scripts/measure/visitor.js'

/** Sessions of a server that does the work of the benchmark, or all of it but `without`. */
function shop(without?: 'counting' | 'renewing' | 'ending'): RequestListener {
  const counters = new Map<string, number>()
  let last = 0
  return (request, response) => {
    let id = /id=(\w+)/.exec(request.headers.cookie ?? '')?.[1] ?? ''
    const path = request.url ?? ''
    if (path === '/create') id = `s${++last}`
    const isWrite = path === '/write' && without !== 'renewing'
    if (path === '/create' || isWrite) response.setHeader('Set-Cookie', ['other=1', `id=${id}; path=/`])
    const writes = path === '/create' || (path === '/write' && without !== 'counting')
    if (writes) counters.set(id, (counters.get(id) ?? 0) + 1)
    if (path === '/log-out' && without !== 'ending') counters.delete(id)
    const counter = counters.get(id)
    const own = { '/log-out': 'out', '/untouched': 'ok' }[path]
    const body = own ?? (counter === undefined ? 'none' : textOf(counter))
    response.setHeader('Content-Length', body.length)
    response.end(body)
  }
}

async function portOf(t: ExecutionContext, listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

async function loadOf(t: ExecutionContext, listener: RequestListener): Promise<Load> {
  const load = new Load({ servers: [{ port: await portOf(t, listener) }], sessions: 40 })
  t.teardown(() => load.close())
  await load.begin()
  return load
}

test('the load finds nothing wrong with a server that does the work', async (t) => {
  const load = await loadOf(t, shop())
  for (const traffic of ['untouched', 'read', 'write', 'mixed', 'create', 'visits'] as const) {
    const { requests, wrong, failed, example } = await load.run({ traffic, requests: 500 })
    t.deepEqual(
      { requests, wrong, failed, example },
      { requests: 500, wrong: 0, failed: 0, example: undefined },
    )
  }
  t.deepEqual(await load.check(), { sessions: 40, wrong: 0, example: undefined })
})

test('a contender that forgets what was written is found out', async (t) => {
  const load = await loadOf(t, shop('counting'))
  const { wrong, example } = await load.run({ traffic: 'write', requests: 40 })
  t.true(wrong > 0)
  t.is(example, 'write: 200 1 visitor 1 1, not 2 visitor 2 2')
})

test('a contender that saves the cookie of a write is found out', async (t) => {
  const load = await loadOf(t, shop('renewing'))
  const { wrong, example } = await load.run({ traffic: 'write', requests: 40 })
  t.true(wrong > 0)
  t.is(example, 'write: the cookie was not renewed')
})

test('a server without sessions has to answer, and nothing more', async (t) => {
  let status = 200
  const port = await portOf(t, (_request, response) => {
    response.writeHead(status, { 'Content-Length': 4 }).end('text')
  })
  const load = new Load({ servers: [{ port }], sessions: 40, hasSessions: false })
  t.teardown(() => load.close())
  t.is((await load.begin()).wrong, 0)
  t.is((await load.run({ traffic: 'write', requests: 40 })).wrong, 0)
  status = 404
  t.is((await load.run({ traffic: 'write', requests: 40 })).wrong, 40)
})

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

interface Visits {
  readonly paths: Visit['path'][]
  readonly verdicts: Verdict[]
}

/** So many requests of thirty people one after the other, each a second after the one before. */
async function visits(t: ExecutionContext, listener: RequestListener, count: number): Promise<Visits> {
  const connection = new Connection(await portOf(t, listener))
  t.teardown(() => connection.close())
  const population = new Population({ sessions: 30, life: 600_000, random: () => 0.5 })
  const done: Visits = { paths: [], verdicts: [] }
  for (let turn = 0; turn < count; turn++) {
    const visit = population.next('visits', turn * 1000)
    const verdict = await new Promise<Verdict>((resolve) =>
      connection.ask(requestOf(visit), (answer) => resolve(population.settle(visit, answer, turn * 1000))),
    )
    done.paths.push(visit.path)
    done.verdicts.push(verdict)
  }
  return done
}

test('people come, read, write, log out, come back with the old cookie, and leave without a word', async (t) => {
  const { paths, verdicts } = await visits(t, shop(), 1000)
  t.deepEqual([...new Set(verdicts.map(({ kind }) => kind))], ['right'])
  const times = (path: string): number => paths.filter((one) => one === path).length
  t.deepEqual(new Set(paths), new Set(['create', 'read', 'write', 'log-out', 'logged-out']))
  t.true(
    times('write') * 5 > times('read') / 2 && times('write') < times('read') / 2,
    `${times('write')} writes`,
  )
  t.is(times('logged-out'), times('log-out'))
  t.is(paths[paths.indexOf('log-out') + 1], 'logged-out')
  t.true(times('create') > 30 + times('log-out'), 'whoever leaves is followed by somebody else')
})

test('a server that forgets what was written is found out, and one that ends nothing', async (t) => {
  const { paths, verdicts } = await visits(t, shop('counting'), 100)
  const wrong = verdicts.findIndex(({ kind }) => kind === 'wrong')
  t.is(paths[wrong], 'write')
  t.deepEqual(verdicts[wrong], { kind: 'wrong', example: 'write: 200 1 visitor 1 1, not 2 visitor 2 2' })
  const revived = await visits(t, shop('ending'), 300)
  const first = revived.verdicts.find(({ kind }) => kind === 'wrong')
  t.regex(JSON.stringify(first), /logged-out: 200 \d+ visitor \d+ \d+, not none/)
})

test('a server that says that it cannot is failed, not wrong, and whoever was refused is not asked again', async (t) => {
  let asked = 0
  const honest = shop()
  const { verdicts } = await visits(
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
  const population = new Population({ sessions: 1, life: 30_000, random: () => 0 })
  const visit = population.next('visits', 0)
  const head = 'HTTP/1.1 200 OK\r\nset-cookie: id=s1; path=/'
  population.settle(visit, { status: 200, head, body: textOf(1) }, 0)
  const written = population.next('visits', 15_000)
  t.is(written.path, 'write', 'in the middle of its life it is written')
  population.settle(written, { status: 200, head, body: textOf(2) }, 15_000)
  t.is(population.next('visits', 36_000).path, 'create', 'and near its end somebody else comes')
})
