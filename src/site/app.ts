import { fileURLToPath } from 'node:url'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import helmet from 'koa-helmet'
import views from 'koa-views'
import type { Logger, Sessions } from '../lib/index.js'
import { describeSettings } from '../lib/internal.js'
import { assets } from './demos/assets.js'
import { demos } from './demos/index.js'
import { pages } from './demos/kit/page.js'
import { openCatalogue } from './demos/library/catalogue.js'
import { openVariants } from './demos/variants.js'
import { Inspector } from './inspector/inspector.js'
import { errorPages, logFailures } from './middleware/errors.js'
import { health } from './middleware/health.js'
import { metrics } from './middleware/metrics.js'
import { root } from './root.js'
import { metricsOpen, type SiteSettings, showsInternals } from './settings.js'

/** What the app is made of. The caller opened the sessions and closes them. */
export interface AppParts {
  readonly sessions: Sessions
  readonly settings: SiteSettings
  readonly logger: Logger
  /** Milliseconds since 1970. Default: the system's. */
  readonly clock?: () => number
}

const viewsDirectory = fileURLToPath(new URL('views', root))

/** Nothing from anywhere else, and nothing inline; Pico's own pictures are `data:`. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    'default-src': ["'none'"],
    'script-src': ["'self'"],
    'style-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'form-action': ["'self'"],
    'base-uri': ["'none'"],
    'frame-ancestors': ["'none'"],
  },
}

/** The demo server's Koa app: a request passes these from top to bottom. */
export async function createApp({ sessions, settings, logger, clock = Date.now }: AppParts): Promise<Koa> {
  const { environment, secretKey, secretKeyFallbacks, own } = settings
  if (secretKey === undefined) throw new TypeError('the demo server signs its forms: it needs a SECRET_KEY')
  const secretKeys = [secretKey, ...secretKeyFallbacks] as const
  const variants = await openVariants(sessions, settings, { clock, logger })
  const catalogue = await openCatalogue(settings, logger)
  const hood = showsInternals(settings)
    ? new Inspector([
        { cookieName: settings.cookieName, engine: sessions.engine },
        { cookieName: variants.short.cookieName, engine: variants.short.sessions.engine },
      ])
    : undefined
  const app = new Koa({ env: environment, proxy: own.trustProxy })
  app.on('error', logFailures(logger))

  // With helmet's own policy, no-referrer, browsers would not say where a form comes from, which csrf() asks.
  // And over plain HTTP a promise to come back by HTTPS would be none, or lock a developer's other servers out.
  const security = { contentSecurityPolicy, strictTransportSecurity: environment === 'production' }
  app.use(helmet({ ...security, referrerPolicy: { policy: 'same-origin' } }))
  app.use(errorPages())
  app.use(views(viewsDirectory, { extension: 'ejs', options: { cache: environment === 'production' } }))
  app.use(assets(`${viewsDirectory}/assets`).routes())
  app.use(health(sessions.engine))
  const open = metricsOpen(settings)
  if (open !== undefined) app.use(metrics({ sessions, open }))
  // Nothing above asks for a session: a style sheet and a health check cost no store call, and answer when the store is down.
  app.use(pages(hood))
  app.use(bodyParser({ enableTypes: ['form'], formLimit: '100kb' }))
  app.use(sessions.middleware())

  const facts = { engine: sessions.engine.name, environment, settings: describeSettings(settings) }
  const router = demos({ facts, sessions, variants, clock, secretKeys, settings, catalogue })
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}
