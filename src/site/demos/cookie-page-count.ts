import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import { countIn, LARGEST_COUNT, readForm, type Typed, whole } from './kit/form.js'
import { seeOther, show } from './kit/page.js'
import { plainCookie, removePlainCookie, setPlainCookie } from './kit/plain-cookie.js'

const COOKIE = 'count'
const TWO_WEEKS = 14 * 86_400
const HERE = '/cookies/page-count'

const forgery = z.object({ forged: whole('A count', 0, LARGEST_COUNT) })

/** A count in a plain cookie: whoever has the browser can read and change it. */
export function cookiePageCount(): Router {
  const router = new Router({ prefix: HERE })

  // #region count
  router.get('/', (ctx) => {
    const count = countIn(plainCookie(ctx, COOKIE)) + 1
    setPlainCookie(ctx, COOKIE, String(count), { maxAge: TWO_WEEKS })
    page(ctx, count)
  })
  // #endregion

  // #region forge
  router.post('/forge', (ctx) => {
    const form = readForm(ctx, forgery)
    if (!form.ok) return page(ctx, countIn(plainCookie(ctx, COOKIE)), form, 422)
    // The browser's developer tools could do the same without this form.
    setPlainCookie(ctx, COOKIE, String(form.value.forged), { maxAge: TWO_WEEKS })
    seeOther(ctx, HERE)
  })
  // #endregion

  router.post('/start-again', (ctx) => {
    removePlainCookie(ctx, COOKIE)
    seeOther(ctx, HERE)
  })

  return router
}

function page(
  ctx: Context,
  count: number,
  form: { typed?: Typed; problems?: Typed } = {},
  status = 200,
): void {
  const { typed = { forged: '1000' }, problems = {} } = form
  show(
    ctx,
    {
      view: 'cookie-page-count',
      title: 'Page count in a cookie',
      locals: { count, typed, problems },
      sources: ['demos/cookie-page-count.ts#count', 'demos/cookie-page-count.ts#forge'],
    },
    status,
  )
}
