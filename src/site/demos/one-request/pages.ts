import Router from '@koa/router'
import type { Context } from 'koa'
import { everyCookie } from '../../inspector/cookies.js'
import { show } from '../kit/page.js'
import { rawPlainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'
import { requestHead, responseHead, withLength } from './heads.js'

const HERE = '/one-request'
const COOKIE = 'first-cookie'

/** Anybody can make up names of which there are many. */
const MOST_OWN = 4

/** Stands in the page for its own length until the page is rendered. No visitor can write it into a header. */
const LENGTH = '\u0000length\u0000'

/** One request and its response, word for word: without a cookie, with one, and the response that removes it. */
export function oneRequest({ showsAll }: { readonly showsAll: boolean }): Router {
  const router = new Router({ prefix: HERE })

  // #region plain
  router.get('/', (ctx) => {
    // No cookie, no session: the server knows nothing about who asks.
    page(ctx, 'plain', 'One request, one response')
  })
  // #endregion

  // #region cookie
  router.get('/cookie', (ctx) => {
    if (rawPlainCookie(ctx, COOKIE) === undefined) setPlainCookie(ctx, COOKIE, 'hello')
    page(ctx, 'cookie', 'The same with a cookie')
  })
  // #endregion

  // #region removed
  router.get('/removed', (ctx) => {
    removePlainCookie(ctx, COOKIE)
    page(ctx, 'removed', 'The cookie is removed')
  })
  // #endregion

  function page(ctx: Context, step: 'plain' | 'cookie' | 'removed', title: string): void {
    // Node would add the date when it sends the head. Here it is set before, so that the page can show it.
    ctx.set('Date', new Date().toUTCString())
    const locals = {
      sent: requestHead(ctx, showsAll),
      // A function: the page asks when everything else in the response's head is there.
      given: () => responseHead(ctx, LENGTH),
      brought: rawPlainCookie(ctx, COOKIE),
      cookies: ctx.req.headers.cookie !== undefined,
      // A visitor who was here before has them, and meets most of them later on the path.
      own: everyCookie(ctx.req.headers.cookie)
        .filter(({ purpose }) => purpose !== undefined)
        .slice(0, MOST_OWN),
    }
    show(ctx, {
      view: `one-request/${step}`,
      title,
      locals,
      sources: [`demos/one-request/pages.ts#${step}`],
      // A form would need a token, and the token a cookie of its own.
      forms: false,
      finish: (body) => withLength(body, LENGTH),
    })
  }

  return router
}
