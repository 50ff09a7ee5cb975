import Router from '@koa/router'

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

/** The front page: what this is, the engine and the settings in effect, and the way to the demos. */
export function home(facts: Facts): Router {
  const router = new Router()
  router.get('/', (ctx) => ctx.render('home', { ...facts }))
  return router
}
