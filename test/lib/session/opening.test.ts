import test, { type ExecutionContext } from 'ava'
import Koa from 'koa'
import { record } from '../../../src/lib/conformance/case.js'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import type { Engine } from '../../../src/lib/engines/engine.js'
import {
  CookieTooLarge,
  EngineUnavailable,
  openSessions,
  RecordRefused,
  SessionContended,
} from '../../../src/lib/index.js'
import { openBench } from '../../support/engines.js'
import { intercept } from '../../support/intercept.js'
import { serve } from '../../support/serve.js'
import { onStoreAndCookie } from '../../support/site.js'
import { memory } from '../../support/stores/memory.js'

/** Sessions on an engine that is like the one in memory, but for what `change` does to it. */
async function openOn(t: ExecutionContext, change: (engine: Engine) => Engine) {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const calls: string[] = []
  const engine = change(
    intercept(bench.engine, (call) => {
      calls.push(call)
    }),
  )
  return { bench, calls, sessions: await openSessions({ engine, clock: () => bench.now }) }
}

test('an engine that does not say how ids are written is asked for every one', async (t) => {
  const { bench, calls, sessions } = await openOn(t, ({ isId: _isId, ...engine }) => engine)
  const id = await createIn(bench.engine, record(bench, { a: 1 }))
  t.is((await sessions.open(id)).get('a'), 1)
  t.is((await sessions.open('no id at all')).id, undefined)
  t.deepEqual(calls, ['load', 'load'])
})

test('S04 one that does is not asked for what is written otherwise', async (t) => {
  const { calls, sessions } = await openOn(t, (engine) => engine)
  t.is((await sessions.open('no id at all')).id, undefined)
  t.deepEqual(calls, [])
})

test('a touch that fails otherwise than by an outage is reported as a mistake, not logged as an outage', async (t) => {
  const { bench, close } = await openBench(memory)
  t.teardown(close)
  const engine = intercept(bench.engine, (call) => {
    if (call === 'touch') throw new TypeError('a mistake')
  })
  const report = (_details: object, message: string): void => t.fail(message) as never
  const logger = { warn: report, error: report }
  const sessions = await openSessions({ engine, clock: () => bench.now, saveEveryRequest: true, logger })
  const errors: string[] = []
  const app = new Koa().use(sessions.middleware()).on('error', ({ message }: Error) => errors.push(message))
  const id = await createIn(bench.engine, record(bench))
  const { status } = await fetch(await serve(t, app), { headers: { cookie: `sessionid=${id}` } })
  t.is(status, 500)
  t.deepEqual(errors, ['a mistake'])
})

for (const [call, options, message] of [
  ['touch', { saveEveryRequest: true }, 'a session could not be touched'],
  ['rotate', { renewAfter: 60 }, 'the id of a session could not be renewed'],
] as const) {
  for (const cause of [
    new EngineUnavailable('down'),
    new SessionContended(),
    new RecordRefused('too large'),
    new CookieTooLarge(5000, 4096),
  ])
    test(`a ${call} that nobody asked for and that fails by ${cause.name} is logged, and the answer stays`, async (t) => {
      const { bench, close } = await openBench(memory)
      t.teardown(close)
      const engine = intercept(bench.engine, (made) => {
        if (made === call) throw cause
      })
      const warnings: unknown[] = []
      const logger = { warn: (...what: unknown[]) => warnings.push(what), error: () => {} }
      const sessions = await openSessions({ engine, clock: () => bench.now, logger, ...options })
      const id = await createIn(bench.engine, record(bench, {}, 1000))
      bench.now += 60_000
      const app = new Koa().use(sessions.middleware()).use(async (ctx) => {
        ctx.body = String((await ctx.session).size)
      })
      app.silent = true
      const response = await fetch(await serve(t, app), { headers: { cookie: `sessionid=${id}` } })
      t.is(response.status, 200)
      t.deepEqual(warnings, [[{ err: cause }, message]])
    })
}

onStoreAndCookie('items 26 and 28: the longest life is what dates can hold', async (t, open) => {
  const site = await open()
  const session = await site.sessions.open()
  const most = Math.floor((8.64e15 - site.bench.now) / 1000)
  for (const seconds of [most, -most]) {
    session.setExpiry(seconds)
    t.is(session.getExpiryAge(), seconds)
    t.false(Number.isNaN(session.getExpiryDate().getTime()))
  }
  for (const seconds of [most + 1, -most - 1, 8.64e12, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => session.setExpiry(seconds), {
      instanceOf: RangeError,
      message: `setExpiry takes seconds (${most} at the most), a valid Date or null, not ${seconds}`,
    })
  }
})
