import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Sessions } from '../../lib/index.js'
import { digest } from '../inspector/cookies.js'
import { line, password, readForm, type Typed } from './kit/form.js'
import { deviceOf } from './kit/format.js'
import { queryValue, seeOther, show } from './kit/page.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** A hash of the session's id before the log-in; null if there was no session. */
    idBefore: string | null
  }
}

const HERE = '/sessions/log-in'
const MEMBERS = 'members'
/** The pages for members. They redirect others to the form, and the form redirects back. */
const pagesBehind: readonly string[] = [MEMBERS, 'devices']

const entry = z.object({ username: line('A username', 20), password, next: z.string() })

interface Entry {
  readonly typed?: Typed
  readonly problems?: Typed
}

/** Log in and log out: the log-in changes the session's id, the log-out ends the session. */
export function logIn({ sessions }: { readonly sessions: Sessions }): Router {
  const router = new Router({ prefix: HERE })
  const engine = sessions.engine.name
  const canRevoke = sessions.engine.revocations !== undefined
  const { sharedWith } = sessions.engine.capabilities
  // Whoever uses these sessions too has log-ins of its own.
  if (sharedWith !== undefined) router.post('/', (ctx) => form(ctx, {}, 501))

  // #region connection
  router.get('/', async (ctx) => {
    const session = await ctx.session
    if (session.user) await inside(ctx)
    else await form(ctx)
  })
  // #endregion

  // #region log-in
  router.post('/', async (ctx) => {
    const session = await ctx.session
    // The form is from a page that was loaded before the log-in.
    if (session.user) return inside(ctx, 409)
    const sent = readForm(ctx, entry)
    if (!sent.ok) return form(ctx, sent, 422)
    const { username, next } = sent.value
    const before = session.id ? digest(session.id) : null
    // The id changes: an attacker who planted or saw
    // the old one has no access to the new session.
    session.login(username, {
      device: deviceOf(ctx.get('User-Agent')),
    })
    session.set('idBefore', before)
    seeOther(ctx, isBehind(next) ? `${HERE}/${next}` : HERE)
  })
  // #endregion

  // #region log-out
  router.post('/out', async (ctx) => {
    const session = await ctx.session
    // Another tab may have logged out before. The
    // session since then is not ended.
    if (session.user) {
      session.logout()
      // The next user of this browser must not see
      // cached pages (S34). The other cookies stay:
      // none of them is a log-in.
      ctx.set('Clear-Site-Data', '"cache"')
    }
    seeOther(ctx, `${HERE}/out`)
  })
  // #endregion

  router.get('/out', async (ctx) => {
    const session = await ctx.session
    if (session.user) return seeOther(ctx, HERE)
    const locals = { isAnonymous: session.id !== undefined }
    page(ctx, { view: 'log-in-out', title: 'Logged out', region: 'log-out', locals })
  })

  // #region members
  router.get(`/${MEMBERS}`, async (ctx) => {
    const session = await ctx.session
    const { user } = session
    if (!user) return seeOther(ctx, `${HERE}?next=${MEMBERS}`)
    const locals = { username: user }
    page(ctx, { view: 'log-in-members', title: 'Members', region: 'members', locals })
  })
  // #endregion

  /** Instead of the form, for visitors who are logged in. */
  async function inside(ctx: Context, status = 200): Promise<void> {
    const session = await ctx.session
    const { id, user } = session
    const now = id === undefined ? undefined : digest(id)
    const locals = { username: user, before: session.get('idBefore'), now, early: status === 409 }
    page(ctx, { view: 'log-in-inside', title: 'Logged in', region: 'log-in', locals }, status)
  }

  async function form(ctx: Context, { typed, problems = {} }: Entry = {}, status = 200): Promise<void> {
    const session = await ctx.session
    // A page never holds the password that was typed.
    const next = typed?.next ?? queryValue(ctx, 'next')
    const locals = {
      username: typed?.username ?? '',
      next: isBehind(next) ? next : undefined,
      problems,
      hasSession: session.id !== undefined,
    }
    page(ctx, { view: 'log-in-form', title: 'Log in', region: 'connection', locals }, status)
  }

  function page(
    ctx: Context,
    { view, title, region, locals = {} }: { view: string; title: string; region: string; locals?: object },
    status = 200,
  ): void {
    const sources = [`demos/log-in.ts#${region}`]
    show(ctx, { view, title, locals: { ...locals, engine, canRevoke, sharedWith }, sources }, status)
  }

  return router
}

function isBehind(next: unknown): next is string {
  return typeof next === 'string' && pagesBehind.includes(next)
}
