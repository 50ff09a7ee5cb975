import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Sessions } from '../../lib/index.js'
import { digest } from '../inspector/cookies.js'
import { deviceOf } from './kit/device.js'
import { line, readForm, type Typed } from './kit/form.js'
import { seeOther, show } from './kit/page.js'
import { password } from './kit/password.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** The hash of the id that the session had before the log-in; null if there was none. */
    idBefore: string | null
  }
}

const HERE = '/sessions/log-in'
const MEMBERS = 'members'
/** The pages that send who is not logged in to the form, and that the form sends back to. */
const pagesBehind: readonly string[] = [MEMBERS, 'devices']

const entry = z.object({ username: line('A username', 20), password, next: z.string() })

interface Entry {
  readonly typed?: Typed
  readonly problems?: Typed
}

/** Log in and out: a new id for whoever comes in, no session at all for whoever leaves. */
export function logIn({ sessions }: { readonly sessions: Sessions }): Router {
  const router = new Router({ prefix: HERE })
  const engine = sessions.engine.name
  const canRevoke = sessions.engine.revocations !== undefined

  // #region connection
  router.get('/', async (ctx) => {
    const session = await ctx.session
    if (session.user) await inside(ctx)
    else form(ctx)
  })
  // #endregion

  // #region log-in
  router.post('/', async (ctx) => {
    const session = await ctx.session
    // The form of a tab that was opened before.
    if (session.user) return inside(ctx, 409)
    const sent = readForm(ctx, entry)
    if (!sent.ok) return form(ctx, sent, 422)
    const { username, next } = sent.value
    const before = session.id ? digest(session.id) : null
    // With it comes a new id: whoever planted or saw
    // the one before has one that leads nowhere.
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
    // Another tab may have logged out before:
    // what came since is not ended.
    if (session.user) {
      session.logout()
      // What the browser kept of pages is not for
      // who comes next (S34). Its cookies stay: all
      // but the session's are nobody's log-in.
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

  /** In place of the form, for who is logged in. */
  async function inside(ctx: Context, status = 200): Promise<void> {
    const session = await ctx.session
    const { id, user } = session
    const now = id === undefined ? undefined : digest(id)
    const locals = { username: user, before: session.get('idBefore'), now, early: status === 409 }
    page(ctx, { view: 'log-in-inside', title: 'Logged in', region: 'log-in', locals }, status)
  }

  function form(ctx: Context, { typed, problems = {} }: Entry = {}, status = 200): void {
    // A password is not given back, not even to who typed it.
    const next = typed?.next ?? ctx.query.next
    const locals = { username: typed?.username ?? '', next: isBehind(next) ? next : undefined, problems }
    page(ctx, { view: 'log-in-form', title: 'Log in', region: 'connection', locals }, status)
  }

  function page(
    ctx: Context,
    { view, title, region, locals = {} }: { view: string; title: string; region: string; locals?: object },
    status = 200,
  ): void {
    const sources = [`demos/log-in.ts#${region}`]
    show(ctx, { view, title, locals: { ...locals, engine, canRevoke }, sources }, status)
  }

  return router
}

function isBehind(next: unknown): next is string {
  return typeof next === 'string' && pagesBehind.includes(next)
}
