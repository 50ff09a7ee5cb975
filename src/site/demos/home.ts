import Router from '@koa/router'
import { show } from './kit/page.js'
import { progressOf } from './progress.js'
import { chapters, walkthroughs } from './walkthroughs.js'

/** What the front page tells about the server it runs on. */
export interface Facts {
  readonly engine: string
  readonly environment: string
  readonly settings: readonly SettingFact[]
}

/** One setting in effect. */
export interface SettingFact {
  readonly name: string
  /** The value as anybody may see it: secrets are redacted. */
  readonly shown: string
  /** Where the value came from. */
  readonly layer: string
  readonly meaning: string
}

/** The front page: what this is, the path through the walkthroughs, the engine and the settings in effect. */
export function home(facts: Facts): Router {
  const router = new Router()

  router.get('/', async (ctx) => {
    const done = new Set(await progressOf(ctx))
    const next = walkthroughs.find(({ slug }) => !done.has(slug))
    const locals = { ...facts, chapters, done, next, count: walkthroughs.length }
    // Only who has been somewhere can forget it: a page without forms gives no token.
    show(ctx, { view: 'home', title: 'Sessions for Koa', locals, forms: done.size > 0 })
  })

  return router
}
