/** Where REDIS_URL leads. */
export type RedisAddress =
  | { readonly kind: 'single'; readonly url: string }
  /** Some servers of a cluster; they know the others. */
  | { readonly kind: 'cluster'; readonly urls: readonly string[] }
  /** Sentinels, which tell where the primary is. */
  | {
      readonly kind: 'sentinel'
      readonly urls: readonly string[]
      /** Their name for the primary. */
      readonly name: string
      /** The URL of a primary at this host and port. */
      readonly urlOf: (host: string, port: string) => string
    }

/** Sentinel's default port. */
const SENTINEL_PORT = 26_379

const SENTINEL =
  /^(?<scheme>rediss?)\+sentinel:\/\/(?<access>[^@/]*@)?(?<hosts>[^@/]+)\/(?<name>[\w.-]+)(?:\/(?<database>\d+))?$/
const CLUSTER = /^(?<scheme>rediss?)\+cluster:\/\/(?<access>[^@/]*@)?(?<hosts>[^@/]+)\/?$/
/** The scheme of a URL with its user and password, and a server of a list that does without them. */
const SCHEME = /^rediss?:\/\/(?:[^@/,]*@)?/
const HOST = /^[^@/]+(?:\/\d*)?$/

/**
 * Reads REDIS_URL; undefined if it is none of these:
 *
 * - `redis://host:port/database`: one server; `rediss:` for TLS.
 * - `redis://host:port,host:port`: servers of a cluster; each may have a scheme of its own, too.
 * - `redis+cluster://host:port`: one or more servers of a cluster, or its configuration endpoint.
 * - `redis+sentinel://host:port,host:port/name/database`: sentinels, and their name for the primary.
 *
 * Each may have `user:password@` before the host; in a list it applies to the servers that follow without a scheme.
 */
export function redisAddress(text: string): RedisAddress | undefined {
  const sentinel = SENTINEL.exec(text)?.groups
  if (sentinel !== undefined) return sentinelAddress(sentinel)
  const cluster = CLUSTER.exec(text)?.groups
  if (cluster !== undefined) return clusterAddress(cluster)
  const urls = urlsIn(text)
  const [url = ''] = urls
  if (!urls.every(isRedisUrl)) return undefined
  return urls.length === 1 ? { kind: 'single', url } : { kind: 'cluster', urls }
}

/** A server without a scheme gets that of the server before it, with its user and password. */
function urlsIn(text: string): string[] {
  let scheme = ''
  return text.split(',').map((part) => {
    const server = part.trim()
    const own = SCHEME.exec(server)?.[0]
    if (own === undefined) return HOST.test(server) ? `${scheme}${server}` : ''
    scheme = own
    return server
  })
}

type Groups = Readonly<Record<string, string | undefined>>

function clusterAddress({ scheme = '', access = '', hosts = '' }: Groups): RedisAddress | undefined {
  const urls = hosts.split(',').map((host) => `${scheme}://${access}${host.trim()}`)
  return urls.every(isRedisUrl) ? { kind: 'cluster', urls } : undefined
}

function sentinelAddress(groups: Groups): RedisAddress | undefined {
  const { scheme = '', access = '', hosts = '', name = '', database } = groups
  const urls = hosts.split(',').map((host) => withPort(`${scheme}://${host.trim()}`))
  const path = database === undefined ? '' : `/${database}`
  const urlOf = (host: string, port: string): string =>
    `${scheme}://${access}${host.includes(':') ? `[${host}]` : host}:${port}${path}`
  return [...urls, urlOf('host', '1')].every(isRedisUrl) ? { kind: 'sentinel', urls, name, urlOf } : undefined
}

function withPort(url: string): string {
  return /:\d+$/.test(url) ? url : `${url}:${SENTINEL_PORT}`
}

function isRedisUrl(url: string): boolean {
  return /^rediss?:\/\//.test(url) && URL.canParse(url) && new URL(url).hostname !== ''
}

/** The address for messages and logs: without users and passwords. */
export function shownAddress(address: RedisAddress): string {
  if (address.kind === 'single') return withoutAccess(address.url)
  const urls = address.urls.map(withoutAccess).join()
  return address.kind === 'cluster' ? urls : `${urls} (sentinels of ${address.name})`
}

function withoutAccess(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
