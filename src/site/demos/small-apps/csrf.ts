import Router from '@koa/router'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import { z } from 'zod'
import type { Sessions } from '../../../lib/index.js'
import { digest, shownCookie } from '../../inspector/cookies.js'
import { queryValue, show } from '../kit/page.js'
import { seldom } from '../kit/seldom.js'
import { type Client, openSmallSessions, RUN_INTERVAL, smallCsrf, withApp } from './run.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** In the session of the small bank. */
    balance: number
  }
}

const HERE = '/csrf'

const senders = ['this-site', 'other-site', 'silent'] as const
const tokens = ['right', 'none', 'other'] as const
type Sender = (typeof senders)[number]
type Token = (typeof tokens)[number]
const choice = z.object({ from: z.enum(senders), token: z.enum(tokens) })

/** Where a browser says that the form comes from. One that says nothing is from before 2020, or a program. */
const headersOf: Readonly<Record<Sender, Readonly<Record<string, string>>>> = {
  'this-site': { 'Sec-Fetch-Site': 'same-origin' },
  'other-site': { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site' },
  silent: {},
}

// #region bank
/** A bank with one account, which pays ten to whoever sends its form. */
function bank(sessions: Sessions, isProtected: boolean): Koa {
  const app = new Koa()
  app.use(bodyParser())
  app.use(sessions.middleware())
  if (isProtected) app.use(smallCsrf()) // csrf({ secretKey })
  app.use(async (ctx) => {
    const session = await ctx.session
    if (ctx.method === 'POST') session.transform('balance', (before = 100) => before - 10)
    ctx.body = { balance: session.setDefault('balance', 100), token: ctx.state.csrfToken }
  })
  return app
}
// #endregion

/** What became of one form. */
interface Outcome {
  readonly status: number
  /** Why it was refused, in the words of the answer. */
  readonly reason: string | undefined
  readonly balance: number
}

/** The same form at the bank with csrf() and at the bank without it. */
interface Run {
  readonly head: { readonly start: string; readonly lines: readonly { name: string; value: string }[] }
  readonly body: string
  readonly guarded: Outcome
  readonly open: Outcome
}

/** A form's token: the visitor chooses where a form comes from and which token it has, and the server sends it. */
export function csrfTokens({ clock }: { readonly clock: () => number }): Router {
  const router = new Router({ prefix: HERE })
  const runs = new Map(
    senders.flatMap((from) =>
      tokens.map(
        (token) => [`${from} ${token}`, seldom(() => run(from, token), RUN_INTERVAL, clock)] as const,
      ),
    ),
  )

  router.get('/', async (ctx) => {
    const asked = choice.safeParse({ from: queryValue(ctx, 'from'), token: queryValue(ctx, 'token') }).data
    const locals = {
      chosen: asked ?? { from: 'other-site', token: 'none' },
      run: asked && (await runs.get(`${asked.from} ${asked.token}`)?.()),
    }
    show(ctx, { view: 'small-apps/csrf', title: 'The token in a form', locals, sources })
  })

  return router
}

const sources = ['demos/small-apps/csrf.ts#bank', 'demos/small-apps/csrf.ts#send']

async function run(from: Sender, token: Token): Promise<Run> {
  const sessions = await openSmallSessions()
  try {
    const guarded = await withApp(bank(sessions, true), (newClient) => send(newClient, from, token))
    const open = await withApp(bank(sessions, false), (newClient) => send(newClient, from, token))
    return { ...guarded, guarded: guarded.outcome, open: open.outcome }
  } finally {
    await sessions.close()
  }
}

interface Page {
  readonly balance: number
  readonly token?: string
}

// #region send
/** Opens the page with the form, and sends the form as somebody else would. */
async function send(newClient: () => Client, from: Sender, token: Token) {
  const visitor = newClient()
  const [own, others] = [await pageOf(visitor), await pageOf(newClient())]
  const value = { right: own.token, none: undefined, other: others.token }[token]
  const cookies = visitor.cookies()
  const headers = headersOf[from]
  const fields = { pay: '10', ...(value !== undefined && { csrfmiddlewaretoken: value }) }
  const { status, thrown } = await visitor.ask({ method: 'POST', headers, fields })
  const { balance } = await pageOf(visitor)
  return { ...shown(headers, cookies, fields), outcome: { status, reason: thrown?.split('\n')[0], balance } }
}
// #endregion

async function pageOf(client: Client): Promise<Page> {
  return JSON.parse((await client.ask({ method: 'GET' })).body)
}

/** The request as it was sent, but for what gives access. */
function shown(
  headers: Readonly<Record<string, string>>,
  cookies: string,
  { pay, csrfmiddlewaretoken }: { readonly pay: string; readonly csrfmiddlewaretoken?: string },
): Pick<Run, 'head' | 'body'> {
  const pairs = cookies.split('; ').map((pair) => pair.split('=') as [string, string])
  const cookie = pairs.map(([name, value]) => `${name}=${shownCookie(name, value)}`).join('; ')
  const lines = [...Object.entries(headers), ['Cookie', cookie] as const]
  const token = csrfmiddlewaretoken === undefined ? '' : `&csrfmiddlewaretoken=${digest(csrfmiddlewaretoken)}`
  return {
    head: { start: 'POST /pay HTTP/1.1', lines: lines.map(([name, value]) => ({ name, value })) },
    body: `pay=${pay}${token}`,
  }
}
