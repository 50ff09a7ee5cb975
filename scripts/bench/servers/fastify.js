import Fastify from 'fastify'
import { bareActs } from './work.js'

/** A Fastify server; `use` puts the sessions in front of the handlers. */
export async function fastifyServer(acts = bareActs, use = async () => {}) {
  const app = Fastify()
  await use(app)
  for (const [path, act] of Object.entries(acts)) app.get(path, async (request) => act(request))
  await app.ready()
  return app.server
}
