import session from 'koa-generic-session'
import { koaServer } from '../koa.js'
import { LIFE, objectActs } from '../work.js'

/** On its own memory store. */
export function open() {
  const acts = objectActs(
    (ctx) => ctx.session,
    (ctx) => {
      ctx.session = null
    },
  )
  return koaServer(acts, (app) => app.use(session({ cookie: { maxAge: LIFE } })))
}
