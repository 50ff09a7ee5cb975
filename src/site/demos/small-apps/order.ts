import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import bodyParser from 'koa-bodyparser'
import { z } from 'zod'
import { queryValue, show } from '../kit/page.js'
import { seldom } from '../kit/seldom.js'
import { type Answer, type Client, openSmallSessions, RUN_INTERVAL, smallCsrf, withApp } from './run.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** In the sessions of the small apps. */
    visits: number
    tooLate: true
  }
}

const HERE = '/middleware-order'

/** What the small apps are made of. */
interface Parts {
  readonly session: Middleware
  readonly parser: Middleware
  readonly token: Middleware
  readonly handler: Middleware
}

const orders = ['right', 'handler-first', 'token-first', 'parser-last', 'too-late'] as const
type Order = (typeof orders)[number]
const choice = z.enum(orders)

const stacks: Readonly<Record<Order, (app: Koa, parts: Parts) => void>> = {
  right(app, { parser, session, token, handler }) {
    // #region right
    app.use(parser)
    app.use(session)
    app.use(token)
    app.use(handler)
    // #endregion
  },
  'handler-first'(app, { session, handler }) {
    // #region handler-first
    app.use(handler) // it uses ctx.session
    app.use(session)
    // #endregion
  },
  'token-first'(app, { parser, session, token, handler }) {
    // #region token-first
    app.use(parser)
    app.use(token) // it binds its tokens to the session
    app.use(session)
    app.use(handler)
    // #endregion
  },
  'parser-last'(app, { parser, session, token, handler }) {
    // #region parser-last
    app.use(session)
    app.use(token) // it looks for the token in the form
    app.use(parser)
    app.use(handler)
    // #endregion
  },
  'too-late'(app, { parser, session, token, handler }) {
    // #region too-late
    app.use(async (ctx, next) => {
      await next()
      const session = await ctx.session
      session.set('tooLate', true) // the session is saved already
    })
    app.use(parser)
    app.use(session)
    app.use(token)
    app.use(handler)
    // #endregion
  },
}

// #region handler
async function handler(ctx: Context): Promise<void> {
  const session = await ctx.session
  session.transform('visits', (before = 0) => before + 1)
  ctx.body = {
    visits: session.get('visits'),
    late: session.get('tooLate', false),
    token: ctx.state.csrfToken,
  }
}
// #endregion

/** One request to a small app, and what came back. */
interface Step {
  readonly request: string
  readonly status: number
  /** What the page said, or what was thrown. */
  readonly said: string
  readonly isError: boolean
}

/** The same middlewares in five orders: each is a small app, which the server starts and asks three times. */
export function middlewareOrder({ clock }: { readonly clock: () => number }): Router {
  const router = new Router({ prefix: HERE })
  const runs = new Map(orders.map((order) => [order, seldom(() => run(order), RUN_INTERVAL, clock)]))

  router.get('/', async (ctx) => {
    const order = choice.safeParse(queryValue(ctx, 'order')).data
    const locals = { orders, order, steps: order && (await runs.get(order)?.()) }
    const sources = [order ?? 'right', 'handler'].map((region) => `demos/small-apps/order.ts#${region}`)
    show(ctx, { view: 'small-apps/order', title: 'The order of middlewares', locals, sources })
  })

  return router
}

async function run(order: Order): Promise<readonly Step[]> {
  const sessions = await openSmallSessions()
  const app = new Koa()
  stacks[order](app, {
    session: sessions.middleware(),
    parser: bodyParser(),
    token: smallCsrf(),
    handler,
  })
  try {
    return await withApp(app, (newClient) => ask(newClient()))
  } finally {
    await sessions.close()
  }
}

/** Two visits, and a form with the token of the second page. */
async function ask(client: Client): Promise<readonly Step[]> {
  const [first, second] = [await client.ask({ method: 'GET' }), await client.ask({ method: 'GET' })]
  const { token } = pageIn(second)
  const fields = { text: 'hello', ...(token !== undefined && { csrfmiddlewaretoken: token }) }
  const form = await client.ask({ method: 'POST', fields })
  return [
    told('GET /', first),
    told('GET / again', second),
    told(
      token === undefined ? 'POST / without a token, as no page had one' : 'POST / with the page’s token',
      form,
    ),
  ]
}

function told(request: string, answer: Answer): Step {
  const { status, thrown } = answer
  const { visits, late } = pageIn(answer)
  const said = visits === undefined ? (thrown ?? answer.body) : `visits: ${visits}, late: ${late}`
  const error = visits !== undefined && thrown !== undefined ? `. Then: ${thrown}` : ''
  return { request, status, said: said + error, isError: thrown !== undefined }
}

function pageIn({ status, body }: Answer): { visits?: number; late?: boolean; token?: string } {
  return status === 200 ? JSON.parse(body) : {}
}
