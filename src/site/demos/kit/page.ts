import type { Context, Middleware } from 'koa'
import type { Inspector } from '../../inspector/inspector.js'
import { placeOf } from '../place.js'
import { predictionOn, rememberPrediction } from '../predictions/predictions.js'
import { questions } from '../predictions/questions.js'
import { sideBySide } from '../side-by-side.js'
import { plainCookieNow } from './plain-cookie.js'

/** A page that a handler wants shown. */
export interface Page {
  /** Its view: below `views/walkthroughs/` for a step of a walkthrough, else below `views/`. */
  readonly view: string
  readonly title: string
  /** The view's variables. */
  readonly locals?: object
  /** The excerpts of our source for the inspector: `demos/cart/cart.ts#add`. */
  readonly sources?: readonly string[]
  /** Whether the page has forms, which need a CSRF token. Default: true. */
  readonly forms?: boolean
  /** Whether the page has a countdown, which needs the site's script even without the inspector. Default: false. */
  readonly live?: boolean
  /** More of the view's variables, which are known only after the session's commit. */
  readonly after?: () => Promise<object>
  /** Changes the rendered page: for what is not known before. */
  readonly finish?: (body: string) => string
}

interface State {
  page?: Page
}

/** Answers with a page. It is rendered after the session's commit, so that it can show the result. */
export function show(ctx: Context, page: Page, status = 200): void {
  const state: State = ctx.state
  state.page = page
  ctx.status = status
}

/** Redirects to `path` after a form: the browser asks for it with GET. */
export function seeOther(ctx: Context, path: string): void {
  ctx.redirect(path)
  ctx.status = 303
}

/**
 * A parameter of the query; several of one name are joined by commas. Use it instead of `ctx.query`: Koa collects all
 * values of a name again each time the name occurs, which takes seconds for a long query of one name.
 */
export function queryValue(ctx: Context, name: string): string | undefined {
  const values = new URLSearchParams(ctx.querystring).getAll(name)
  return values.length === 0 ? undefined : values.join(',')
}

/**
 * Renders the page that a handler has asked for with {@link show}. It is above the sessions' middleware and so runs after
 * the commit: the inspector knows the response's cookies and the stored record.
 */
export function pages(inspector: Inspector | undefined): Middleware {
  return async (ctx, next) => {
    const calls = inspector ? await inspector.record(ctx, next) : await next()
    const { page }: State = ctx.state
    if (page === undefined) {
      // A form beside the path, such as "Done, go on", is no part of the step that it leads to.
      if (ctx.method !== 'POST' || placeOf(ctx.path) === undefined) return
      rememberPrediction(ctx)
      if (calls) inspector?.remember(ctx, calls)
      return
    }
    const { view, title, locals, sources, forms = true, live = false, after, finish } = page
    const { status } = ctx
    // The token's cookie is set here, before the inspector reads the response's cookies.
    const csrfToken: string = forms ? ctx.state.csrfToken : ''
    const panel = sources && calls && (await inspector?.panel(ctx, calls, sources))
    const walkthrough = placeOf(ctx.path)
    const late = await after?.()
    // A form that was refused did nothing.
    const predicted = status < 400 ? predictionOn(ctx, { view, locals: { ...locals } }) : undefined
    const frame = {
      ...late,
      title,
      csrfToken,
      panel,
      live,
      path: ctx.path,
      cookiesOff: keepsNoCookies(ctx),
      questions,
      sideBySide,
      cookieNow: (name: string) => plainCookieNow(ctx, name),
      predicted,
    }
    if (walkthrough === undefined) await ctx.render(view, { ...locals, ...frame })
    else await ctx.render('walkthrough', { ...locals, ...frame, walkthrough, content: view })
    if (finish) ctx.body = finish(String(ctx.body))
    ctx.status = status
  }
}

/** The pages of walkthroughs that set no cookie. */
const WITHOUT_COOKIES: ReadonlySet<string> = new Set(['/one-request', '/one-request/removed'])

/**
 * Whether the browser comes from a walkthrough's page that sets a cookie, as those with forms do, and brings none: it keeps
 * none. Whoever comes from elsewhere has been given none yet.
 */
function keepsNoCookies(ctx: Context): boolean {
  if (ctx.req.headers.cookie !== undefined) return false
  const referrer = ctx.get('Referer')
  if (!URL.canParse(referrer)) return false
  const { host, pathname } = new URL(referrer)
  return host === ctx.host && placeOf(pathname) !== undefined && !WITHOUT_COOKIES.has(pathname)
}
