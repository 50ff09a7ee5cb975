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

/** An id as it might be: right in form, and nobody's. */
const EXAMPLE = 'abcdefghijklmnopqrstuvwxyz012345'

const forgery = z.object({ id: line('An id', 100) })

/** A count that the server holds, in the session: the browser has an id, and nothing to change. */
export function sessionPageCount({ sessions }: { readonly sessions: Sessions }): Router {
  const router = new Router({ prefix: HERE })

  // #region count
  router.get('/', async (ctx) => {
    const session = await ctx.session
    // Two tabs that load at the same moment both count: the later one adds to what the earlier one stored.
    session.transform('pageCount', (before = 0) => before + 1)
    await page(ctx)
  })
  // #endregion

  // #region forge
  router.post('/forge', async (ctx) => {
    const form = readForm(ctx, forgery)
    if (!form.ok) return page(ctx, form, 422)
    // Opened as the middleware would open it, had the browser brought this id. An unknown one opens nothing.
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
  /** Whether the id that was tried opened somebody's session. */
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
