import { createHash } from 'node:crypto'
import session from '@fastify/secure-session'
import { fastifyServer } from '../fastify.js'
import { keyedActs, LIFE, SECRET } from '../work.js'

export function open() {
  const acts = keyedActs(
    (request) => request.session,
    (request) => request.session.delete(),
    { putBack: true },
  )
  return fastifyServer(acts, (app) =>
    app.register(session, {
      key: createHash('sha256').update(SECRET).digest(),
      expiry: LIFE / 1000,
      cookie: { path: '/', httpOnly: true, maxAge: LIFE / 1000 },
    }),
  )
}
