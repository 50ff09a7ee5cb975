import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { chosen, contenders } from '../../../scripts/bench/contenders.js'
import type { Cost } from '../../../scripts/bench/costs.js'
import { Site } from '../../../scripts/bench/load/site.js'
import { textOf } from '../../../scripts/bench/load/visitor.js'
import { summary } from '../../../scripts/bench/profile.js'
import { figureOf, type Result } from '../../../scripts/bench/result.js'

/** Sessions of a server that does the work of the benchmark, or as much of it as `honest` leaves. */
function shop(honest: { counts: boolean; renews: boolean }): RequestListener {
  const counters = new Map<string, number>()
  let last = 0
  return (request, response) => {
    let id = /id=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
    const writes = request.url === '/write' || request.url === '/create'
    if (request.url === '/create') {
      id = `s${++last}`
      response.setHeader('Set-Cookie', `id=${id}; path=/`)
    } else if (writes && honest.renews) response.setHeader('Set-Cookie', [`other=1`, `id=${id}; path=/`])
    const counter = (counters.get(id ?? '') ?? 0) + (writes ? 1 : 0)
    if (honest.counts || request.url === '/create') counters.set(id ?? '', counter)
    const body = request.url === '/untouched' ? 'ok' : textOf(counter)
    response.setHeader('Content-Length', body.length)
    response.end(body)
  }
}

async function siteOf(t: ExecutionContext, listener: RequestListener): Promise<Site> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const site = new Site((server.address() as AddressInfo).port, true)
  t.teardown(() => {
    site.close()
    server.close()
  })
  await site.seed(40)
  return site
}

test('the load finds nothing wrong with a server that does the work', async (t) => {
  const site = await siteOf(t, shop({ counts: true, renews: true }))
  for (const kind of ['untouched', 'read', 'write', 'mixed', 'create'] as const) {
    const { requests, wrong, example } = await site.load({ kind, requests: 500 })
    t.deepEqual({ requests, wrong, example }, { requests: 500, wrong: 0, example: undefined }, kind)
  }
})

test('a contender that forgets what was written is found out', async (t) => {
  const site = await siteOf(t, shop({ counts: false, renews: true }))
  await site.load({ kind: 'write', requests: 500 })
  const { wrong, example = '' } = await site.load({ kind: 'read', requests: 500 })
  t.is(wrong, 500)
  t.regex(example, /^read: 200 1 visitor 1 1, not \d+ visitor/)
})

test('a contender that saves the cookie of a write is found out', async (t) => {
  const site = await siteOf(t, shop({ counts: true, renews: false }))
  const { wrong, example } = await site.load({ kind: 'write', requests: 500 })
  t.deepEqual([wrong, example], [500, 'write: the cookie was not renewed'])
})

test('a contender is compared with its own floor, each in its best round', (t) => {
  const results = [resultOf('bare koa', [20, 40, 20]), resultOf('tessera, cache', [25, 50, 40])]
  const [, ours] = results
  t.deepEqual(ours && figureOf(ours, 'read', results), { cpu: 25, over: 5, ratio: 0.8 })
})

test('what is chosen brings its floor along, and a name that nobody has is an error', (t) => {
  const names = chosen(['secure', 'tessera, db'], []).map(({ name }) => name)
  t.deepEqual(names, ['bare koa', 'tessera, db', 'bare fastify', 'fastify-secure-session'])
  t.false(chosen([], ['redis']).some(({ keeps }) => keeps === 'redis'))
  t.throws(() => chosen(['tesera'], []), {
    instanceOf: RangeError,
    message: /tesera; there are bare koa; tess/,
  })
})

function resultOf(name: string, cpu: number[]): Result {
  const contender = contenders.find((one) => one.name === name)
  if (contender === undefined) throw new RangeError(name)
  const cost: Cost = { cpu, throughput: 1, latency: [1, 1, 1], loopDelay: 0, busy: 0 }
  return { contender, costs: new Map([['read', cost]]) }
}

test('a profile says whose the time is, and counts no waiting', (t) => {
  const at = (name: string, url: string) => ({ name, url, microseconds: 30_000 })
  const { shares, functions } = summary([
    at('(idle)', ''),
    at('(garbage collector)', ''),
    at('(program)', ''),
    at('writev', ''),
    at('update', ''),
    at('runMicrotasks', ''),
    at('parserOnIncoming', 'node:_http_server'),
    at('hash', 'node:internal/crypto/hash'),
    at('processTicksAndRejections', 'node:internal/process/task_queues'),
    at('set', 'file:///app/node_modules/koa/lib/response.js'),
    at('get', 'file:///app/node_modules/lru-cache/dist/esm/index.js'),
    at('all', 'file:///app/node_modules/@keyv/sqlite/node_modules/sqlite3/lib/sqlite3.js'),
    at('stringifySetCookie', 'file:///app/node_modules/cookie/dist/index.js'),
    at('commit', 'file:///app/dist/session/commit.js'),
    at('/read', 'file:///app/scripts/bench/servers/work.js'),
  ])
  t.deepEqual(Object.fromEntries(shares), {
    'garbage collection': 2,
    'native code': 2,
    'sockets, HTTP': 4,
    cryptography: 4,
    promises: 4,
    Koa: 2,
    'store client': 4,
    Tessera: 4,
    application: 2,
  })
  t.deepEqual(
    functions.map(({ name, microseconds }) => [name, microseconds]),
    [
      ['stringifySetCookie', 2],
      ['commit', 2],
    ],
  )
})
