import { Agent } from 'node:http'
import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import {
  EngineUnavailable,
  openSessions,
  type Sessions,
  type SessionsOptions,
} from '../../../src/lib/index.js'
import { type Answer, send } from '../../support/client.js'
import { serve } from '../../support/serve.js'

/** A line of the log, as a logger is given it. */
export interface Logged {
  readonly message: string
  readonly err?: unknown
}

/** An app on a store that a test takes away. Opened on a real store: no call is intercepted. */
export interface OutageSite {
  readonly sessions: Sessions
  readonly logged: Logged[]
  /** Called by each handler between the load and the end of the request, when everything that follows is a write. */
  beforeWrite: () => void
  send(path: OutagePath, id?: string): Promise<Answer>
  /** Stores a session in which `n` is counted, and answers its id. */
  store(n: number): Promise<string>
  /** What is counted in a session; undefined if there is none such. */
  stored(id: string): Promise<unknown>
  /** Finishes, and lets go of the store. A test that does not call it need not. */
  close(): Promise<void>
}

/** `/` counts, `/end` logs out, `/plain` leaves the session alone; the others say it. */
export type OutagePath = '/' | '/read' | '/rotate' | '/end' | '/plain'

const handlers: Readonly<Record<OutagePath, (ctx: Context, loaded: () => void) => Promise<void> | void>> = {
  '/': async (ctx, loaded) => {
    const session = await ctx.session
    session.transform<string>('n', (n) => Number(n ?? 0) + 1)
    ctx.body = String(session.get('n'))
    loaded()
  },
  '/read': async (ctx, loaded) => {
    ctx.body = String((await ctx.session).get('n'))
    loaded()
  },
  '/rotate': async (ctx, loaded) => {
    ;(await ctx.session).cycleKey()
    loaded()
  },
  '/end': async (ctx, loaded) => {
    ;(await ctx.session).flush()
    loaded()
  },
  '/plain': () => {},
}

/** What is stored does not depend on whether a busy machine reads it within a limit that is short for the test's sake. */
async function patiently<Result>(read: () => Promise<Result>, tries = 5): Promise<Result> {
  try {
    return await read()
  } catch (error) {
    if (tries === 1 || !(error instanceof EngineUnavailable)) throw error
    return patiently(read, tries - 1)
  }
}

export async function openOutageSite(t: ExecutionContext, options: SessionsOptions): Promise<OutageSite> {
  const logged: Logged[] = []
  const log = (details: object, message: string): void => {
    logged.push({ message, ...details })
  }
  const sessions = await openSessions({ ...options, logger: { warn: log, error: log } })
  const app = new Koa()
  app.silent = true
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    ctx.body = 'ok'
    await handlers[ctx.path as OutagePath](ctx, () => site.beforeWrite())
  })
  const agent = new Agent({ keepAlive: true })
  const url = await serve(t, app)
  let closing: Promise<void> | undefined
  const site: OutageSite = {
    sessions,
    logged,
    beforeWrite: () => {},
    send: (path, id) => send(agent, url + path, id === undefined ? {} : { cookie: `sessionid=${id}` }),
    async store(n) {
      const session = await sessions.open()
      session.set<string>('n', n)
      await session.save()
      return session.id ?? ''
    },
    stored: async (id) => (await patiently(() => sessions.open(id))).get('n'),
    close() {
      closing ??= sessions.close()
      return closing
    },
  }
  t.teardown(async () => {
    agent.destroy()
    await site.close()
  })
  return site
}

/** S66, S67: says that it is for a moment, takes no cookie away and tells nothing of the store. */
export function isOutage(t: ExecutionContext, { status, headers, cookies, body }: Answer): void {
  t.is(status, 503)
  t.regex(String(headers['retry-after']), /^\d+$/)
  t.deepEqual(cookies, [])
  t.is(body, 'Service Unavailable')
}

/** What everybody gets while the store is away: those who use their session, the others, and the log. */
export async function isOutageForAll(t: ExecutionContext, site: OutageSite, id: string): Promise<void> {
  const answers = await Promise.all([
    site.send('/', id),
    site.send('/read', id),
    site.send('/rotate', id),
    site.send('/end', id),
    site.send('/'),
  ])
  for (const answer of answers) isOutage(t, answer)
  await isPlain(t, site, id)
}

/** A request that does not use its session is answered as ever. */
export async function isPlain(t: ExecutionContext, site: OutageSite, id: string): Promise<void> {
  const { status, body, cookies } = await site.send('/plain', id)
  t.deepEqual([status, body, cookies], [200, 'ok', []])
}
