import { readFileSync } from 'node:fs'
import { createClient } from '@keyv/redis'
import { makeCertificate } from './certificate.js'
import { OwnServer } from './own-server.js'
import { redisKind } from './redis.js'

export interface TlsServer {
  readonly server: OwnServer
  readonly url: string
  /** The path of the certificate, which vouches for itself. */
  readonly certificate: string
}

/** A Redis server that speaks TLS only, with a certificate made for it. */
export async function startTlsRedis(): Promise<TlsServer> {
  const { certificate, key } = makeCertificate()
  const kind = redisKind('--tls-cert-file', certificate, '--tls-key-file', key, '--tls-auth-clients', 'no')
  const urlOf = (port: number): string => `rediss://127.0.0.1:${port}`
  const server = await OwnServer.start({
    ...kind,
    command: (where, port) => [...kind.command(where, port), '--port', '0', '--tls-port', String(port)],
    connect: async (port) => {
      const socket = { tls: true, ca: readFileSync(certificate), reconnectStrategy: false } as const
      const client = createClient({ url: urlOf(port), socket })
      client.on('error', () => {}) // the call tells
      await client.connect()
      client.destroy()
    },
  })
  return { server, url: urlOf(server.port), certificate }
}
