import { AsyncLocalStorage } from 'node:async_hooks'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { ProxyTracerProvider, type Span, trace } from '@opentelemetry/api'
import test, { type ExecutionContext } from 'ava'
import { register } from 'prom-client'
import { type Engine, EngineUnavailable, openSessions, type TraceMessage } from '../../src/lib/index.js'
import { commitChannel, engineChannel, isHeard, openChannel } from '../../src/lib/tracing.js'
import { codeIn } from '../support/documents.js'
import { root } from '../support/root.js'
import { type Handler, onStore, onStoreAndCookie } from '../support/site.js'

const names = ['open', 'commit', 'engine'] as const

const handlers: Readonly<Record<string, Handler>> = {
  '/untouched': () => {},
  '/read': async (ctx) => {
    ctx.body = (await ctx.session).get('name', '')
  },
  '/write': async (ctx) => (await ctx.session).set('name', 'Ada Lovelace'),
  '/login': async (ctx) => (await ctx.session).login('ada'),
  '/logout': async (ctx) => (await ctx.session).flush(),
}

/** What is published from now on, in order: the channel with the event, and the message as it was then. */
function listen(t: ExecutionContext): { told: string[]; shown: string[] } {
  const told: string[] = []
  const shown: string[] = []
  for (const name of names) {
    const hear = (event: string) => (message: unknown) => {
      const { operation, outcome } = message as TraceMessage
      told.push([name, event, operation, outcome].filter((part) => part !== undefined).join(' '))
      shown.push(inspect(message, { depth: null, showHidden: true }))
    }
    const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
    const subscribers = Object.fromEntries(events.map((event) => [event, hear(event)]))
    const traced = tracingChannel(`koa-tessera:${name}`)
    traced.subscribe(subscribers as never)
    t.teardown(() => traced.unsubscribe(subscribers as never))
  }
  return { told, shown }
}

onStoreAndCookie('an operation is told of from start to asyncEnd, with its outcome', async (t, open) => {
  const { visitor } = await open(handlers)
  const ada = visitor()
  await ada.visit('/write')
  const { told } = listen(t)
  await ada.visit('/untouched')
  t.deepEqual(told, [], 'who does not ask for the session costs nothing')
  await ada.visit('/read')
  t.deepEqual(told, [
    ...['open start open', 'engine start load', 'engine end load', 'open end open'],
    ...['engine asyncStart load found', 'engine asyncEnd load found'],
    ...['open asyncStart open live', 'open asyncEnd open live'],
  ])
  told.length = 0
  await ada.visit('/write')
  t.deepEqual(
    told.filter((line) => line.includes('asyncEnd')),
    ['engine asyncEnd load found', 'open asyncEnd open live'].concat([
      'engine asyncEnd update updated',
      'commit asyncEnd update send',
    ]),
  )
})

onStoreAndCookie('no message holds an id, or anything of a session', async (t, open) => {
  const { visitor, sessions } = await open(handlers)
  const { shown } = listen(t)
  const ids: string[] = []
  const ada = visitor()
  for (const path of ['/write', '/login', '/read', '/logout', '/read']) {
    await ada.visit(path)
    ids.push(...ada.cookies.values())
  }
  await sessions.clearExpired()
  t.true(shown.length > 20 && new Set(ids).size > 1)
  for (const text of shown)
    for (const secret of [...ids.filter((id) => id !== ''), 'ada', 'Ada Lovelace'])
      t.false(text.includes(secret), text)
})

onStoreAndCookie('what fails is told of, and the request gets the very error', async (t, open) => {
  const { visitor, store, down, errors } = await open(handlers)
  const ada = visitor()
  await ada.visit('/write')
  const { told, shown } = listen(t)
  down.add('load')
  const { status } = await ada.visit('/read')
  t.is(status, 503)
  t.deepEqual(told, [
    ...['open start open', 'engine start load', 'engine end load', 'open end open'],
    ...['engine error load error', 'engine asyncStart load error', 'engine asyncEnd load error'],
    ...['open error open error', 'open asyncStart open error', 'open asyncEnd open error'],
  ])
  t.true(shown.at(-1)?.includes('does not answer load'))
  t.true(errors[0] instanceof EngineUnavailable)
  t.truthy(await store())
})

onStore(
  'an id that an engine puts into its error is not told; what is bound to start is current in the engine',
  async (t, open) => {
    const { sessions: outer, store } = await open(handlers)
    const id = await store()
    const current = new AsyncLocalStorage<unknown>()
    const start = channel('tracing:koa-tessera:engine:start')
    start.bindStore(current, (message) => (message as TraceMessage).operation)
    t.teardown(() => start.unbindStore(current))
    const seen: unknown[] = []
    const failing: Engine = Object.create(outer.engine, {
      load: {
        value: async (asked: string) => {
          seen.push(current.getStore())
          throw new EngineUnavailable(`nothing at ${asked}, key x:${asked}`)
        },
      },
    })
    const logger = { warn: () => {}, error: () => {} }
    const sessions = await openSessions({ engine: failing, logger })
    const { shown } = listen(t)
    const error: unknown = await sessions.open(id).catch((caught: unknown) => caught)
    t.true(String(error).includes(id))
    t.true(shown.some((text) => text.includes('nothing at …, key x:…')))
    t.false(shown.some((text) => text.includes(id)))
    t.deepEqual(seen, ['load'])
  },
)

test.serial('the examples of the page feed OpenTelemetry and Prometheus', async (t) => {
  const spans: string[] = []
  const span = (name: string): Span => {
    const own = {
      setAttribute: (_key: string, value: unknown) => {
        spans.push(`${name}: ${value}`)
        return own
      },
      recordException: (error: Error) => spans.push(`${name}: ${error.message}`),
      setStatus: () => own,
      end: () => {},
    }
    return own as unknown as Span
  }
  const provider = new ProxyTracerProvider()
  provider.setDelegate({ getTracer: () => ({ startSpan: span }) as never })
  trace.setGlobalTracerProvider(provider)
  const folder = join(root, 'build', `tracing-${process.pid}`)
  await mkdir(folder, { recursive: true })
  t.teardown(() => rm(folder, { recursive: true }))
  for (const name of ['spans.mjs', 'metrics.mjs']) {
    await writeFile(join(folder, name), codeIn('docs/tracing.md', name))
    await import(pathToFileURL(join(folder, name)).href)
  }
  const sessions = await openSessions({ engine: 'cache' })
  const session = await sessions.open()
  session.set('a', 1)
  await session.save()
  await sessions.close()
  t.deepEqual(spans, [
    'session open open: new',
    'session engine create: created',
    'session commit create: send',
  ])
  const text = await register.metrics()
  t.regex(text, /session_engine_seconds_count\{engine="cache",operation="create",outcome="created"\} 1/)
  t.true([openChannel, commitChannel, engineChannel].every(isHeard))
})
