import Router from '@koa/router'
import type { Context } from 'koa'
import { z } from 'zod'
import type { PlainCookie } from '../inspector/cookies.js'
import { readForm, type Typed } from './kit/form.js'
import { seeOther, show } from './kit/page.js'
import { setPlainCookie } from './kit/plain-cookie.js'

/** A browser drops a cookie of more than 4096 bytes, its name and its attributes among them. */
const LONGEST = 2000

/** The cookies of one application, which its visitor may edit. */
interface Place {
  readonly here: string
  /** The page that shows what the application makes of them. */
  readonly back: string
  readonly cookies: readonly [PlainCookie, ...PlainCookie[]]
  /** Seconds, as the application sets it. */
  readonly maxAge?: number
}

const places: readonly Place[] = [
  { here: '/cookies/page-count', back: '/cookies/page-count', cookies: ['count'], maxAge: 14 * 86_400 },
  { here: '/cookies/date-time', back: '/cookies/date-time/result', cookies: ['date-time-name'] },
  {
    here: '/cookies/profile',
    back: '/cookies/profile/results',
    cookies: ['profile_name', 'profile_age', 'profile_friend'],
  },
  { here: '/cookies/cart', back: '/cookies/cart/items', cookies: ['cart'] },
]

/** Sets a plain cookie of an application to any text, as the browser's developer tools do. */
export function editCookie(): Router {
  const router = new Router()
  for (const { here, back, cookies, maxAge } of places) {
    const edit = z.object({
      cookie: z.enum(cookies),
      value: z.string().refine(fits, {
        error: `A value has at most ${LONGEST} characters, percent-encoded.`,
      }),
    })
    router.post(`${here}/edit`, (ctx) => {
      const form = readForm(ctx, edit)
      if (!form.ok) return refuse(ctx, here, form)
      const { cookie, value } = form.value
      // #region edit
      // No check: the server that reads it has to.
      setPlainCookie(ctx, cookie, value, maxAge ? { maxAge } : {})
      seeOther(ctx, back)
      // #endregion
    })
  }
  return router
}

/** Half a character, as a lone surrogate is, cannot be percent-encoded. */
const fits = (text: string): boolean => !/\p{Cs}/u.test(text) && encodeURIComponent(text).length <= LONGEST

function refuse(ctx: Context, here: string, { typed, problems }: { typed: Typed; problems: Typed }): void {
  // Another cookie than the page's own is not the visitor's typing.
  if (problems.cookie !== undefined) ctx.throw(400)
  const locals = { here, cookie: typed.cookie, value: typed.value, problem: problems.value }
  const sources = ['demos/edit-cookie.ts#edit']
  show(ctx, { view: 'edit-cookie', title: 'Edit a cookie', locals, sources }, 422)
}
