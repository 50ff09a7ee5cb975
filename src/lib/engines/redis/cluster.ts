import { createCluster } from '@keyv/redis'
import { type ClientOptions, clockAhead, type RedisClient } from './client.js'
import { askAll } from './question.js'
import { slotOf } from './slots.js'

/** A client for the servers of a cluster, of which the address names some. */
export function clusterClient({
  address: { urls },
  connectTimeout,
  onLost,
}: ClientOptions<'cluster'>): RedisClient {
  const question = askAll(urls, connectTimeout, async (ask, url) => {
    // A server that has just come back refuses everything until it has met the others.
    if (/^cluster_state:ok/m.test(String(await ask(['CLUSTER', 'INFO'])))) return url
    throw new Error('the cluster is down, or the server is in none')
  })
  let cluster: Cluster | undefined
  let connecting: Promise<unknown> | undefined
  /** By the client of a server: what its clock is ahead. */
  const ahead = new WeakMap<object, Promise<number>>()
  const connected = (): Cluster => {
    if (cluster === undefined) throw new Error('the cluster is not connected')
    return cluster
  }
  return {
    get commands() {
      return connected()
    },
    nodes: () => Promise.all(connected().masters.map((node) => connected().nodeClient(node))),
    connect: () => {
      connecting = question.answer.then((url) => {
        cluster = clusterAt(url, connectTimeout, onLost)
        return cluster.connect()
      })
      return connecting
    },
    async serverTimeAt(moment, key) {
      const shard = connected().slots[slotOf(key)]
      if (shard === undefined) throw new Error(`no server has the slot ${slotOf(key)}`)
      const node = await connected().nodeClient(shard.master)
      const known = ahead.get(node) ?? clockAhead(node)
      ahead.set(node, known)
      return Math.floor(moment + (await known))
    },
    async destroy() {
      await question.destroy()
      await Promise.allSettled([connecting])
      // The cluster's own way ends at the first server whose connection is gone, and leaves the others open.
      for (const { client } of cluster?.nodeByAddress.values() ?? []) {
        if (client?.isOpen) client.destroy()
      }
    },
  }
}

type Cluster = ReturnType<typeof clusterAt>

/** A cluster whose servers are found by asking the one at `url`; they take the same user and password. */
function clusterAt(url: string, connectTimeout: number, onLost: () => void) {
  const { protocol, username, password } = new URL(url)
  const cluster = createCluster({
    rootNodes: [{ url }],
    // The servers that are well must be reachable while one is down; each is connected to when it is needed.
    minimizeConnections: true,
    defaults: {
      disableOfflineQueue: true,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      // A connection that is merely idle must not look like one to a server that says nothing.
      pingInterval: Math.ceil(connectTimeout / 3),
      socket: {
        connectTimeout,
        // What the cluster's client asks on its own account has no other limit.
        socketTimeout: connectTimeout,
        reconnectStrategy: false,
        ...(protocol === 'rediss:' && { tls: true }),
      },
    },
  })
  // A server that cannot be asked for the others is an error too; connect() tells.
  cluster.on('error', () => {})
  cluster.on('node-error', onLost)
  return cluster
}
