import type { Context, Middleware } from 'koa'
import type { Inspector } from '../../inspector/inspector.js'
import type { EngineCall } from '../../inspector/recording.js'
import { placeOf } from '../walkthroughs.js'

/** A page that a handler wants shown. */
export interface Page {
  /** Its view: below `views/walkthroughs/` for a step of one, else below `views/`. */
  readonly view: string
  readonly title: string
  /** What the view needs to know. */
  readonly locals?: object
  /** The lines of our source to show under the hood: `demos/cart.ts#add`. */
  readonly sources?: readonly string[]
  /** Whether there are forms on it, which need a token. Default: there are. */
  readonly forms?: boolean
  /** Whether it counts down to something, which needs the site's script without the panel too. Default: it does not. */
  readonly live?: boolean
}

interface State {
  page?: Page
}

/** Answers with a page. It is rendered when the session has been committed, so that it can show what came of it. */
export function show(ctx: Context, page: Page, status = 200): void {
  const state: State = ctx.state
  state.page = page
  ctx.status = status
}

/** Sends the browser on to `path` after a form: with GET, whatever the form was sent with. */
export function seeOther(ctx: Context, path: string): void {
  ctx.redirect(path)
  ctx.status = 303
}

/**
 * Renders what a handler has asked for with {@link show}. Above the sessions' middleware, hence after the commit: the
 * page knows which cookies the response bears and what the store holds.
 */
export function pages(hood: Inspector | undefined): Middleware {
  return async (ctx, next) => {
    const calls = await watched(hood, next)
    const { page }: State = ctx.state
    if (page === undefined) {
      if (ctx.method === 'POST') hood?.remember(ctx, calls)
      return
    }
    const { view, title, locals, sources, forms = true, live = false } = page
    const { status } = ctx
    // The token's cookie is a part of what the panel tells.
    const csrfToken: string = forms ? ctx.state.csrfToken : ''
    const panel = sources && (await hood?.panel(ctx, calls, sources))
    const walkthrough = placeOf(ctx.path)
    const frame = { title, csrfToken, panel, live, path: ctx.path }
    if (walkthrough === undefined) await ctx.render(view, { ...locals, ...frame })
    else await ctx.render('walkthrough', { ...locals, ...frame, walkthrough, content: view })
    ctx.status = status
  }
}

async function watched(
  hood: Inspector | undefined,
  next: () => Promise<void>,
): Promise<readonly EngineCall[]> {
  if (hood !== undefined) return hood.watch(next)
  await next()
  return []
}
