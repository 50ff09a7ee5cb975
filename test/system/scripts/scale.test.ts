import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { spreadOver } from '../../../scripts/scale/fill.js'
import { isFlat, type Level, ratioOf } from '../../../scripts/scale/flat.js'
import { faultsOf, type ProcessesResult, type Round } from '../../../scripts/scale/processes.js'
import { RoughRoad } from '../../support/servers/rough-road.js'
import { Script } from './script.js'

const SCALE = 'scale'

const level = (records: number, read: number[], write = [100, 100, 100]): Level => ({
  records,
  cpu: { read, write },
})

test('a store of many is flat up to 15 % above the one of few, in reads and in writes', (t) => {
  const few = level(1000, [100, 100, 100])
  t.true(isFlat([few, level(100_000, [115, 114, 116]), level(1_000_000, [90, 90, 90])]))
  t.false(isFlat([few, level(100_000, [100, 100, 100]), level(1_000_000, [116, 116, 116])]))
  t.false(isFlat([few, level(1_000_000, [100, 100, 100], [120, 120, 120])]))
})

test('figures of one round are compared with each other: a slow round is slow for all', (t) => {
  const few = level(1000, [100, 300, 100])
  t.is(ratioOf(level(1_000_000, [110, 330, 110]), few, 'read'), 1.1)
  t.is(ratioOf(level(1_000_000, [300, 330, 110]), few, 'read'), 1.1)
})

test('the visited sessions come from all over the store, each once', (t) => {
  const ids = Array.from({ length: 1000 }, (_, number) => String(number).padStart(4, '0'))
  const visited = spreadOver(ids, 10)
  t.deepEqual(visited, ['0000', '0100', '0200', '0300', '0400', '0500', '0600', '0700', '0800', '0900'])
  t.is(new Set(spreadOver(ids, 700)).size, 700)
  t.deepEqual(spreadOver(ids, 5000), ids)
})

const goodRound: Round = {
  requests: 1000,
  seconds: 1,
  shed: 0,
  failed: 0,
  wrong: 0,
  example: undefined,
  latency: [1, 2, 3, 4],
  cpu: 50,
  storeCpu: Number.NaN,
  busy: 1,
}

/** Two servers that did all they had to. */
const flawless: ProcessesResult = {
  processes: 2,
  rounds: [goodRound, goodRound, goodRound],
  check: { sessions: 200, wrong: 0, example: undefined },
  refused: 0,
  lost: 0,
  revived: 0,
}

test('several servers: whatever was wrong, refused or lost is told', (t) => {
  t.deepEqual(faultsOf(flawless), [])
  const round = { ...goodRound, wrong: 1, example: 'read: 200 none' }
  const all = faultsOf({
    ...flawless,
    rounds: [...flawless.rounds, round, { ...round, wrong: 2, failed: 4 }],
    check: { sessions: 200, wrong: 5, example: 'in the end: 200 none' },
    refused: 6,
    lost: 7,
    revived: 8,
  })
  t.deepEqual(all, [
    '2 servers: 3 wrong answers, such as read: 200 none',
    '2 servers: 4 requests failed, such as read: 200 none',
    '2 servers: 5 counters are not what the answered writes say, such as in the end: 200 none',
    '2 servers: 6 of 1000 concurrent writes were refused',
    '2 servers: 7 answered writes are lost',
    '2 servers: 8 of 100 log-outs were undone',
  ])
})

test('what a request waits for is counted by questions, not by how many pieces they come in', async (t) => {
  const server = createServer((socket) => {
    let heard = ''
    socket.setEncoding('utf8').on('data', (text: string) => {
      heard += text
      if (heard === 'who are you') socket.write('a server', () => socket.write(' of a test'))
      if (heard === 'who are you? bye') socket.end('bye')
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const road = await RoughRoad.start((server.address() as AddressInfo).port)
  const client = connect({ port: road.port, host: '127.0.0.1', noDelay: true }).setEncoding('utf8')
  t.teardown(async () => {
    client.destroy()
    await road.close()
    server.close()
  })
  client.write('who are')
  while (road.traffic.sent < 7) await turn() // they are two pieces
  client.write(' you')
  for (let heard = ''; heard !== 'a server of a test'; ) heard += (await once(client, 'data'))[0]
  t.deepEqual(road.traffic, { sent: 11, received: 18, questions: 1 })
  client.write('? bye')
  await once(client, 'end')
  t.deepEqual(road.traffic, { sent: 16, received: 21, questions: 2 })
})

test('--help names every measurement, and each has a help of its own', async (t) => {
  const all = await new Script(t, SCALE, ['--help']).end()
  t.is(all.code, 0)
  for (const name of ['store', 'flat', 'bytes', 'processes', 'soak'])
    t.regex(all.stdout, new RegExp(`^ {2}${name} `, 'm'))
  const { code, stdout } = await new Script(t, SCALE, ['flat', '--help']).end()
  t.is(code, 0)
  t.regex(stdout, /choices: "sqlite", "postgres", "mariadb", "redis",\s+"file"/)
})

for (const [title, args, message] of [
  ['a measurement that there is not', ['sqlite'], "unknown command 'sqlite'"],
  ['a store that there is not', ['flat', 'sqlit'], "'sqlit' is invalid"],
  ['no records', ['flat', '--records', '1000,0'], "'1000,0' is invalid. a whole number from 1"],
  ['more than all', ['soak', '--share', '1.2'], "'1.2' is invalid. a number above 0 and at most 1"],
  ['no time', ['soak', '--minutes', '0'], "'0' is invalid. a number above 0"],
] as const) {
  test(`${title}: one message, exit code 1, and nothing is measured`, async (t) => {
    const { code, stdout, stderr } = await new Script(t, SCALE, args).end()
    t.is(code, 1)
    t.is(stdout, '')
    t.true(stderr.includes(message), stderr)
    t.true(stderr.includes('--help'), stderr)
  })
}
