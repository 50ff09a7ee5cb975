import { Agent } from 'node:http'
import { setImmediate } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import Koa, { type Context, type Middleware } from 'koa'
import type { Bench } from '../../src/lib/conformance/bench.js'
import { record } from '../../src/lib/conformance/case.js'
import { createIn } from '../../src/lib/conformance/drawing.js'
import { EngineUnavailable, openSessions, type Sessions, type SessionsOptions } from '../../src/lib/index.js'
import { type Answer, type Sent, send, Visitor } from './client.js'
import {
  cookieEngines,
  enginesUnderTest,
  oneCookie,
  oneOfEachKind,
  oneStore,
  openBench,
  serverSideEngines,
  storesOfOthers,
} from './engines.js'
import { type EngineCall, intercept } from './intercept.js'
import { serve } from './serve.js'
import { revocableBy } from './stores/signed-cookies.js'
import type { EngineUnderTest } from './stores/store.js'
import { testOf } from './test-of.js'

/** Answers one path. What it sets on `ctx` is the answer; without a body that is `ok`. */
export type Handler = (ctx: Context) => Promise<unknown> | unknown

/** What the settings say where a test says nothing: seconds. */
export const COOKIE_AGE = 1_209_600

/** A Koa app with sessions, served; its engine is watched, and its clock in the test's hand (`bench.now`). */
export interface Site {
  readonly bench: Bench
  readonly sessions: Sessions
  /** The cookie holds the session: each write makes another id, and the old one stays good. */
  readonly inCookie: boolean
  /** How ids are written. */
  readonly idPattern: RegExp
  /** What the engine was asked for, in order. */
  readonly calls: EngineCall[]
  /** The calls that the store does not answer. */
  readonly down: Set<EngineCall>
  /** What arrived at the app's `error` event. */
  readonly errors: Error[]
  /** What was logged. */
  readonly logged: string[]
  /** Resolves when the answer is there and the app is done with the request, whichever comes last. */
  send(path: string, sent?: Sent): Promise<Answer>
  /** Resolves when the answer is there, whatever other requests are under way. */
  request(path: string, sent?: Sent): Promise<Answer>
  visitor(): Visitor
  /** Stores a live session without a request, and answers its id. */
  store(data?: Parameters<typeof record>[1]): Promise<string>
  /** What the store holds under an id. */
  stored(id: string): Promise<Awaited<ReturnType<Bench['engine']['load']>>>
}

export type OpenSite = (handlers?: Readonly<Record<string, Handler>>, options?: SiteOptions) => Promise<Site>
export type SiteOptions = Omit<SessionsOptions, 'engine' | 'clock' | 'logger'> & {
  /** Koa's `app.proxy`. Default: false, as Koa's. */
  readonly proxy?: boolean
  /** What stands between the sessions and the handlers. */
  readonly use?: (sessions: Sessions) => readonly Middleware[]
}

/**
 * What the middleware, the cookie and a session promise is the same on every store: one is enough, and one cookie that
 * holds the session, where ids change with each write and nothing can be ended.
 */
export function onStoreAndCookie(title: string, run: RunOnSite): void {
  registerOn([...oneStore, ...oneCookie], title, run)
}

/** The same for what only a store can do: end a session, or tell two writers apart. */
export function onStore(title: string, run: RunOnSite): void {
  registerOn(oneStore, title, run)
}

/** For what other packages build on: one engine of each kind. */
export function onEachKind(title: string, run: RunOnSite): void {
  registerOn(oneOfEachKind, title, run)
}

/** For what differs where the cookie holds the session: signed and sealed. */
export function onCookies(title: string, run: RunOnSite): void {
  registerOn(cookieEngines, title, run)
}

/** For cookies whose users can be logged out everywhere, by a store that remembers it. */
export function onRevocableCookies(title: string, run: RunOnSite): void {
  registerOn(oneStore.map(revocableBy), title, run)
}

/** For what each engine has to prove by itself. Tests of a file run one after the other: each has a store of its own. */
export function onEveryEngine(title: string, run: RunOnSite): void {
  registerOn(enginesUnderTest, title, run)
}

/** The same without those that keep the session in the cookie. */
export function onEveryStore(title: string, run: RunOnSite): void {
  registerOn(serverSideEngines, title, run)
}

/** For what `storeEngine` makes of a store that somebody else has written, sealed and not. */
export function onStoresOfOthers(title: string, run: RunOnSite): void {
  registerOn(storesOfOthers, title, run)
}

/** The id that the browser has after an answer to `sent`. */
export function idAfter({ cookies }: Answer, sent = ''): string {
  return cookies.find(({ name }) => name === 'sessionid')?.value ?? sent
}

type RunOnSite = (t: ExecutionContext, open: OpenSite) => Promise<unknown>

function registerOn(engines: readonly EngineUnderTest[], title: string, run: RunOnSite): void {
  for (const under of engines) {
    testOf(under, title, async (t) => {
      await run(t, (handlers = {}, options = {}) => openSite(t, under, handlers, options))
    })
  }
}

async function openSite(
  t: ExecutionContext,
  under: EngineUnderTest,
  handlers: Readonly<Record<string, Handler>>,
  { proxy = false, use = () => [], ...options }: SiteOptions,
): Promise<Site> {
  const { bench, close } = await openBench(under)
  t.teardown(close)
  const calls: EngineCall[] = []
  const down = new Set<EngineCall>()
  const errors: Error[] = []
  const logged: string[] = []
  const engine = intercept(bench.engine, (call) => {
    calls.push(call)
    if (down.has(call)) throw new EngineUnavailable(`store-7.internal does not answer ${call}`)
  })
  const log = (_details: object, message: string): void => {
    logged.push(message)
  }
  const sessions = await openSessions({
    ...options,
    engine,
    clock: () => bench.now,
    logger: { warn: log, error: log },
  })

  const app = new Koa({ proxy })
  app.silent = true
  app.on('error', (error: Error) => errors.push(error))
  const underWay = new Set<Promise<unknown>>()
  app.use((_ctx, next) => {
    const handled = next().finally(() => underWay.delete(handled))
    underWay.add(handled)
    return handled
  })
  app.use(sessions.middleware())
  for (const middleware of use(sessions)) app.use(middleware)
  app.use(async (ctx) => {
    await handlers[ctx.path]?.(ctx)
    if (ctx.respond !== false && ctx.status === 404 && ctx.body === undefined) ctx.body = 'ok'
  })
  const agent = new Agent({ keepAlive: true })
  const url = await serve(t, app)
  t.teardown(() => agent.destroy())

  const request: Site['request'] = (path, sent) => send(agent, `${url}${path}`, sent)
  const sendTo: Site['send'] = async (path, sent) => {
    const answer = await request(path, sent)
    await Promise.allSettled(underWay)
    // Koa reports what the middleware threw a few steps after it was thrown.
    await setImmediate()
    return answer
  }
  const { inCookie = false } = under
  return {
    bench,
    sessions,
    inCookie,
    idPattern: inCookie ? /^[es]1\.[\w.-]+$/ : /^[a-z0-9]{32}$/,
    calls,
    down,
    errors,
    logged,
    send: sendTo,
    request,
    visitor: () => new Visitor(sendTo),
    store: (data = { a: 1 }) => createIn(bench.engine, record(bench, data, COOKIE_AGE)),
    stored: (id) => bench.engine.load(id),
  }
}
