import { type ClientOptions, clientOfOne, type RedisClient } from './client.js'
import { askAll } from './connection.js'

/**
 * A client for the primary that the sentinels name. They are asked whenever a connection is made, so a failover needs
 * nothing but a new connection. The server is asked too whether it is the primary, since a sentinel may be behind.
 */
export function sentinelClient(options: ClientOptions<'sentinel'>): RedisClient {
  const { urls, name, urlOf } = options.address
  const candidates = new Map<string, { client: RedisClient; connecting: Promise<unknown> }>()
  let primary: RedisClient | undefined
  /** A primary was found, or nobody wants one any more; a candidate that comes now is too late. */
  let settled = false

  /** The server at `url`, once it has said that it is the primary. It is asked once, if several sentinels name it. */
  async function candidate(url: string): Promise<RedisClient> {
    if (settled) throw new Error('the connection is no longer wanted')
    const known = candidates.get(url)
    if (known !== undefined) return known.connecting.then(() => known.client)
    const client = clientOfOne(
      { ...options, url, onLost: () => primary === client && options.onLost() },
      true,
    )
    const connecting = client.connect()
    candidates.set(url, { client, connecting })
    await connecting
    return client
  }

  const question = askAll(urls, options, async (send) => {
    const place = await send(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
    if (!Array.isArray(place)) throw new Error(`the sentinels know no primary of the name ${name}`)
    return candidate(urlOf(String(place[0]), String(place[1])))
  })
  const found = (): RedisClient => {
    if (primary === undefined) throw new Error('there is no connection to a primary')
    return primary
  }
  return {
    get commands() {
      return found().commands
    },
    nodes: () => found().nodes(),
    check: () => found().check(),
    isCluster: async () => false,
    serverTimeAt: (moment, key) => found().serverTimeAt(moment, key),
    subscribe: (channel, listener) => found().subscribe(channel, listener),
    async connect() {
      primary = await question.answer
      settled = true
      void dropAllBut(primary)
    },
    async destroy() {
      settled = true
      await Promise.all([question.destroy(), dropAllBut(undefined)])
    },
  }

  async function dropAllBut(kept: RedisClient | undefined): Promise<void> {
    const others = [...candidates.values()].filter(({ client }) => client !== kept)
    await Promise.all(others.map(({ client }) => client.destroy()))
  }
}
