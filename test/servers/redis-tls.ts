import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient } from '@keyv/redis'
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
  const directory = mkdtempSync(join(tmpdir(), 'tessera-tls-'))
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }))
  const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=tessera test', '-addext', 'subjectAltName=IP:127.0.0.1'],
      ...['-out', certificate, '-keyout', key],
    ],
    { stdio: 'pipe' },
  )
  // The server runs as another user where the tests run as root.
  chmodSync(directory, 0o755)
  chmodSync(key, 0o644)
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
