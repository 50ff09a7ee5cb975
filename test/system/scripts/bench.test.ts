import test from 'ava'
import { chosen, contenders, forgoneBy, withFrameworks } from '../../../scripts/bench/contenders.js'
import type { PairedRound } from '../../../scripts/bench/pairs.js'
import { planFor, secondsOf } from '../../../scripts/bench/plan.js'
import { summary } from '../../../scripts/bench/profile.js'
import { figureOf, noiseOf, type Result } from '../../../scripts/bench/result.js'
import { hasGoal, targetRows } from '../../../scripts/bench/targets.js'
import type { Kind } from '../../../scripts/measure/population.js'

test('a contender is compared with its own framework: the best rounds, and the median of the pairs', (t) => {
  const results = [
    resultOf('bare koa', [[20], [40], [20]]),
    resultOf('tessera, cache', [
      [25, 20, 25],
      [50, 40],
      [40, 20],
    ]),
  ]
  const [, ours] = results
  const figure = ours && figureOf(ours, 'read', results)
  t.deepEqual(figure, { cpu: 25, over: 5, paired: 7.5, ratio: 1.25 })
})

test('a goal is a multiple of what a peer costs over its own framework, and is met by the pairs', (t) => {
  const results = [
    resultOf('bare koa', [[20]]),
    resultOf('tessera, cache', [[26.6, 20]]),
    resultOf('koa-session-minimal', [[26, 20]]),
  ]
  const rowOf = (title: string) =>
    targetRows({ title, results }).find(([name]) => name === 'tessera, cache, read')
  t.deepEqual(rowOf('Node 24'), [
    'tessera, cache, read',
    'koa-session-minimal',
    '≤ 1.1',
    '1.10',
    '1.10',
    'met',
  ])
  results[1] = resultOf('tessera, cache', [[27, 20]])
  t.is(rowOf('Node 24')?.at(-1), 'missed')
})

test('the noise of the machine is how far the turns of the bare framework differ', (t) => {
  t.is(noiseOf([resultOf('bare koa', [[20], [20], [20], [20]])]), 0)
  t.is(noiseOf([resultOf('bare koa', [[10], [20], [20], [30]])]), 1)
})

test('the page says of every peer what it does not do', (t) => {
  for (const one of contenders)
    t.is(forgoneBy(one) !== undefined, one.bare !== undefined && one.open !== 'tessera', one.name)
})

test('what is chosen brings its bare framework along, and a name that nobody has is an error', (t) => {
  const names = chosen(['secure', 'tessera, file'], []).map(({ name }) => name)
  t.deepEqual(names, ['bare koa', 'tessera, file', 'bare fastify', 'fastify-secure-session'])
  t.false(chosen([], ['redis']).some(({ keeps }) => keeps === 'redis'))
  t.throws(() => chosen(['tesera'], []), {
    instanceOf: RangeError,
    message: /tesera; there are bare koa; tess/,
  })
})

test('a run takes less than six minutes, figures for the page included, and a quick one less than one', (t) => {
  const all = { contenders: chosen([], []), kinds: undefined, rounds: undefined }
  const whole = planFor({ ...all, quick: false })
  t.true(secondsOf(whole, true) < 350, `${secondsOf(whole, true)}`)
  const deciding = withFrameworks(contenders.filter(({ name }) => hasGoal(name)))
  const quick = planFor({ ...all, contenders: deciding, quick: true })
  t.true(secondsOf(quick, false) < 55, `${secondsOf(quick, false)}`)
})

test('what a goal is about takes more turns than what is only shown', (t) => {
  const all = { contenders: chosen([], []), quick: false, rounds: undefined }
  const { main, asleep, own } = planFor({ ...all, kinds: undefined })
  const roundsOf = (name: string, kind: Kind) =>
    main.contenders.filter((one) => one.name === name).map((one) => main.roundsOf(one, kind))
  t.deepEqual(roundsOf('tessera, cache', 'read'), [3])
  t.deepEqual(roundsOf('koa-session-minimal', 'write'), [3])
  t.deepEqual(roundsOf('koa-generic-session', 'write'), [1])
  t.deepEqual(roundsOf('koa-generic-session', 'create'), [0])
  t.false(asleep?.contenders.some(({ name }) => name === 'koa-generic-session'))
  t.true(asleep?.contenders.some(({ name }) => name === 'bare fastify'))
  t.true(own?.contenders.some(({ name }) => name === 'tessera, db'))
  const asked = planFor({ ...all, kinds: ['create'], rounds: 5 })
  t.deepEqual(
    asked.main.contenders.map((one) => asked.main.roundsOf(one, 'create')),
    asked.main.contenders.map(() => 5),
  )
})

/** `turns`: of each round what it took, and what its bare framework took beside it. */
function resultOf(name: string, turns: readonly (readonly number[])[]): Result {
  const contender = contenders.find((one) => one.name === name)
  if (contender === undefined) throw new RangeError(name)
  const tally = { requests: 1, seconds: 1, shed: 0, failed: 0, wrong: 0, example: undefined, busy: 0 }
  const rounds = turns.map(
    ([cpu = 0, ...bare]): PairedRound => ({ ...tally, latency: [1, 1, 1, 1], late: 0, cpu, bare }),
  )
  return { contender, rounds: new Map([['read', rounds]]) }
}

test('a profile says whose the time is, and counts no waiting', (t) => {
  const at = (name: string, url: string) => ({ name, url, microseconds: 6_000 })
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
