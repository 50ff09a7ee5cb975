import Router from '@koa/router'

const COOKIE = 'count'
const LARGEST = 1_000_000_000
const TWO_WEEKS = 14 * 86_400_000

const options = { signed: false, httpOnly: true, sameSite: 'lax', maxAge: TWO_WEEKS } as const

/** A count that the browser itself holds, in a plain cookie: it can be read and changed there. */
export function cookiePageCount(): Router {
  const router = new Router({ prefix: '/cookies/page-count' })

  router.get('/', async (ctx) => {
    const count = countIn(ctx.cookies.get(COOKIE, { signed: false })) + 1
    ctx.cookies.set(COOKIE, String(count), options)
    await ctx.render('cookie-page-count', { count })
  })

  router.post('/start-again', (ctx) => {
    ctx.cookies.set(COOKIE, null, { signed: false })
    ctx.status = 303
    ctx.redirect('/cookies/page-count')
  })

  return router
}

/** Whoever holds the cookie can write anything into it: what is no sensible count is none. */
function countIn(text: string | undefined): number {
  const count = text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : 0
  return count <= LARGEST ? count : 0
}
