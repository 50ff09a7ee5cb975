import type { createClient, createCluster } from '@keyv/redis'

/** What we use of `@keyv/redis`. It is loaded when this engine is opened, so that no other engine needs the package. */
export interface RedisAdapter {
  readonly createClient: typeof createClient
  readonly createCluster: typeof createCluster
}

export interface ConnectionOptions {
  readonly adapter: RedisAdapter
  readonly url: string
  /** Milliseconds. */
  readonly connectTimeout: number
  /** The connection is gone, for whatever reason. A call under way learns it from its own error. */
  readonly onLost: () => void
}

/** One connection to one server. Once lost it stays lost. */
export function connectionTo({ adapter, url, connectTimeout, onLost }: ConnectionOptions) {
  const client = adapter.createClient({
    url,
    // Calls must not wait for a connection that may come back some day; see ReconnectingClient.
    disableOfflineQueue: true,
    // A server without room for more connections says so as the answer to the first command. Nobody reads the answer
    // to a CLIENT SETINFO.
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
    /** Releases the socket; calls under way fail. */
    async destroy(): Promise<void> {
      // A client that is destroyed before it has its socket does not notice, and keeps the socket that it gets.
      await Promise.allSettled([Promise.race([socketMade, connecting])])
      if (client.isOpen) client.destroy()
    },
  }
}

/** A connection to one server for a command that asks what no request asks: `send` takes a command with its arguments. */
export async function connectAlone(url: string, timeLimit: number) {
  const adapter = await import('@keyv/redis')
  const { client, connect, destroy } = connectionTo({
    adapter,
    url,
    connectTimeout: timeLimit,
    onLost: () => {},
  })
  try {
    await connect()
  } catch (error) {
    await destroy()
    throw error
  }
  return { send: (command: readonly string[]): Promise<unknown> => client.sendCommand([...command]), destroy }
}

/** OpenSSL's codes for a certificate that no trusted authority has signed. */
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

/** Asks one server: sends it commands and makes an answer of what it replies. */
export type Ask<Answer> = (
  send: (command: readonly string[]) => Promise<unknown>,
  url: string,
) => Promise<Answer>

export interface Question<Answer> {
  /** The answer of the first server that has one. Rejects if none has, with what each said. */
  readonly answer: Promise<Answer>
  /** Releases every socket. */
  destroy(): Promise<void>
}

/**
 * Asks several servers at the same time, each on a connection of its own. So a server that does not answer, or is slow
 * to say that it does not know, delays nobody.
 */
export function askAll<Answer>(
  urls: readonly string[],
  options: Omit<ConnectionOptions, 'url' | 'onLost'>,
  ask: Ask<Answer>,
): Question<Answer> {
  const questions = urls.map((url) => askOne({ ...options, url, onLost: () => {} }, ask))
  const destroy = async (): Promise<void> => {
    await Promise.all(questions.map((question) => question.destroy()))
  }
  const answer = Promise.any(questions.map((question) => question.answer))
    .catch((error: AggregateError) => {
      const messages = error.errors.map((each) => (each instanceof Error ? each.message : String(each)))
      throw new Error([...new Set(messages)].join('; '), { cause: error.errors[0] })
    })
    .finally(() => void destroy())
  return { answer, destroy }
}

function askOne<Answer>(options: ConnectionOptions, ask: Ask<Answer>): Question<Answer> {
  const { client, connect, destroy } = connectionTo(options)
  const answer = connect().then(() => ask((command) => client.sendCommand([...command]), options.url))
  return { answer, destroy }
}
