import test from 'ava'
import {
  type Engine,
  EngineUnavailable,
  openSessions,
  type Rotation,
  type SessionEvent,
} from '../../../src/lib/index.js'
import { heard, namesOf } from '../../support/heard.js'

const ofEngine = (events: readonly SessionEvent[]): readonly SessionEvent[] =>
  events.filter(({ event }) => event.startsWith('engine-'))

const RECORD = { data: {}, createdAt: 1, expires: 9e15 }

/** Somebody's engine, which answers when the test says so. */
function engineOf(answer: (call: string, id: string) => Promise<unknown>): Engine {
  return Object.freeze({
    name: 'own',
    capabilities: { revocable: true, shared: true },
    load: (id: string) => answer('load', id),
    create: (id: string) => answer('create', id),
    update: (id: string) => answer('update', id),
    touch: (id: string) => answer('touch', id),
    rotate: ({ id }: Rotation) => answer('rotate', id),
    delete: (id: string) => answer('delete', id),
    clearExpired: async () => 0,
    close: async () => {},
  } as Engine)
}

async function openOwn(answer: (call: string, id: string) => Promise<unknown>) {
  const lines: string[] = []
  const log = (_details: object, message: string): void => {
    lines.push(message)
  }
  const sessions = await openSessions({ engine: engineOf(answer), logger: { warn: log, error: log } })
  return { engine: sessions.engine, sessions, events: heard(sessions), lines }
}

test('of an engine of somebody else’s an outage is told too, and no id that its message holds', async (t) => {
  const id = 'i'.repeat(32)
  const { engine, events, lines } = await openOwn(async (_call, asked) => {
    throw new EngineUnavailable('no answer', { cause: new Error(`GET sess:${asked} failed`) })
  })
  await t.throwsAsync(engine.load(id), { instanceOf: EngineUnavailable })
  t.like(events, [{ event: 'engine-down', engine: 'own', message: 'no answer: GET sess:… failed' }])
  t.deepEqual(lines, ['the session store cannot be used'])
})

test('an outage of the writes ends with a write that was done', async (t) => {
  let full = true
  const { engine, events } = await openOwn(async (call) => {
    if (call === 'load') return { kind: 'missing' }
    if (full) throw new EngineUnavailable('the disk is full')
    return call === 'create' ? 'id' : { kind: call === 'update' ? 'missing' : 'touched' }
  })
  await t.throwsAsync(engine.update('id', RECORD, 1))
  await engine.load('id')
  full = false
  await engine.update('id', RECORD, 1)
  t.deepEqual(namesOf(events), ['engine-down'], 'reads, and writes to what is not there, prove nothing')
  await engine.touch('id', 1)
  t.deepEqual(namesOf(events), ['engine-down', 'engine-up'])
})

test('the late answer to a call from before the outage does not end it', async (t) => {
  const waiting: ((kind: 'found') => void)[] = []
  let down = false
  const { engine, events } = await openOwn(async () => {
    if (down) throw new EngineUnavailable('gone')
    await new Promise((resolve) => waiting.push(resolve))
    return { kind: 'missing' }
  })
  const early = engine.load('a')
  down = true
  await t.throwsAsync(engine.load('b'))
  waiting[0]?.('found')
  await early
  t.deepEqual(namesOf(ofEngine(events)), ['engine-down'])
  down = false
  const later = engine.load('c')
  waiting[1]?.('found')
  await later
  t.deepEqual(namesOf(ofEngine(events)), ['engine-down', 'engine-up'])
})

test('what is no outage is not told as one', async (t) => {
  const { engine, events, lines } = await openOwn(async () => {
    throw new TypeError('a fault of the engine’s')
  })
  await t.throwsAsync(engine.load('a'), { instanceOf: TypeError })
  t.deepEqual([events, lines], [[], []])
})

test('two that open sessions on one engine both hear of its outage, and the log once', async (t) => {
  let down = true
  const { engine, events, lines } = await openOwn(async () => {
    if (down) throw new EngineUnavailable('gone')
    return { kind: 'missing' }
  })
  const log = (_details: object, message: string): void => {
    lines.push(message)
  }
  const others = await openSessions({ engine, logger: { warn: log, error: log } })
  t.is(others.engine, engine)
  const theirs = heard(others)
  await t.throwsAsync(others.engine.load('a'))
  down = false
  await engine.load('a')
  t.deepEqual(namesOf(events), ['engine-down', 'engine-up'])
  t.deepEqual(namesOf(theirs), ['engine-down', 'engine-up'])
  t.is(lines.length, 1)
})
