import { createServer } from 'node:http'
import express from 'express'
import session from 'express-session'
import { bareActs, LIFE, objectActs, SECRET } from './work.js'

/** An Express server; `use` puts the sessions in front of the handlers. */
export function expressServer(acts = bareActs, use = () => {}) {
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

/** The same with express-session on `store`. */
export function expressSessions(store) {
  const acts = objectActs(
    (request) => request.session,
    (request) =>
      new Promise((done, fail) => request.session.destroy((error) => (error ? fail(error) : done()))),
  )
  return expressServer(acts, (app) => {
    app.use(
      session({ secret: SECRET, resave: false, saveUninitialized: false, cookie: { maxAge: LIFE }, store }),
    )
  })
}
