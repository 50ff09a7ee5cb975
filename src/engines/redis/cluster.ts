import { createCluster } from '@keyv/redis'
import type { MakeClient } from './client.js'

/** A client for the servers of a cluster, of which the URLs name some. */
export const clusterClient: MakeClient = ({ url, connectTimeout, onLost }) => {
  const urls = url.split(',')
  // A server that says nothing must leave time to ask the others.
  const patience = Math.ceil(connectTimeout / (urls.length + 1))
  const { protocol, username, password } = new URL(urls[0] ?? '')
  const cluster = createCluster({
    rootNodes: urls.map((each) => ({ url: each })),
    // The servers that are well must be reachable while one is down; each is connected to when it is needed.
    minimizeConnections: true,
    defaults: {
      disableOfflineQueue: true,
      // The other servers are found by asking; they take the same user and password.
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      // A connection that is merely idle must not look like one to a server that says nothing.
      pingInterval: Math.ceil(patience / 3),
      socket: {
        connectTimeout: patience,
        socketTimeout: patience,
        reconnectStrategy: false,
        ...(protocol === 'rediss:' && { tls: true }),
      },
    },
  })
  // A server that cannot be asked for the others is an error too, but the next one is asked; connect() tells.
  cluster.on('error', () => {})
  cluster.on('node-error', onLost)
  let connecting: Promise<unknown> | undefined
  return {
    commands: cluster,
    nodes: () => Promise.all(cluster.masters.map((node) => cluster.nodeClient(node))),
    connect: () => {
      connecting = cluster.connect()
      return connecting
    },
    serverTimeAt: () => undefined,
    async destroy() {
      await Promise.allSettled([connecting])
      // The cluster's own way ends at the first server whose connection is gone, and leaves the others open.
      for (const { client } of cluster.nodeByAddress.values()) {
        if (client?.isOpen) client.destroy()
      }
    },
  }
}
