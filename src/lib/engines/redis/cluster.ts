import { hash } from 'node:crypto'
import { type IdScheme, keyOf } from '../ids.js'
import { type ClientOptions, clockAhead, type RedisClient } from './client.js'
import { askAll, type ConnectionOptions } from './connection.js'

/** A client for the servers of a cluster, of which the address names some. */
export function clusterClient(options: ClientOptions<'cluster'>): RedisClient {
  const question = askAll(options.address.urls, options, async (send, url) => {
    // A server that has just come back refuses everything until it has met the others.
    if (/^cluster_state:ok/m.test(String(await send(['CLUSTER', 'INFO'])))) return url
    throw new Error('the cluster is down, or the server is in none')
  })
  let cluster: Cluster | undefined
  let connecting: Promise<unknown> | undefined
  /** How far the clock of a server is ahead, by the client of that server. */
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
        cluster = clusterAt({ ...options, url })
        return cluster.connect()
      })
      return connecting
    },
    // Its connections are asked every now and then (`pingInterval`).
    check: async () => {},
    isCluster: async () => true,
    async serverTimeAt(moment, key) {
      const shard = connected().slots[slotOf(key)]
      if (shard === undefined) throw new Error(`no server has the slot ${slotOf(key)}`)
      const node = await connected().nodeClient(shard.master)
      const known = ahead.get(node) ?? clockAhead(node)
      ahead.set(node, known)
      return Math.floor(moment + (await known))
    },
    /** What is published at one server reaches them all. */
    async subscribe(channel, listener) {
      const [node] = connected().masters
      if (node === undefined) throw new Error('the cluster has no server')
      return (await connected().nodeClient(node)).subscribe(channel, listener)
    },
    async destroy() {
      await question.destroy()
      await Promise.allSettled([connecting])
      // The cluster's own `destroy` stops at the first server whose connection is gone, and leaves the others open.
      for (const { client } of cluster?.nodeByAddress.values() ?? []) {
        if (client?.isOpen) client.destroy()
      }
    },
  }
}

type Cluster = ReturnType<typeof clusterAt>

/** A cluster whose servers are found by asking the one at `url`. They take the same user and password. */
function clusterAt({ adapter, url, connectTimeout, onLost }: ConnectionOptions) {
  const { protocol, username, password } = new URL(url)
  const cluster = adapter.createCluster({
    rootNodes: [{ url }],
    // The servers that are well must be reachable while one is down; each is connected to when it is needed.
    minimizeConnections: true,
    defaults: {
      disableOfflineQueue: true,
      ...(username !== '' && { username: decodeURIComponent(username) }),
      ...(password !== '' && { password: decodeURIComponent(password) }),
      // So that an idle connection can be told from one to a server that does not answer.
      pingInterval: Math.ceil(connectTimeout / 3),
      socket: {
        connectTimeout,
        // What the cluster's client asks for itself has no other limit.
        socketTimeout: connectTimeout,
        reconnectStrategy: false,
        ...(protocol === 'rediss:' && { tls: true }),
      },
    },
  })
  // Emitted, too, if no server can be asked for the others; connect() rejects then.
  cluster.on('error', () => {})
  cluster.on('node-error', onLost)
  return cluster
}

/** The number of slots over which a cluster distributes its keys. */
const SLOTS = 16_384

/** How much of an id its successors share: characters of `a-z0-9`. */
const SHARED = 4

/**
 * Ids for a cluster, where one step reaches the keys of one slot only. A key's slot is that of its hash tag, the part in
 * braces. Ours follows from the first characters of the id, and a rotation keeps those. So the two keys of a rotation
 * are in one slot, and the sessions are spread evenly over all servers.
 *
 * Whoever knows an old id knows four characters of the new one; the other 28 are drawn anew, 144 bits (S01, S07). The
 * tag is 14 bits of a hash of those four characters, and tells less of the id than the hash beside it does (S05).
 */
export const clusterIds: IdScheme = {
  keyOf: (id) => `{${tagOf(id.slice(0, SHARED))}}${keyOf(id)}`,
  next: (id, fair) => id.slice(0, SHARED) + fair.slice(SHARED),
}

function tagOf(shared: string): string {
  return (Number.parseInt(hash('sha256', shared, 'hex').slice(0, 8), 16) % SLOTS)
    .toString(16)
    .padStart(4, '0')
}

/** The slot of a key, as the servers compute it: CRC16 (XMODEM) of its hash tag. */
export function slotOf(key: string): number {
  let crc = 0
  for (const byte of Buffer.from(/\{([^}]+)\}/.exec(key)?.[1] ?? key)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021
  }
  return (crc & 0xffff) % SLOTS
}
