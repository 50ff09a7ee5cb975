import Router from '@koa/router'

/** Where the addresses of the applications that the walkthroughs come from are now. */
const moved: Readonly<Record<string, string>> = {
  '/set-session': '/sessions/set-get-delete',
  '/get-session': '/sessions/set-get-delete',
  '/set': '/sessions/set-get-delete',
  '/get': '/sessions/set-get-delete',
  '/del': '/sessions/set-get-delete',
  '/connection': '/sessions/log-in',
  '/login': '/sessions/log-in',
  '/logout': '/sessions/log-in',
}

/** Old links, with or without a slash at the end. They change nothing: what they once did is a button now. */
export function oldLinks(): Router {
  const router = new Router()
  for (const [from, to] of Object.entries(moved)) {
    router.get([from, `${from}/`], (ctx) => {
      ctx.redirect(to)
      ctx.status = 301
    })
  }
  return router
}
