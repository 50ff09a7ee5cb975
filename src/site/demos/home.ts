import Router from '@koa/router'
import type { Context } from 'koa'
import { EngineUnavailable } from '../../lib/index.js'
import { seeOther, show } from './kit/page.js'
import { chapters, walkthroughs } from './walkthroughs.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** The slugs of the walkthroughs that the visitor has finished. */
    progress: string[]
  }
}

/** What the front page tells about the server, to somebody on the same machine only. */
export interface Facts {
  readonly engine: string
  readonly environment: string
  readonly settings: readonly SettingFact[]
}

/** One setting in effect. */
export interface SettingFact {
  readonly name: string
  /** The value, without secrets. */
  readonly shown: string
  /** Where the value came from. */
  readonly layer: string
  readonly meaning: string
}

/** The front page, with the path through the walkthroughs, and the visitor's progress on it. */
export function home(facts: Facts | undefined): Router {
  const router = new Router()

  router.get('/', async (ctx) => {
    const done = new Set(await progressOf(ctx))
    const next = walkthroughs.find(({ slug }) => !done.has(slug))
    const locals = {
      ...(ctx.state.showsSettings && { facts }),
      chapters,
      done,
      next,
      count: walkthroughs.length,
    }
    // The form to forget the progress is shown only where there is some. Without a form there is no token and no cookie.
    show(ctx, { view: 'home', title: 'Sessions for Koa', locals, forms: done.size > 0 })
  })

  router.post('/progress/forget', async (ctx) => {
    const session = await ctx.session
    session.delete('progress')
    seeOther(ctx, '/')
  })

  router.post('/progress/:slug', async (ctx) => {
    const at = walkthroughs.findIndex(({ slug }) => slug === ctx.params.slug)
    const done = walkthroughs[at]
    if (done === undefined) return ctx.throw(404)
    const session = await ctx.session
    session.transform('progress', (before = []) => [...new Set([...before, done.slug])])
    seeOther(ctx, walkthroughs[at + 1]?.entries[0]?.href ?? '/')
  })

  return router
}

/** The front page needs no store: while it is down, the path is shown without progress. */
async function progressOf(ctx: Context): Promise<readonly string[]> {
  // A visitor without any cookie has no session, and needs none to read the front page.
  if (ctx.req.headers.cookie === undefined) return []
  try {
    return (await ctx.session).get('progress', [])
  } catch (error) {
    if (error instanceof EngineUnavailable) return []
    throw error
  }
}
