import { createClient } from '@keyv/redis'
import { findProgram } from './machine.js'
import { OwnServer, type ServerKind } from './own-server.js'

const program = findProgram('redis-server')

/** The Debian package to install, if there is no Redis on this machine. */
export const redisMissing = program === undefined ? 'redis-server' : undefined

/** Every write reaches the file before it is answered, so that a kill loses nothing. */
export const redisKind = (...options: readonly string[]): ServerKind => ({
  user: 'redis',
  prepare: async () => {},
  command: (directory, port) => [
    program ?? '',
    ...['--port', String(port), '--bind', '127.0.0.1', '--dir', directory],
    ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'always'],
    ...options,
  ],
  connect: async (port) => {
    await askRedis(redisUrl(port), (client) => client.ping())
  },
})

/** `options`: more of its command line. */
export function startRedis(...options: readonly string[]): Promise<OwnServer> {
  return OwnServer.start(redisKind(...options))
}

export function redisUrl(port: number): string {
  return `redis://127.0.0.1:${port}`
}

const clientOf = (url: string) => createClient({ url, socket: { reconnectStrategy: false } })

/** Asks on a connection of its own. */
export async function askRedis<Result>(
  url: string,
  ask: (client: ReturnType<typeof clientOf>) => Promise<Result>,
): Promise<Result> {
  const client = clientOf(url)
  client.on('error', () => {}) // the call tells
  await client.connect()
  try {
    return await ask(client)
  } finally {
    client.destroy()
  }
}
