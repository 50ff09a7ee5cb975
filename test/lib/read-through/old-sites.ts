import { Agent } from 'node:http'
import type { ExecutionContext } from 'ava'
import express from 'express'
import expressSession, { type SessionOptions } from 'express-session'
import Koa from 'koa'
import koaSession, { type CreateSessionOptions } from 'koa-session'
import { send } from '../../support/client.js'
import { serve } from '../../support/serve.js'

export const keys = ['the newest key of the old site', 'an earlier key of the old site']
export const secret = 'the secret of the old express site'

/** The cookies that the browser has after a visitor put two books into a cart of the real koa-session. */
export async function cookiesOfKoaSession(
  t: ExecutionContext,
  options: CreateSessionOptions = {},
): Promise<string> {
  const app = new Koa()
  app.keys = [...keys]
  app.use(koaSession(options, app))
  app.use(async (ctx) => {
    Reflect.set(ctx, 'session', { cart: ['tea', 'milk'], passport: { user: '7' } })
    ctx.body = 'ok'
  })
  return cookiesFrom(await serve(t, app))
}

/** The same for the real express-session. */
export async function cookiesOfExpressSession(
  t: ExecutionContext,
  options: Omit<SessionOptions, 'secret'>,
): Promise<string> {
  const app = express()
  app.use(expressSession({ resave: false, saveUninitialized: false, ...options, secret }))
  app.use((request, response) => {
    Object.assign(request.session, { cart: ['tea', 'milk'], passport: { user: '7' } })
    response.end('ok')
  })
  const served = { callback: () => app } as unknown as Koa
  return cookiesFrom(await serve(t, served))
}

async function cookiesFrom(url: string): Promise<string> {
  const agent = new Agent()
  const { cookies } = await send(agent, url)
  agent.destroy()
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
}

/** A store in memory, as people write them for koa-session, which remembers what it was asked. */
export class MapStore {
  readonly map = new Map<string, unknown>()
  readonly calls: string[] = []

  async get(key: string): Promise<unknown> {
    this.calls.push('get')
    return this.map.get(key)
  }

  async set(key: string, value: unknown): Promise<void> {
    this.map.set(key, value)
  }

  async destroy(key: string): Promise<void> {
    this.calls.push('destroy')
    this.map.delete(key)
  }
}
