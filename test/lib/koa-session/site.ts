import { Agent } from 'node:http'
import type { ExecutionContext } from 'ava'
import Koa, { type Context } from 'koa'
import session, { type KoaSession, type KoaSessionOptions } from '../../../src/lib/koa-session/index.js'
import { type Answer, type Sent, send, Visitor } from '../../support/client.js'
import { serve } from '../../support/serve.js'

export const keys = ['a key of these tests, of 32 characters or more']

/** A handler as it was written for koa-session: the session is an object, and at hand. */
export type OldHandler = (ctx: Context, session: KoaSession<Values>) => unknown
// What handlers for koa-session do with their sessions needs no types here.
export type Values = Record<string, number> & { list?: string[]; user?: Record<string, unknown> }

export interface OldSite {
  readonly app: Koa
  readonly logged: string[]
  readonly errors: Error[]
  send(path: string, sent?: Sent): Promise<Answer>
  visitor(): Visitor
}

/** An application that was written for koa-session, with ours in its place. */
export async function oldSite(
  t: ExecutionContext,
  options: KoaSessionOptions,
  handlers: Readonly<Record<string, OldHandler>>,
): Promise<OldSite> {
  const logged: string[] = []
  const errors: Error[] = []
  const log = (_: object, message: string): void => {
    logged.push(message)
  }
  const app = new Koa()
  app.silent = true
  app.keys = keys
  app.on('error', (error: Error) => errors.push(error))
  const middleware = session({ logger: { warn: log, error: log }, ...options }, app)
  app.use(middleware)
  app.use(async (ctx) => {
    await handlers[ctx.path]?.(ctx, sessionOf(ctx))
    if (ctx.status === 404) ctx.body = 'ok'
  })
  t.teardown(async () => (await middleware.open()).close())
  const url = await serve(t, app)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const request: OldSite['send'] = (path, sent) => send(agent, `${url}${path}`, sent)
  return { app, logged, errors, send: request, visitor: () => new Visitor(request) }
}

export function sessionOf(ctx: Context): KoaSession<Values> {
  return Reflect.get(ctx, 'session') as unknown as KoaSession<Values>
}
