import { Agent } from 'node:http'
import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import { createIn } from '../../../src/lib/conformance/drawing.js'
import { type Logger, openSessions, type Sessions } from '../../../src/lib/index.js'
import { type Answer, send } from '../../support/client.js'
import { serve } from '../../support/serve.js'
import { startStopwatch } from '../../support/stopwatch.js'

/** The engine's time limit in these tests, long enough for what is no outage on a busy machine: milliseconds. */
export const LIMIT = 2000

/** How long a stored session lives before anybody writes or touches it, which makes it days: milliseconds. */
export const STORED_FOR = 60_000

/** What a request does to its session, one for each call of an engine's. */
export const verbs = ['load', 'create', 'update', 'touch', 'rotate', 'delete'] as const
export type Verb = (typeof verbs)[number]

/** An app whose requests each lead to one call of the engine, behind a load where there is something to load. */
export interface DatabaseSite {
  readonly sessions: Sessions
  /** The error of each failed request, as the application's log has it. */
  readonly errors: Error[]
  /** What the engine itself logged. */
  readonly logged: readonly { readonly message: string; readonly details: object }[]
  /** Does `verb`. `storm` is called when the session is loaded and the call that is meant comes next; it is waited for. */
  act(verb: Verb, id: string, storm?: Storm): Promise<Answer>
  /** Does it, and fails the test unless the answer is an outage's, in time. */
  isOutage(verb: Verb, id: string, storm?: Storm): Promise<void>
  /** The number that the session holds. */
  read(id: string): Promise<string>
  /** Asks for a page that leaves the session alone. */
  plain(id: string): Promise<Answer>
  /** Stores a session and answers its id. */
  store(n: number): Promise<string>
}

type Storm = () => void | Promise<void>
type Step = (ctx: Context, storm: Storm) => Promise<void>

const change = (run: (session: Awaited<Context['session']>) => void): Step => {
  return async (ctx, storm) => {
    const session = await ctx.session
    await storm()
    run(session)
  }
}

const steps: Readonly<Record<Verb | 'plain', Step>> = {
  load: async (ctx, storm) => {
    await storm()
    ctx.body = String((await ctx.session).get('n'))
  },
  create: change((session) => session.set<string>('n', 1)),
  update: change((session) => session.transform<string>('n', (n) => Number(n ?? 0) + 1)),
  // The site says SAVE_EVERY_REQUEST: who only reads, touches.
  touch: change((session) => session.get('n')),
  rotate: change((session) => session.cycleKey()),
  delete: change((session) => session.flush()),
  plain: async () => {},
}

/** Sessions in the database. On a busy machine a first connection may take longer than these tests' short limit. */
export async function openDatabase(databaseUrl: string, logger: Logger): Promise<Sessions> {
  const options = { engine: 'db', databaseUrl, engineTimeout: LIMIT, cleanupInterval: 0, logger } as const
  for (let attempt = 1; ; attempt++) {
    try {
      return await openSessions(options)
    } catch (error) {
      if (attempt === 10) throw error
    }
  }
}

/** Sessions in the database, with two applications on them: one that says `SAVE_EVERY_REQUEST`, for touches. */
export async function openDatabaseSite(
  t: ExecutionContext,
  databaseUrl: string,
  options: { readonly close?: boolean } = {},
): Promise<DatabaseSite> {
  const logged: { message: string; details: object }[] = []
  const log = (details: object, message: string): void => {
    logged.push({ message, details })
  }
  const errors: Error[] = []
  const sessions = await openDatabase(databaseUrl, { warn: log, error: log })
  if (options.close !== false) t.teardown(() => sessions.close())
  const touching = await openSessions({
    engine: () => sessions.engine,
    saveEveryRequest: true,
    cleanupInterval: 0,
    logger: { warn: log, error: log },
  })

  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const storms = new Map<string, Storm>()
  const serveWith = (own: Sessions): Promise<string> => {
    const app = new Koa()
    app.silent = true
    app.on('error', (error: Error) => errors.push(error))
    app.use(own.middleware())
    app.use(async (ctx) => {
      ctx.body = 'ok'
      const [verb = '', number = ''] = ctx.path.slice(1).split('/')
      await steps[verb as Verb](ctx, storms.get(number) ?? (() => {}))
    })
    return serve(t, app)
  }
  const [url, touchingUrl] = [await serveWith(sessions), await serveWith(touching)]

  let requests = 0
  const act: DatabaseSite['act'] = async (verb, id, storm = () => {}) => {
    const number = String(requests++)
    storms.set(number, storm)
    const base = verb === 'touch' ? touchingUrl : url
    const cookie = verb === 'create' ? {} : { cookie: `sessionid=${id}` }
    return send(agent, `${base}/${verb}/${number}`, cookie)
  }
  return {
    sessions,
    errors,
    logged,
    act,
    async isOutage(verb, id, storm) {
      const elapsed = startStopwatch()
      const answer = await act(verb, id, storm)
      // A load that is answered and one call that is not, or a load that is not.
      const took = elapsed()
      t.true(took < 3 * LIMIT, `${verb} took ${took} ms`)
      if (verb === 'touch' && answer.status === 200) isUntouched(t, answer)
      else isUnavailable(t, answer, verb)
    },
    read: async (id) => (await act('load', id)).body,
    plain: (id) => send(agent, `${url}/plain`, { cookie: `sessionid=${id}` }),
    store(n) {
      const now = Date.now()
      return createIn(sessions.engine, { data: { n }, createdAt: now, expires: now + STORED_FOR })
    },
  }
}

/** S66, S67. */
function isUnavailable(t: ExecutionContext, { status, headers, cookies, body }: Answer, verb: Verb): void {
  t.is(status, 503, `${verb}: ${body}`)
  t.regex(String(headers['retry-after']), /^\d+$/)
  t.deepEqual(cookies, [])
  t.is(body, 'Service Unavailable')
}

/** The answer of a request that needed its session for nothing but a longer life: right without it. */
function isUntouched(t: ExecutionContext, { cookies, body }: Answer): void {
  t.deepEqual(cookies, [])
  t.is(body, 'ok')
}

/** A visitor who does not use the session notices nothing. */
export async function isUnaffected(t: ExecutionContext, site: DatabaseSite, id: string): Promise<void> {
  const { status, cookies } = await site.plain(id)
  t.is(status, 200)
  t.deepEqual(cookies, [])
}

/** What was logged of outages as such. */
export function linesOf({ logged }: DatabaseSite): DatabaseSite['logged'] {
  return logged.filter(({ message }) => message === 'the session store cannot be used')
}
