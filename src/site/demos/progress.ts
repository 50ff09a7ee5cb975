import Router from '@koa/router'
import type { Context } from 'koa'
import { EngineUnavailable } from '../../lib/index.js'
import { seeOther } from './kit/page.js'
import { walkthroughs } from './walkthroughs.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** The slugs of the walkthroughs that the visitor has been through. */
    progress: string[]
  }
}

/** "Done, and on to the next": what the visitor has been through is remembered in the session. */
export function progress(): Router {
  const router = new Router({ prefix: '/progress' })

  router.post('/forget', async (ctx) => {
    const session = await ctx.session
    session.delete('progress')
    seeOther(ctx, '/')
  })

  router.post('/:slug', async (ctx) => {
    const at = walkthroughs.findIndex(({ slug }) => slug === ctx.params.slug)
    const done = walkthroughs[at]
    if (done === undefined) return ctx.throw(404)
    const session = await ctx.session
    session.transform('progress', (before = []) => [...new Set([...before, done.slug])])
    seeOther(ctx, walkthroughs[at + 1]?.entries[0]?.href ?? '/')
  })

  return router
}

/** What the visitor has been through; nothing, if the store cannot say it: the path is there without it. */
export async function progressOf(ctx: Context): Promise<readonly string[]> {
  // A visitor without any cookie has no session, and does not need one to read the front page.
  if (ctx.req.headers.cookie === undefined) return []
  try {
    return (await ctx.session).get('progress', [])
  } catch (error) {
    if (error instanceof EngineUnavailable) return []
    throw error
  }
}
