import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import type { Bench } from '../../../src/lib/conformance/bench.js'
import { openSessions, type Session, type Sessions } from '../../../src/lib/index.js'
import { Browser } from '../../support/browser.js'
import { openBench } from '../../support/engines.js'
import { serve } from '../../support/serve.js'
import type { EngineUnderTest } from '../../support/stores/store.js'

export type Handler = (session: Session, ctx: Context) => unknown

/** An application on an engine of its own, whose handlers a test can hold between load and commit. */
export class RacingApp {
  /** Milliseconds since 1970; begins at the present, because the browser holds no clock but that. */
  get now(): number {
    return this.#bench.now
  }

  set now(now: number) {
    this.#bench.now = now
  }

  readonly sessions: Sessions
  readonly browser: Browser
  readonly #bench: Bench
  readonly #handlers: Map<string, Handler>

  private constructor(sessions: Sessions, bench: Bench, browser: Browser, handlers: Map<string, Handler>) {
    this.sessions = sessions
    this.#bench = bench
    this.browser = browser
    this.#handlers = handlers
  }

  static async start(
    t: ExecutionContext,
    under: EngineUnderTest,
    saveEveryRequest = false,
  ): Promise<RacingApp> {
    const { bench, close } = await openBench(under)
    t.teardown(close)
    bench.now = Date.now()
    const clock = (): number => bench.now
    const sessions = await openSessions({ engine: bench.engine, cookieAge: 60, saveEveryRequest, clock })
    const handlers = new Map<string, Handler>()
    const app = new Koa()
    app.silent = true
    app.use(sessions.middleware())
    app.use(async (ctx) => {
      ctx.body = 'done'
      await handlers.get(ctx.path)?.(await ctx.session, ctx)
    })
    return new RacingApp(sessions, bench, new Browser(await serve(t, app)), handlers)
  }

  /** Answers the path with `handler` from now on. */
  on(path: string, handler: Handler): void {
    this.#handlers.set(path, handler)
  }

  /** One request that runs `handler`. */
  async request(handler: Handler, browser = this.browser): Promise<Response> {
    const path = `/${crypto.randomUUID()}`
    this.on(path, handler)
    const response = await browser.fetch(path)
    await response.text()
    return response
  }

  /**
   * A request that has loaded its session and waits there; `finish` lets it run `handler` and answers its response.
   * It has a browser of its own with the cookies of now, as a request on its way does.
   */
  async pause(handler: Handler): Promise<{ finish: () => Promise<Response> }> {
    const gate = deferred()
    const loaded = deferred()
    const held = this.request(async (session, ctx) => {
      loaded.resolve()
      await gate.promise
      await handler(session, ctx)
    }, this.browser.copy())
    await loaded.promise
    return {
      finish: () => {
        gate.resolve()
        return held
      },
    }
  }

  get id(): string {
    return this.browser.cookies.get('sessionid') ?? ''
  }
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = (): void => {}
  const promise = new Promise<void>((settle) => {
    resolve = settle
  })
  return { promise, resolve }
}
