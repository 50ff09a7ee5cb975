import Router from '@koa/router'
import { csrf, type Sessions } from '../../lib/index.js'
import type { SiteSettings } from '../settings.js'
import { cookieCart } from './cart/cookie.js'
import { sessionCart } from './cart/session.js'
import { cookieDateTime } from './cookie-date-time.js'
import { cookieLifetime } from './cookie-lifetime.js'
import { cookiePageCount } from './cookie-page-count.js'
import { devices } from './devices.js'
import { engines } from './engines/page.js'
import { fourWays } from './four-ways.js'
import { type Facts, home } from './home.js'
import type { Catalogue } from './library/catalogue.js'
import { library } from './library/pages.js'
import { logIn } from './log-in.js'
import { nestedChange } from './nested-change.js'
import { oldLinks } from './old-links.js'
import { cookieProfile } from './profile/cookie.js'
import { sessionProfile } from './profile/session.js'
import { progress } from './progress.js'
import { sessionMethods } from './session-methods.js'
import { sessionPageCount } from './session-page-count.js'
import { setGetDelete } from './set-get-delete.js'
import { testCookie } from './test-cookie.js'
import { byHand } from './two-tabs/by-hand.js'
import { oneClick } from './two-tabs/one-click.js'
import type { Variants } from './variants.js'

/** What the demos are handed. */
export interface DemoParts {
  readonly facts: Facts
  readonly sessions: Sessions
  readonly settings: SiteSettings
  readonly variants: Variants
  /** The library's. */
  readonly catalogue: Catalogue
  /** Milliseconds since 1970. */
  readonly clock: () => number
  /** What the demos sign is signed with the first, and verified with all. */
  readonly secretKeys: readonly [string, ...string[]]
}

/** Every demo's pages. What they show is one visitor's own, so no cache keeps it. */
export function demos({
  facts,
  sessions,
  clock,
  secretKeys,
  catalogue,
  settings,
  variants,
}: DemoParts): Router {
  const router = new Router()
  router.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    // For the views: with `signed_cookies` nothing is on the server, and no page may say that something were.
    ctx.state.storeHolds = sessions.engine.capabilities.revocable
    await next()
  })
  const { environment, secretKey, secretKeyFallbacks } = settings
  // A page without a form has no cookie: `pages()` hands the token to those with one.
  router.use(csrf({ environment, secretKey, secretKeyFallbacks, inEveryView: false }))
  const all = [
    home(facts),
    progress(),
    oldLinks(),
    fourWays({ secretKeys }),
    testCookie(),
    cookiePageCount(),
    sessionPageCount({ sessions }),
    cookieDateTime({ clock }),
    cookieLifetime({ clock }),
    cookieProfile(),
    sessionProfile(),
    cookieCart(),
    sessionCart(),
    library(catalogue),
    byHand(),
    oneClick({ sessions, cookieName: settings.cookieName, clock }),
    engines({ sessions, settings, clock }),
    setGetDelete({ short: variants.short, clock }),
    logIn({ sessions }),
    devices({ sessions }),
    sessionMethods({ sessions, clock }),
    nestedChange(variants),
  ]
  for (const demo of all) router.use(demo.routes())
  return router
}
