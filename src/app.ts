import { fileURLToPath } from 'node:url'
import Koa from 'koa'
import bodyParser from 'koa-bodyparser'
import views from 'koa-views'
import { assets } from './demos/assets.js'
import { demos } from './demos/index.js'
import type { Sessions, Settings } from './index.js'
import type { Logger } from './logger.js'
import { errorPages, logFailures } from './middleware/errors.js'
import { health } from './middleware/health.js'
import { describeSettings } from './settings/describe.js'

/** What the app is made of. The caller opened the sessions and closes them. */
export interface AppParts {
  readonly sessions: Sessions
  readonly settings: Settings
  readonly logger: Logger
}

const viewsDirectory = fileURLToPath(new URL('../views', import.meta.url))

/** The demo server's Koa app: a request passes these from top to bottom. */
export function createApp({ sessions, settings, logger }: AppParts): Koa {
  const { environment, secretKey, secretKeyFallbacks } = settings
  const app = new Koa({ env: environment })
  if (secretKey !== undefined) app.keys = [secretKey, ...secretKeyFallbacks]
  app.on('error', logFailures(logger))

  app.use(errorPages())
  app.use(views(viewsDirectory, { extension: 'ejs', options: { cache: environment === 'production' } }))
  app.use(assets(`${viewsDirectory}/assets`).routes())
  app.use(health(sessions.engine))
  // Nothing above asks for a session: a style sheet and a health check cost no store call, and answer when the store is down.
  app.use(bodyParser({ enableTypes: ['form'], formLimit: '16kb' }))
  app.use(sessions.middleware())

  const pages = demos({ engine: sessions.engine.name, environment, settings: describeSettings(settings) })
  app.use(pages.routes())
  app.use(pages.allowedMethods())
  return app
}
