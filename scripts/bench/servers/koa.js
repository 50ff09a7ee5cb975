import { createServer } from 'node:http'
import Koa from 'koa'
import { openSessions } from '../../../build/src/lib/index.js'
import { bareActs, keyedActs, LIFE, objectActs, SECRET } from './work.js'

/** A Koa server; `use` puts the sessions in front of the handlers. */
function serverOf(acts, use = () => {}) {
  const app = new Koa()
  app.keys = [SECRET]
  app.silent = true
  use(app)
  app.use(async (ctx) => {
    const act = acts[ctx.path]
    if (act !== undefined) ctx.body = await act(ctx)
  })
  return createServer(app.callback())
}

/** Of those whose sessions are plain objects in `ctx.session`. */
const objects = objectActs(
  (ctx) => ctx.session,
  (ctx) => {
    ctx.session = null
  },
)

export const bare = () => serverOf(bareActs)

/** The faster one, where the runtime has it: Node from 22.13 on. */
const SQLITE = process.getBuiltinModule?.('node:sqlite') === undefined ? 'sqlite3' : 'node:sqlite'

/**
 * As installed; the peers have neither the timeouts nor the HTTPS cookie of our production. More sessions in memory than
 * the default, since `create` makes many.
 */
export async function tessera({ directory, ...options }) {
  const sessions = await openSessions({
    environment: 'development',
    cookieAge: LIFE / 1000,
    secretKey: SECRET,
    databaseUrl: `sqlite:${directory}/sessions.sqlite?driver=${SQLITE}`,
    filePath: `${directory}/sessions`,
    cacheMaxSessions: 150_000,
    ...options,
    logger: { warn() {}, error() {} },
  })
  const acts = keyedActs(
    (ctx) => ctx.session,
    async (ctx) => (await ctx.session).flush(),
  )
  const server = serverOf(acts, (app) => app.use(sessions.middleware()))
  return Object.assign(server, { clearExpired: (onBatch) => sessions.clearExpired(onBatch) })
}

/** `store`: `cookie`, its default, or `memory`, the Map that its documentation shows. */
export async function koaSession({ store }) {
  const { createSession } = await import('koa-session')
  const options = { maxAge: LIFE, ...(store === 'memory' && { store: mapStore() }) }
  return serverOf(objects, (app) => app.use(createSession(options, app)))
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

/** On its own memory store. */
export async function koaGenericSession() {
  const { default: session } = await import('koa-generic-session')
  return serverOf(objects, (app) => app.use(session({ cookie: { maxAge: LIFE } })))
}

/** On its own memory store. */
export async function koaSessionMinimal() {
  const { default: session } = await import('koa-session-minimal')
  return serverOf(objects, (app) => app.use(session({ cookie: { maxAge: LIFE } })))
}
