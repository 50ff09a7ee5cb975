import { fileURLToPath } from 'node:url'
import Koa from 'koa'
import helmet from 'koa-helmet'
import views from 'koa-views'
import type { Logger, Sessions } from '../lib/index.js'
import { describeSettings } from '../lib/internal.js'
import { assets } from './demos/assets.js'
import { demos } from './demos/index.js'
import { pages } from './demos/kit/page.js'
import { openLabs } from './demos/labs/sessions.js'
import { openCatalogue } from './demos/library/catalogue.js'
import { placeOf } from './demos/place.js'
import { openVariants } from './demos/variants.js'
import { Inspector } from './inspector/inspector.js'
import { errorPages, logFailures } from './middleware/errors.js'
import { health, metrics } from './middleware/monitoring.js'
import { forms, limitTarget } from './middleware/requests.js'
import { root } from './root.js'
import { isForThisMachine, metricsOpen, type SiteSettings, showsInternals } from './settings.js'

/** What the app is made of. The caller opens and closes the sessions. */
export interface AppParts {
  readonly sessions: Sessions
  readonly settings: SiteSettings
  readonly logger: Logger
  /** Milliseconds since 1970. Default: the system's. */
  readonly clock?: () => number
}

const viewsDirectory = fileURLToPath(new URL('views', root))

/** Nothing inline and nothing from other servers. Pico's icons are `data:` images. */
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

/** The site's Koa app. A request passes the middleware from top to bottom. */
export async function createApp({ sessions, settings, logger, clock = Date.now }: AppParts): Promise<Koa> {
  const { environment, secretKey, secretKeyFallbacks, own } = settings
  if (secretKey === undefined) throw new TypeError('the site signs its forms, so it needs a SECRET_KEY')
  const isProduction = environment === 'production'
  const variants = await openVariants(sessions, settings, { clock, logger })
  const labs = await openLabs(settings, { clock, logger })
  const inspector = showsInternals(settings)
    ? new Inspector([
        { cookieName: settings.cookieName, engine: sessions.engine },
        { cookieName: variants.short.cookieName, engine: variants.short.sessions.engine },
        { cookieName: variants.sliding.cookieName, engine: variants.sliding.sessions.engine },
        { cookieName: variants.methods.cookieName, engine: variants.methods.sessions.engine },
        ...labs.inspected,
      ])
    : undefined
  const router = demos({
    facts: isForThisMachine(settings)
      ? { engine: sessions.engine.name, environment, settings: describeSettings(settings) }
      : undefined,
    sessions,
    settings,
    variants,
    labs,
    catalogue: await openCatalogue(settings, logger),
    clock,
    secretKeys: [secretKey, ...secretKeyFallbacks],
  })
  const open = metricsOpen(settings)

  const app = new Koa({ env: environment, proxy: own.trustProxy })
  app.on('error', logFailures(logger, clock))

  // csrf() asks where a form comes from, and helmet's default, no-referrer, would hide that. HSTS over plain HTTP is
  // ignored, and for localhost it would lock a developer out of other servers.
  const policies = { contentSecurityPolicy, referrerPolicy: { policy: 'same-origin' } } as const
  app.use(helmet({ ...policies, strictTransportSecurity: isProduction }))
  app.use(
    errorPages({
      storeCommand: isForThisMachine(settings) ? storeCommandOf(settings) : undefined,
      pageOf: (path) => placeOf(path)?.href,
    }),
  )
  app.use(views(viewsDirectory, { extension: 'ejs', options: { cache: environment !== 'development' } }))
  app.use(limitTarget())
  app.use(assets(`${viewsDirectory}/assets`).routes())
  app.use(health(sessions.engine))
  if (open !== undefined) app.use(metrics({ sessions, open }))
  // Nothing above uses a session, so a style sheet and a health check make no store call and work while it is down.
  app.use(pages(inspector))
  app.use(forms())
  app.use(sessions.middleware())
  app.use(router.routes())
  app.use(router.allowedMethods())
  return app
}

/** What starts the store of these settings by `compose.yaml`; undefined for one that needs no server. */
function storeCommandOf({ engine, databaseUrl }: SiteSettings): string | undefined {
  if (engine === 'redis') return 'docker compose up redis'
  if (engine !== 'db' && engine !== 'cached_db') return undefined
  if (/^postgres/.test(databaseUrl)) return 'docker compose up postgres'
  return /^(mysql|mariadb)/.test(databaseUrl) ? 'docker compose up mariadb' : undefined
}
