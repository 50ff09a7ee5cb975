import test, { type ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import bodyParser from 'koa-bodyparser'
import { openEngine } from '../../../src/lib/engines/registry.js'
import { type CsrfOptions, csrf, loadSettings, openSessions, type Sessions } from '../../../src/lib/index.js'
import { Browser } from '../../support/browser.js'
import { type EngineCall, intercept } from '../../support/intercept.js'
import { serve } from '../../support/serve.js'

export const KEY = 'a secret of the tests, and of nobody else'

/** What differs in how a session's id lives: kept until it is rotated, or another with each write. */
const ENGINES = ['cache', 'signed_cookies'] as const
type EngineName = (typeof ENGINES)[number]

export interface CsrfSite {
  readonly url: string
  readonly engine: EngineName
  readonly sessions: Sessions
  /** What the engine was asked for, in order. */
  readonly calls: EngineCall[]
  /** What `csrf` logged. */
  readonly logged: { readonly details: object; readonly message: string }[]
  readonly app: Koa
  /** Milliseconds since 1970. */
  now: number
  person(): Person
}

export interface SiteParts {
  readonly csrf?: Partial<CsrfOptions>
  readonly saveEveryRequest?: boolean
  readonly cookieSecure?: boolean | 'auto'
  /** Answers the paths that a test adds. */
  readonly handlers?: Readonly<Record<string, (ctx: Context) => unknown>>
}

/**
 * A Koa application with sessions, forms and nothing else. `/form` answers the token, as a view would have it; `/write`
 * changes the session, `/log-in` rotates it and `/out` ends it; whatever else there is answers `done`.
 */
export async function openCsrfSite(
  t: ExecutionContext,
  engine: EngineName = 'cache',
  { csrf: options = {}, saveEveryRequest = false, cookieSecure = false, handlers = {} }: SiteParts = {},
): Promise<CsrfSite> {
  const calls: EngineCall[] = []
  const logged: { details: object; message: string }[] = []
  const keep = (details: object, message: string): void => {
    logged.push({ details, message })
  }
  const settings = await loadSettings({
    configDir: 'nowhere',
    env: { NODE_ENV: 'test', SESSION_ENGINE: engine, SECRET_KEY: KEY, COOKIE_AGE: '60' },
  })
  // Later than the machine's time, by which test browsers drop cookies.
  const time = { now: Date.UTC(2040, 0, 1) }
  const sessions = await openSessions({
    engine: async (tools) =>
      intercept(await openEngine(engine, settings, tools), (call) => {
        calls.push(call)
      }),
    cookieAge: settings.cookieAge,
    saveEveryRequest,
    cookieSecure,
    clock: () => time.now,
    logger: { warn: () => {}, error: () => {} },
  })
  t.teardown(() => sessions.close())

  const app = new Koa()
  app.silent = true
  app.use(bodyParser())
  app.use(sessions.middleware())
  app.use(csrf({ secretKey: KEY, logger: { warn: keep, error: keep }, ...options }))
  const known: SiteParts['handlers'] = {
    '/form': (ctx) => {
      ctx.body = ctx.state.csrfToken
    },
    '/write': async (ctx) => (await ctx.session).transform<string>('n', (n) => Number(n ?? 0) + 1),
    '/log-in': async (ctx) => {
      const session = await ctx.session
      session.cycleKey()
      session.set<string>('user', 'ada')
    },
    '/out': async (ctx) => (await ctx.session).flush(),
    ...handlers,
  }
  app.use(async (ctx) => {
    await known[ctx.path]?.(ctx)
    ctx.body ??= 'done'
  })
  const url = await serve(t, app)
  return {
    url,
    engine,
    sessions,
    calls,
    logged,
    app,
    get now() {
      return time.now
    },
    set now(now) {
      time.now = now
    },
    person: () => new Person(url),
  }
}

/** Registers the test once for each engine. */
export function onBoth(title: string, run: (t: ExecutionContext, engine: EngineName) => Promise<void>): void {
  for (const engine of ENGINES) test(`${engine}: ${title}`, (t) => run(t, engine))
}

/** Somebody with a browser that does not say where a form comes from: the token alone decides. */
export class Person extends Browser {
  /** The page's token. */
  async token(path = '/form'): Promise<string> {
    return (await this.fetch(path)).text()
  }

  /** Sends a form with this token, or without one, and answers the status. */
  async post(token?: string, path = '/'): Promise<number> {
    const body = new URLSearchParams(token === undefined ? {} : { csrfmiddlewaretoken: token })
    return (await this.fetch(path, { method: 'POST', body })).status
  }
}
