import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'

/** An application of Koa, or anything that makes a listener for Node's HTTP server. */
export interface Testable {
  /** Makes the listener. */
  callback(): RequestListener
}

/** One server for each application, on this machine and at a free port. None keeps the process alive. */
export class LocalHttp {
  readonly #http = new Map<Testable, Promise<Server>>()

  /** The URL of the application, without a slash at its end. */
  async urlOf(app: Testable): Promise<string> {
    let starting = this.#http.get(app)
    if (starting === undefined) {
      starting = start(app)
      this.#http.set(app, starting)
    }
    const address = (await starting).address()
    if (typeof address !== 'object' || address === null)
      throw new Error('the server of the test is closed: use its client before close()')
    return `http://127.0.0.1:${address.port}`
  }

  async close(): Promise<void> {
    for (const starting of this.#http.values()) {
      const server = await starting
      if (!server.listening) continue
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }
}

async function start(app: Testable): Promise<Server> {
  const server = createServer(app.callback())
  server.listen(0, '127.0.0.1').unref()
  await once(server, 'listening')
  return server
}
