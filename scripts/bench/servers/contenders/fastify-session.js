import cookie from '@fastify/cookie'
import session from '@fastify/session'
import { fastifyServer } from '../fastify.js'
import { LIFE, objectActs, SECRET } from '../work.js'

/** On its own memory store. Not `rolling`, its default, with which every answer bears a cookie. */
export function open() {
  const acts = objectActs(
    (request) => request.session,
    (request) => request.session.destroy(),
  )
  return fastifyServer(acts, async (app) => {
    await app.register(cookie)
    await app.register(session, {
      secret: SECRET,
      saveUninitialized: false,
      rolling: false,
      cookie: { secure: false, maxAge: LIFE },
    })
  })
}
