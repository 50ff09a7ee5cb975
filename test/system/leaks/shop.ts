import { Agent } from 'node:http'
import type { ExecutionContext } from 'ava'
import Koa from 'koa'
import { openSessions, type SessionsOptions } from '../../../src/lib/index.js'
import { type Answer, type Sent, send, Visitor } from '../../support/client.js'
import { serve } from '../../support/serve.js'

/** What stands in nobody's program, and in no store by chance. */
export const MARKERS = ['ada-zq7lovelace', 'grace-zq7hopper', 'zq7-difference-engine', 'zq7-wishlist']

const SECRET_KEY = 'a secret of the tests, and of nobody else'

export interface Shop {
  /** Every value that the session's cookie ever had. */
  readonly sent: ReadonlySet<string>
  /** Whom the shop takes the bearer of this cookie for. */
  whoIs(cookie: string): Promise<string>
}

/** A shop that has seen log-ins, purchases, rotations, touches and log-outs; two people are still logged in. */
export async function busyShop(t: ExecutionContext, options: SessionsOptions): Promise<Shop> {
  const sessions = await openSessions({
    secretKey: SECRET_KEY,
    saveEveryRequest: true,
    logger: { warn: () => {}, error: () => {} },
    ...options,
  })
  t.teardown(() => sessions.close())
  const app = new Koa()
  app.use(sessions.middleware())
  app.use(async (ctx) => {
    const session = await ctx.session
    const [, verb, what = ''] = ctx.path.split('/')
    if (verb === 'in') {
      session.cycleKey()
      session.set('user', what)
    }
    if (verb === 'buy')
      session.transform('zq7-wishlist', (list) => [...(Array.isArray(list) ? list : []), what])
    if (verb === 'out') session.flush()
    ctx.body = String(session.get('user', 'nobody'))
  })
  const url = await serve(t, app)
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())

  const sent = new Set<string>()
  const ask = async (path: string, what?: Sent): Promise<Answer> => {
    const answer = await send(agent, url + path, what)
    for (const { value } of answer.cookies) if (value !== '') sent.add(value)
    return answer
  }
  const ways = [
    ['/buy/zq7-difference-engine', '/in/ada-zq7lovelace', '/', '/buy/zq7-difference-engine'],
    ['/in/grace-zq7hopper', '/in/grace-zq7hopper', '/buy/a-compiler'],
    ['/in/ada-zq7lovelace', '/buy/zq7-difference-engine', '/out'],
    ['/in/ada-zq7lovelace', '/out', '/buy/zq7-difference-engine'],
  ]
  for (const way of ways) {
    const visitor = new Visitor(ask)
    for (const path of way) await visitor.visit(path)
  }
  return { sent, whoIs: async (cookie) => (await send(agent, url, { cookie: `sessionid=${cookie}` })).body }
}
