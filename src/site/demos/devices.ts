import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { z } from 'zod'
import type { Session, Sessions } from '../../lib/index.js'
import { countIn, password, readForm, type Typed } from './kit/form.js'
import { formatMoment } from './kit/format.js'
import { queryValue, seeOther, show } from './kit/page.js'

const FORM = '/sessions/log-in?next=devices'
const HERE = '/sessions/log-in/devices'
/** For how many minutes a log-in counts as recent. */
const RECENT = 10
/** Sessions on a page of the list. */
const PAGE_SIZE = 20

const proof = z.object({ password })
const choice = z.object({ handle: z.string() })

/** Ends sessions of the user and answers how many; undefined where they cannot be counted. */
type Ending = (user: string, session: Session, ctx: Context) => Promise<number | undefined>

interface Shown {
  readonly problems?: Typed
  /** Whether ending a session was refused because the log-in is not recent. */
  readonly isRefused?: boolean
}

/** Where the user is logged in, with buttons to end the other sessions. */
export function devices({ sessions }: { readonly sessions: Sessions }): Router {
  const router = new Router({ prefix: HERE })
  const { engine } = sessions
  const canList = engine.index !== undefined
  const canEnd = canList || engine.revocations !== undefined

  router.get('/', async (ctx) => {
    const { user } = await ctx.session
    if (user) await page(ctx, user)
    else seeOther(ctx, FORM)
  })

  // #region gate
  function gated(end: Ending): Middleware {
    return async (ctx) => {
      const session = await ctx.session
      const { user } = session
      if (!user) return seeOther(ctx, FORM)
      // Whoever found the browser open or stole the
      // cookie must not lock its owner out (S30).
      const isRecent = session.authenticatedWithin(RECENT)
      if (!isRecent) return refuse(ctx, user)
      const count = await end(user, session, ctx)
      const ended = count ?? 'uncounted'
      seeOther(ctx, `${HERE}?ended=${ended}`)
    }
  }
  // #endregion

  if (canList) {
    // #region end
    const endOne = gated((user, _session, ctx) => {
      const form = readForm(ctx, choice)
      const handle = form.ok ? form.value.handle : ''
      // It ends a session of this user only, even
      // with the handle of another user's session.
      return sessions.revoke(user, handle)
    })
    router.post('/end', endOne)
    // #endregion
  }

  if (canEnd) {
    // #region end-others
    const endOthers = gated(async (_user, session) => {
      const count = await sessions.revokeOthers(session)
      // A copy of this cookie is this session: with a
      // new id the copy is worthless too.
      session.cycleKey()
      return count
    })
    router.post('/end-others', endOthers)
    // #endregion

    // #region again
    router.post('/again', async (ctx) => {
      const session = await ctx.session
      const { user } = session
      if (!user) return seeOther(ctx, FORM)
      const form = readForm(ctx, proof)
      if (!form.ok) return page(ctx, user, form, 422)
      // The same user, authenticated again: new id.
      session.login(user)
      seeOther(ctx, HERE)
    })
    // #endregion
  }

  // #region list
  async function list(user: string, current: Session) {
    const options = { current }
    const all = await sessions.forUser(user, options)
    // The one used last comes first.
    return all.map((one) => ({
      ...one, // with a handle, which is no id
      began: formatMoment(one.createdAt),
      proven: formatMoment(one.authenticatedAt),
      seen: formatMoment(one.lastSeen),
    }))
  }
  // #endregion

  const refuse = (ctx: Context, user: string) => page(ctx, user, { isRefused: true }, 403)

  async function page(ctx: Context, user: string, shown: Shown = {}, status = 200): Promise<void> {
    const { problems = {}, isRefused = false } = shown
    const session = await ctx.session
    const ended = queryValue(ctx, 'ended')
    const all = canList ? await list(user, session) : []
    const pageCount = Math.max(1, Math.ceil(all.length / PAGE_SIZE))
    const number = Math.min(Math.max(1, countIn(queryValue(ctx, 'page'))), pageCount)
    const locals = {
      username: user,
      list: all.slice((number - 1) * PAGE_SIZE, number * PAGE_SIZE),
      total: all.length,
      number,
      pageCount,
      canList,
      canEnd,
      engine: engine.name,
      isRecent: session.authenticatedWithin(RECENT),
      minutes: RECENT,
      ended: ended === undefined || ended === 'uncounted' ? ended : countIn(ended),
      isRefused,
      problems,
    }
    show(ctx, { view: 'log-in-devices', title: 'Your devices', locals, sources }, status)
  }

  const regions = [canList ? ['list', 'end'] : [], canEnd ? ['end-others', 'gate', 'again'] : []].flat()
  const sources = regions.map((region) => `demos/devices.ts#${region}`)

  return router
}
