import { createServer } from 'node:http'
import express from 'express'
import { bareActs, LIFE, objectActs, SECRET } from './work.js'

/** An Express server; `use` puts the sessions in front of the handlers. */
function serverOf(acts, use = () => {}) {
  const app = express()
  use(app)
  for (const [path, act] of Object.entries(acts)) {
    app.get(path, async (request, response) => {
      response.send(await act(request))
    })
  }
  app.use((_error, _request, response, _next) => {
    response.status(500).send('error')
  })
  return createServer(app)
}

export const bare = () => serverOf(bareActs)

const stores = {
  async memorystore(session) {
    const { default: memorystore } = await import('memorystore')
    return new (memorystore(session))({ checkPeriod: LIFE })
  },

  async 'connect-sqlite3'(session, { directory }) {
    const { default: sqlite } = await import('connect-sqlite3')
    return new (sqlite(session))({ db: 'sessions.sqlite', dir: directory, concurrentDB: 'true' })
  },

  async 'connect-redis'(_session, { redisUrl }) {
    const [{ RedisStore }, { createClient }] = await Promise.all([import('connect-redis'), import('redis')])
    const client = createClient({ url: redisUrl })
    client.on('error', () => {})
    await client.connect()
    return new RedisStore({ client })
  },
}

export async function expressSession(options) {
  const { default: session } = await import('express-session')
  const store = await stores[options.store](session, options)
  const cookie = { maxAge: LIFE }
  const acts = objectActs(
    (request) => request.session,
    (request) =>
      new Promise((done, fail) => request.session.destroy((error) => (error ? fail(error) : done()))),
  )
  return serverOf(acts, (app) => {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, cookie, store }))
  })
}
