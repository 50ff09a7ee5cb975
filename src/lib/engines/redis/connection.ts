import { createClient } from '@keyv/redis'

export interface ConnectionOptions {
  readonly url: string
  /** Milliseconds. */
  readonly connectTimeout: number
  /** The connection is gone, for whatever reason. Whoever has a call under way is told by the call. */
  readonly onLost: () => void
}

/** One connection to one server: once lost it stays lost. */
export function connectionTo({ url, connectTimeout, onLost }: ConnectionOptions) {
  const client = createClient({
    url,
    // Nobody waits for a connection that may come back some day; see RedisLink.
    disableOfflineQueue: true,
    // What a server says that takes no more connections would be the answer to this, and answers to this go unheard.
    disableClientInfo: true,
    socket: { connectTimeout, reconnectStrategy: false },
  })
  // Without a listener an 'error' would end the process.
  client.on('error', onLost)
  const socketMade = new Promise((resolve) => client.once('connect', resolve))
  let connecting: Promise<unknown> | undefined
  return {
    client,
    connect(): Promise<unknown> {
      connecting = client.connect().catch(explain)
      return connecting
    },
    /** Lets go of the socket; what was under way fails. */
    async destroy(): Promise<void> {
      // A client that is destroyed before it has its socket does not notice and keeps the one that it gets.
      await Promise.allSettled([Promise.race([socketMade, connecting])])
      if (client.isOpen) client.destroy()
    },
  }
}

/** What OpenSSL says of a certificate that nobody vouches for whom this process trusts. */
const UNTRUSTED: readonly unknown[] = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]

function explain(cause: unknown): never {
  if (!(cause instanceof Error && 'code' in cause && UNTRUSTED.includes(cause.code))) throw cause
  const what = `the server's certificate is not trusted (${cause.message})`
  throw new Error(`${what}; NODE_EXTRA_CA_CERTS names the file of an authority of your own`, { cause })
}
