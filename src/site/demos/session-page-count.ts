import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { Sessions } from '../../lib/index.js'
import { line, readForm, type Typed } from './kit/form.js'
import { formatMoment, formatSeconds } from './kit/format.js'
import { seeOther, show } from './kit/page.js'

declare module '../../lib/index.js' {
  interface SessionData {
    pageCount: number
  }
}

const HERE = '/sessions/page-count'

/** Written like an id, but no session has it. */
const EXAMPLE = 'abcdefghijklmnopqrstuvwxyz012345'

const forgery = z.object({ id: line('An id', 100) })

/** A count in the session: the browser holds an id only. */
export function sessionPageCount({ sessions }: { readonly sessions: Sessions }): Router {
  const router = new Router({ prefix: HERE })

  // #region count
  router.get('/', async (ctx) => {
    const session = await ctx.session
    // Two tabs that load at the same moment both count: transform runs on the newest value.
    session.transform('pageCount', (before = 0) => before + 1)
    await page(ctx)
  })
  // #endregion

  // #region forge
  router.post('/forge', async (ctx) => {
    const form = readForm(ctx, forgery)
    if (!form.ok) return page(ctx, form, 422)
    // What the middleware would open if the browser sent this id: nothing, for an unknown one.
    const { size } = await sessions.open(form.value.id)
    await page(ctx, { typed: form.value, found: size > 0 })
  })
  // #endregion

  router.post('/start-again', async (ctx) => {
    const session = await ctx.session
    session.flush()
    seeOther(ctx, HERE)
  })

  return router
}

interface Forgery {
  readonly typed?: Typed
  readonly problems?: Typed
  /** Whether the id that was tried has a session. */
  readonly found?: boolean
}

async function page(ctx: Context, form: Forgery = {}, status = 200): Promise<void> {
  const { typed = { id: EXAMPLE }, problems = {}, found } = form
  const session = await ctx.session
  const age = session.getExpiryAge()
  const locals = {
    count: session.get('pageCount', 0),
    age: { seconds: age, text: formatSeconds(age) },
    ends: formatMoment(session.getExpiryDate()),
    began: formatMoment(session.createdAt),
    endsWithBrowser: session.getExpireAtBrowserClose(),
    typed,
    problems,
    found,
  }
  const sources = ['demos/session-page-count.ts#count', 'demos/session-page-count.ts#forge']
  show(ctx, { view: 'session-page-count', title: 'Page count in a session', locals, sources }, status)
}
