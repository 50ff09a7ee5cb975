import { type ClientOptions, clientOfOne, type RedisClient } from './client.js'
import { askAll } from './question.js'

/**
 * A client for the primary that the sentinels name. They are asked whenever a connection is made, so that a new line is
 * all that a failover needs; and the server is asked too whether it is the primary, for a sentinel may be behind.
 */
export function sentinelClient({
  address: { urls, name, urlOf },
  connectTimeout,
  onLost,
}: ClientOptions<'sentinel'>): RedisClient {
  const candidates = new Map<string, { client: RedisClient; connecting: Promise<unknown> }>()
  let primary: RedisClient | undefined
  /** Whoever comes now comes too late. */
  let settled = false

  /** The server at `url`, once it has said that it is the primary. Where sentinels agree it is asked once. */
  async function candidate(url: string): Promise<RedisClient> {
    if (settled) throw new Error('the connection is no longer wanted')
    const known = candidates.get(url)
    if (known !== undefined) return known.connecting.then(() => known.client)
    const client = clientOfOne(
      { url, connectTimeout, onLost: () => primary === client && onLost() },
      async (role) => isPrimary(await role(), url),
    )
    const connecting = client.connect()
    candidates.set(url, { client, connecting })
    await connecting
    return client
  }

  const question = askAll(urls, connectTimeout, async (ask) => {
    const place = await ask(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name])
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
    serverTimeAt: (moment, key) => found().serverTimeAt(moment, key),
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

function isPrimary(role: unknown, url: string): void {
  const [is] = Array.isArray(role) ? role : []
  if (String(is) !== 'master') throw new Error(`the server at ${new URL(url).host} is not the primary`)
}
