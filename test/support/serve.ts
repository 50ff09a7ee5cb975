import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { ExecutionContext } from 'ava'

/** Serves a Koa app, or what has a listener as one has, on a free port until the test is over, and answers its URL. */
export async function serve(t: ExecutionContext, app: { callback(): RequestListener }): Promise<string> {
  // A busy machine takes its time, and a connection that ends just when the next request is sent fails it.
  const server = createServer({ keepAliveTimeout: 600_000 }, app.callback()).listen(0, '127.0.0.1')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new TypeError('the server has no port')
  return `http://127.0.0.1:${address.port}`
}
