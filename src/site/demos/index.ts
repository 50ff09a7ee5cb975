import Router from '@koa/router'
import { csrf, type Sessions } from '../../lib/index.js'
import { isFromThisMachine } from '../middleware/requests.js'
import { type SiteSettings, showsInternals } from '../settings.js'
import { besideDjango } from './beside-django.js'
import { browserTools } from './browser-tools.js'
import { cartAsTaught } from './cart/as-taught.js'
import { cookieCart } from './cart/cookie.js'
import { sessionCart } from './cart/session.js'
import { cookieDateTime } from './cookie-date-time.js'
import { cookieLifetime } from './cookie-lifetime.js'
import { cookieLimits } from './cookie-limits.js'
import { cookiePageCount } from './cookie-page-count.js'
import { devices } from './devices.js'
import { editCookie } from './edit-cookie.js'
import { engines } from './engines/page.js'
import { fourWays } from './four-ways.js'
import { glossary } from './glossary.js'
import { type Facts, home } from './home.js'
import { inYourOwnWords } from './in-your-own-words.js'
import { fixation } from './labs/fixation.js'
import { forgedCookie } from './labs/forged-cookie.js'
import { otherSite, uncheckedPaths } from './labs/other-site.js'
import { scriptReads } from './labs/script.js'
import type { Labs } from './labs/sessions.js'
import { stolenCookie } from './labs/stolen-cookie.js'
import type { Catalogue } from './library/catalogue.js'
import { library } from './library/pages.js'
import { logIn } from './log-in.js'
import { nestedChange } from './nested-change.js'
import { oneRequest } from './one-request/pages.js'
import { cookieMemory, sessionMemory } from './profile/memories.js'
import { profile } from './profile/profile.js'
import { saveEveryRequest } from './save-every-request.js'
import { sessionMethods } from './session-methods.js'
import { sessionPageCount } from './session-page-count.js'
import { setGetDelete } from './set-get-delete.js'
import { csrfTokens } from './small-apps/csrf.js'
import { middlewareOrder } from './small-apps/order.js'
import { testCookie } from './test-cookie.js'
import { byHand } from './two-tabs/by-hand.js'
import { oneClick } from './two-tabs/one-click.js'
import type { Variants } from './variants.js'

/** What the demos need. */
export interface DemoParts {
  /** For the page of settings; undefined on a server for other people. */
  readonly facts: Facts | undefined
  readonly sessions: Sessions
  readonly settings: SiteSettings
  readonly variants: Variants
  readonly labs: Labs
  /** The library's. */
  readonly catalogue: Catalogue
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** The first signs what the demos sign, all verify it. */
  readonly secretKeys: readonly [string, ...string[]]
}

/** The pages of every demo. Each belongs to one visitor, so no cache may keep it. */
export function demos({
  facts,
  sessions,
  clock,
  secretKeys,
  catalogue,
  settings,
  variants,
  labs,
}: DemoParts): Router {
  const router = new Router()
  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    // The views ask this: with `signed_cookies` the server stores nothing, and no page may say that it does.
    ctx.state.storeHolds = sessions.engine.capabilities.revocable
    ctx.state.showsSettings = facts !== undefined && isFromThisMachine(ctx)
    await next()
  })
  const { environment, secretKey, secretKeyFallbacks } = settings
  // #region csrf
  const exempt = uncheckedPaths(settings)
  // A page without a form sets no cookie: `pages()` gives the token to pages with forms only.
  router.use(csrf({ environment, secretKey, secretKeyFallbacks, inEveryView: false, exempt }))
  // #endregion
  const all = [
    home(facts, variants),
    glossary(),
    inYourOwnWords(),
    oneRequest({ showsAll: showsInternals(settings) }),
    fourWays({ secretKeys }),
    testCookie(),
    cookiePageCount(),
    sessionPageCount({ sessions }),
    browserTools({ sessions, settings }),
    cookieDateTime({ clock }),
    editCookie(),
    cookieLifetime({ clock }),
    cookieLimits(),
    profile(cookieMemory),
    profile(sessionMemory),
    cartAsTaught(),
    cookieCart(),
    sessionCart(),
    library(catalogue),
    byHand(),
    oneClick({ sessions, cookieName: settings.cookieName, clock }),
    engines({ sessions, settings, clock }),
    besideDjango({ secretKeys, clock }),
    setGetDelete({ short: variants.short, clock }),
    logIn({ sessions }),
    devices({ sessions }),
    sessionMethods({ sessions, own: variants.methods.sessions, clock }),
    saveEveryRequest({ ...variants, clock }),
    nestedChange(variants),
    csrfTokens({ clock }),
    middlewareOrder({ clock }),
    stolenCookie(labs),
    fixation(labs),
    otherSite(labs, settings),
    forgedCookie(labs),
    scriptReads(),
    redirects(),
  ]
  for (const demo of all) router.use(demo.routes())
  return router
}

/** The addresses of the applications that the walkthroughs are taken from, and where they are now. */
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

/** Old links, with or without a slash at the end. They change nothing: each action is a button now. */
function redirects(): Router {
  const router = new Router()
  for (const [from, to] of Object.entries(moved)) {
    router.get([from, `${from}/`], (ctx) => {
      ctx.redirect(to)
      ctx.status = 301
    })
  }
  return router
}
