import { createHash } from 'node:crypto'
import Fastify from 'fastify'
import { bareActs, keyedActs, LIFE, objectActs, SECRET } from './work.js'

/** A Fastify server; `use` puts the sessions in front of the handlers. */
async function serverOf(acts, use = async () => {}) {
  const app = Fastify()
  await use(app)
  for (const [path, act] of Object.entries(acts)) app.get(path, async (request) => act(request))
  await app.ready()
  return app.server
}

export const bare = () => serverOf(bareActs)

/** On its own memory store. Not `rolling`, its default, with which every answer bears a cookie. */
export async function fastifySession() {
  const { default: session } = await import('@fastify/session')
  const options = { secret: SECRET, saveUninitialized: false, rolling: false }
  const acts = objectActs(
    (request) => request.session,
    (request) => request.session.destroy(),
  )
  return serverOf(acts, async (app) => {
    await app.register(await import('@fastify/cookie'))
    await app.register(session, { ...options, cookie: { secure: false, maxAge: LIFE } })
  })
}

export async function fastifySecureSession() {
  const { default: session } = await import('@fastify/secure-session')
  const key = createHash('sha256').update(SECRET).digest()
  const acts = keyedActs(
    (request) => request.session,
    (request) => request.session.delete(),
    { putBack: true },
  )
  return serverOf(acts, (app) =>
    app.register(session, {
      key,
      expiry: LIFE / 1000,
      cookie: { path: '/', httpOnly: true, maxAge: LIFE / 1000 },
    }),
  )
}
