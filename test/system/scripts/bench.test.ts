import test from 'ava'
import { chosen, contenders } from '../../../scripts/bench/contenders.js'
import { summary } from '../../../scripts/bench/profile.js'
import { figureOf, type Result } from '../../../scripts/bench/result.js'
import type { Round } from '../../../scripts/measure/costs.js'

test('a contender is compared with its own framework, each in its best round', (t) => {
  const results = [resultOf('bare koa', [20, 40, 20]), resultOf('tessera, cache', [25, 50, 40])]
  const [, ours] = results
  t.deepEqual(ours && figureOf(ours, 'read', results), { cpu: 25, over: 5, ratio: 0.8 })
})

test('what is chosen brings its bare framework along, and a name that nobody has is an error', (t) => {
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
  const tally = { requests: 1, seconds: 1, shed: 0, failed: 0, wrong: 0, example: undefined, busy: 0 }
  const rounds = cpu.map((one): Round => ({ ...tally, latency: [1, 1, 1, 1], late: 0, cpu: one }))
  return { contender, rounds: new Map([['read', rounds]]) }
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
    at('commit', 'file:///app/build/src/lib/session/commit.js'),
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
