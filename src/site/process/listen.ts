import { createServer, type RequestListener, type Server } from 'node:http'

/** How much of the server one client, or all together, may hold. */
export interface ServerLimits {
  /** For sending a whole request: seconds. */
  readonly requestTimeout: number
  /** For sending the headers, at most `requestTimeout`: seconds. */
  readonly headersTimeout: number
  /** For an idle connection: seconds. */
  readonly keepAliveTimeout: number
  /** A further connection is closed at once. */
  readonly maxConnections: number
}

/** How often Node looks for requests that take too long: milliseconds. Its default, 30 seconds, would add to each limit. */
const CHECK_INTERVAL = 1000

/** Makes the server. Clients that exceed a limit are answered with 408, or disconnected. */
export function makeServer(handler: RequestListener, limits: ServerLimits): Server {
  const { requestTimeout, headersTimeout, keepAliveTimeout, maxConnections } = limits
  const options = {
    requestTimeout: requestTimeout * 1000,
    headersTimeout: headersTimeout * 1000,
    keepAliveTimeout: keepAliveTimeout * 1000,
    connectionsCheckingInterval: CHECK_INTERVAL,
  }
  const server = createServer(options, handler)
  server.maxConnections = maxConnections
  return server
}

/** Where to listen; port 0 is any free one. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** The server cannot listen at this address. The message says why and what to change. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen'
}

/**
 * Listens, and answers the server's URL.
 *
 * @throws CannotListen if the port is taken or not allowed, or if the host is no address of this machine.
 */
export async function listen(server: Server, address: Address): Promise<string> {
  const { host, port } = address
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new CannotListen(problem(error, address), { cause: error })))
    server.listen(port, host, () => {
      const bound = server.address()
      resolve(urlOf(host, typeof bound === 'object' && bound !== null ? bound.port : port))
    })
  })
}

function problem(error: NodeJS.ErrnoException, { host, port }: Address): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} of ${host} is taken: stop the process that has it, or choose another PORT.`
    case 'EACCES':
      return `Port ${port} of ${host} is not allowed to this user: choose a PORT from 1024 on.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST=${host} is no address of this machine: 127.0.0.1 serves this machine alone, 0.0.0.0 every network.`
    default:
      return `Cannot listen on port ${port} of ${host}: ${error.message}`
  }
}

/** These addresses mean every network. A browser cannot open them. */
const EVERYWHERE: readonly string[] = ['0.0.0.0', '::']

function urlOf(host: string, port: number): string {
  const name = EVERYWHERE.includes(host) ? 'localhost' : host
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`
}
