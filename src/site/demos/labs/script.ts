import Router from '@koa/router'
import { seeOther, show } from '../kit/page.js'
import { plainCookie, removePlainCookie, setPlainCookie } from '../kit/plain-cookie.js'

const HERE = '/labs/script'
const READABLE = 'lab-one'
const HTTP_ONLY = 'lab-two'

/** A script of the page reads one of two cookies: the other one is `HttpOnly`. */
export function scriptReads(): Router {
  const router = new Router({ prefix: HERE })

  router.get('/', (ctx) => {
    const sent = ([READABLE, HTTP_ONLY] as const).map((name) => ({ name, value: plainCookie(ctx, name) }))
    const locals = { sent, areSet: sent.every(({ value }) => value !== undefined) }
    show(ctx, { view: 'labs/script', title: 'A script reads a cookie', locals, sources, live: true })
  })

  // #region set
  router.post('/set', (ctx) => {
    setPlainCookie(ctx, READABLE, 'secret-1', { httpOnly: false })
    setPlainCookie(ctx, HTTP_ONLY, 'secret-2', { httpOnly: true })
    seeOther(ctx, HERE)
  })
  // #endregion

  router.post('/start-again', (ctx) => {
    removePlainCookie(ctx, READABLE)
    removePlainCookie(ctx, HTTP_ONLY)
    seeOther(ctx, HERE)
  })

  return router
}

const sources = ['demos/labs/script.ts#set']
