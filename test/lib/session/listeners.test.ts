import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import {
  EngineUnavailable,
  openSessions,
  type SessionEvent,
  type SessionEventName,
  type Sessions,
} from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { heard, namesOf } from '../../support/heard.js'
import { intercept } from '../../support/intercept.js'
import { serve } from '../../support/serve.js'
import { temporaryDirectory } from '../../support/server-process.js'
import { memory } from '../../support/stores/memory.js'

interface Logged {
  readonly message: string
  readonly event?: unknown
  readonly err?: unknown
}

async function openOn(t: ExecutionContext, options: { secretKey?: string; clock?: () => number } = {}) {
  const logged: Logged[] = []
  const log = (details: object, message: string): void => {
    logged.push({ message, ...details })
  }
  const logger = { warn: log, error: log }
  const sessions = await openSessions({ engine: 'cache', logger, ...options })
  t.teardown(() => sessions.close())
  return { sessions, logged }
}

/** Stores a session, moves it, ends it, and comes back with every id. */
async function live(sessions: Sessions): Promise<readonly string[]> {
  const session = await sessions.open()
  session.set<string>('a', 1)
  await session.save()
  const first = session.id ?? ''
  session.cycleKey()
  await session.save()
  const second = session.id ?? ''
  session.flush()
  await session.save()
  const ids = [first, second, 'u'.repeat(32), 'malformed']
  for (const id of ids) await sessions.open(id)
  return ids
}

const STORY = [
  'created',
  'renewed',
  'logout',
  'use-after-end',
  'use-after-end',
  'unknown-id',
  'malformed-id',
] as const

test.serial('what nobody listens to is not worked out: no hash is made for it', async (t) => {
  const real = crypto.createHmac
  let hashes = 0
  crypto.createHmac = (...args) => {
    hashes++
    return real(...args)
  }
  syncBuiltinESMExports()
  t.teardown(() => {
    crypto.createHmac = real
    syncBuiltinESMExports()
  })

  const { sessions } = await openOn(t)
  await live(sessions)
  t.is(hashes, 0)

  const stop = sessions.on('undecodable', () => {})
  await live(sessions)
  t.is(hashes, 0, 'of what did not happen')
  stop()

  sessions.on('logout', () => {})
  await live(sessions)
  t.is(hashes, 1, 'of the log-out alone')
})

test('a listener that throws or rejects costs no request anything, keeps the event from nobody, and is logged', async (t) => {
  let now = 0
  const { sessions, logged } = await openOn(t, { clock: () => now })
  sessions.on('created', () => {
    throw new Error('thrown')
  })
  const names: string[] = []
  sessions.on('created', ({ event }) => names.push(event))
  sessions.on('logout', async () => {
    throw new Error('rejected')
  })
  await live(sessions)
  await setImmediate()
  t.deepEqual(names, ['created'])
  t.deepEqual(logged, [
    { message: 'a listener of session events failed', event: 'created', err: logged[0]?.err },
  ])
  t.regex(String(logged[0]?.err), /thrown/)

  now += 60_000
  const session = await sessions.open()
  await session.save()
  t.is(logged.length, 2, 'once a minute')
  now += 60_000
  session.flush()
  await session.save()
  await setImmediate()
  t.regex(String(logged[2]?.err), /rejected/)
})

test('a listener hears what it asked for, until it is taken away, and cannot change it', async (t) => {
  const { sessions } = await openOn(t)
  const events: SessionEvent[] = []
  const listener = (event: SessionEvent): unknown => events.push(event)
  const stops = [sessions.on('created', listener), sessions.on('created', listener)]
  await live(sessions)
  t.deepEqual(namesOf(events), ['created', 'created'])
  t.true(events.every((event) => Object.isFrozen(event)))
  stops[0]?.()
  stops[0]?.()
  await live(sessions)
  t.is(events.length, 3)
  stops[1]?.()
  await live(sessions)
  t.is(events.length, 3)
})

test('an event that does not exist is refused with those that do', async (t) => {
  const { sessions } = await openOn(t)
  t.throws(() => sessions.on('sign-in' as SessionEventName, () => {}), {
    instanceOf: TypeError,
    message: /^there is no event sign-in; there are created, renewed, /,
  })
})

test('S12 no event holds an id, nor a part of one', async (t) => {
  const { sessions } = await openOn(t)
  const events = heard(sessions)
  const ids = await live(sessions)
  t.deepEqual(namesOf(events), [...STORY])
  const text = JSON.stringify(events)
  for (const id of ids.slice(0, 3)) {
    for (let at = 0; at + 8 <= id.length; at++) t.false(text.includes(id.slice(at, at + 8)))
  }
})

test('a session is called the same by every process with the same SECRET_KEY, and by no other', async (t) => {
  const id = 'u'.repeat(32)
  const called = async (secretKey?: string): Promise<string> => {
    const { sessions } = await openOn(t, secretKey === undefined ? {} : { secretKey })
    const names: string[] = []
    sessions.on('unknown-id', ({ session }) => names.push(session))
    await sessions.open(id)
    return names.join()
  }
  const key = 'a key of thirty-two characters or more'
  t.is(await called(key), await called(key))
  const names = await Promise.all([called(key), called(`${key}.`), called(), called()])
  t.is(new Set(names).size, 4)
  for (const name of names) t.regex(name, /^[\w-]{10}$/)
})

test('of the ends of a minute the last thousand are remembered', async (t) => {
  const { sessions } = await openOn(t)
  const events = heard(sessions)
  const ids: string[] = []
  for (let n = 0; n < 1001; n++) {
    const session = await sessions.open()
    await session.save()
    ids.push(session.id ?? '')
    session.flush()
    await session.save()
  }
  events.length = 0
  for (const id of [ids[0], ids[1], ids[1000]]) await sessions.open(id)
  t.deepEqual(namesOf(events), ['unknown-id', 'use-after-end', 'use-after-end'])
})

for (const engine of ['cache', 'db'] as const) {
  test(`${engine}: a listener can tell which request caused the event`, async (t) => {
    const databaseUrl = `sqlite:${join(await temporaryDirectory(t), 'sessions.sqlite')}`
    const sessions = await openSessions({ engine, databaseUrl })
    t.teardown(() => sessions.close())
    const app = new Koa({ asyncLocalStorage: true })
    const paths: (string | undefined)[] = []
    sessions.on('unknown-id', () => paths.push(app.currentContext?.path))
    app.use(sessions.middleware())
    app.use(async (ctx) => {
      await ctx.session
      ctx.body = 'ok'
    })
    const url = await serve(t, app)
    const wanted = Array.from({ length: 20 }, (_, n) => `/${n}`)
    await Promise.all(
      wanted.map(async (path, n) => {
        const headers = { Cookie: `sessionid=${String.fromCharCode(97 + n).repeat(32)}` }
        await (await fetch(url + path, { headers })).text()
      }),
    )
    t.deepEqual(paths.toSorted(), wanted.toSorted())
  })
}

test.serial('a promise of another realm that a listener answers ends nothing when it rejects', async (t) => {
  const { sessions, logged } = await openOn(t)
  sessions.on('created', () => runInNewContext('Promise.reject(new Error("of another realm"))'))
  await live(sessions)
  await setImmediate()
  t.like(logged, [{ message: 'a listener of session events failed', event: 'created' }])
})

for (const [title, fail] of [
  [
    'throws',
    () => {
      throw new Error('the disk is full')
    },
  ],
  ['rejects', () => Promise.reject(new Error('the disk is full'))],
] as const)
  test.serial(`a logger that ${title} fails no request and ends no process`, async (t) => {
    const { bench, close } = await openBench(memory)
    t.teardown(close)
    const engine = intercept(bench.engine, () => {
      throw new EngineUnavailable('down')
    })
    const told: unknown[] = []
    const { error } = console
    console.error = (...words: unknown[]) => told.push(words[0])
    t.teardown(() => {
      console.error = error
    })
    const sessions = await openSessions({ engine, logger: { warn: fail, error: fail } })
    await t.throwsAsync(sessions.open('a'.repeat(32)), { instanceOf: EngineUnavailable })
    await setImmediate()
    t.deepEqual(told, ['koa-tessera: the logger has failed. It was told: the session store cannot be used'])
  })
