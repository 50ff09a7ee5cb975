import { createSession } from 'koa-session'
import { koaServer } from '../koa.js'
import { LIFE, objectActs } from '../work.js'

/** `store`: `cookie`, its default, or `memory`, the Map that its documentation shows. */
export function open({ store }) {
  const kept = store === 'memory' ? { store: mapStore() } : {}
  const acts = objectActs(
    (ctx) => ctx.session,
    (ctx) => {
      ctx.session = null
    },
  )
  return koaServer(acts, (app) => app.use(createSession({ maxAge: LIFE, ...kept }, app)))
}

function mapStore() {
  const kept = new Map()
  return {
    async get(key) {
      const text = kept.get(key)
      return text === undefined ? undefined : JSON.parse(text)
    },
    async set(key, value) {
      kept.set(key, JSON.stringify(value))
    },
    async destroy(key) {
      kept.delete(key)
    },
  }
}
