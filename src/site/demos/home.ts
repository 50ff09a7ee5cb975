import Router from '@koa/router'
import type { Context } from 'koa'
import { EngineUnavailable, type Session } from '../../lib/index.js'
import { typedIn } from './kit/form.js'
import { seeOther, show } from './kit/page.js'
import { nextForAll, skippedAfter } from './place.js'
import type { Variants } from './variants.js'
import { chapters, END, steps } from './walkthroughs.js'

declare module '../../lib/index.js' {
  interface SessionData {
    /** The names of the steps that the visitor has finished. */
    progress: string[]
    /** The names of the steps for programmers that the visitor has skipped. */
    skippedSteps: string[]
  }
}

/** What the page of settings tells about the server, to somebody on the same machine only. */
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

/**
 * The front page, with the path through the walkthroughs, and the visitor's progress on it. The progress has a session of
 * its own: a step of the path is to log out, and that must not cost it.
 */
export function home(facts: Facts | undefined, { progress }: Pick<Variants, 'progress'>): Router {
  const router = new Router()
  const own = progress.middleware()

  router.get('/', own, async (ctx) => {
    const { finished, left } = await progressOf(ctx)
    const all = steps.map(({ step }) => step)
    const done = new Set(all.filter((step) => finished.includes(step)))
    const skipped = new Set(all.filter((step) => left.includes(step) && !done.has(step)))
    const next = steps.find(({ step }) => !done.has(step) && !skipped.has(step)) ?? END
    const locals = {
      ...(ctx.state.showsSettings && { facts }),
      chapters,
      done,
      skipped,
      next,
      count: steps.length,
      end: END,
    }
    // The form to forget the progress is shown only where there is some. Without a form there is no token and no cookie.
    show(ctx, { view: 'home', title: 'Sessions for Koa', locals, forms: done.size > 0 })
  })

  router.get('/settings', (ctx) => {
    if (!ctx.state.showsSettings) return
    show(ctx, { view: 'settings', title: 'Settings', locals: { facts }, forms: false })
  })

  router.post('/progress/forget', own, async (ctx) => {
    const session = await ctx.session
    session.flush()
    seeOther(ctx, '/')
  })

  router.post('/progress/:step', own, async (ctx) => {
    const at = steps.findIndex(({ step }) => step === ctx.params.step)
    const done = steps[at]
    if (done === undefined) return ctx.throw(404)
    const session = await ctx.session
    session.transform('progress', (before = []) => [...new Set([...before, done.step])])
    const skips = typedIn(ctx, ['skip']).skip !== ''
    if (!skips) return seeOther(ctx, (steps[at + 1] ?? END).href)
    skip(ctx, session, at)
  })

  // At the top of a step for programmers.
  router.post('/progress/:step/skip', own, async (ctx) => {
    const at = steps.findIndex(({ step }) => step === ctx.params.step)
    if (at === -1) return ctx.throw(404)
    skip(ctx, await ctx.session, at - 1)
  })

  return router
}

/** Goes on from the step at `at` to the next one for everybody. */
function skip(ctx: Context, session: Session, at: number): void {
  const passed = skippedAfter(at).map(({ step }) => step)
  session.transform('skippedSteps', (before = []) => [...new Set([...before, ...passed])])
  seeOther(ctx, nextForAll(at).href)
}

interface Progress {
  /** The names of steps. */
  readonly finished: readonly string[]
  /** Those that were skipped. */
  readonly left: readonly string[]
}

const NO_PROGRESS: Progress = { finished: [], left: [] }

/** The front page needs no store: while it is down, the path is shown without progress. */
async function progressOf(ctx: Context): Promise<Progress> {
  // A visitor without any cookie has no session, and needs none to read the front page.
  if (ctx.req.headers.cookie === undefined) return NO_PROGRESS
  try {
    const session = await ctx.session
    return { finished: session.get('progress', []), left: session.get('skippedSteps', []) }
  } catch (error) {
    if (error instanceof EngineUnavailable) return NO_PROGRESS
    throw error
  }
}
