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
  /^(?<tls>rediss?)\+sentinel:\/\/(?:(?<user>[^@/]*)@)?(?<hosts>[^@/]+)\/(?<name>[\w.-]+)(?:\/(?<database>\d+))?$/

/**
 * Reads `redis://host:port/database` (`rediss:` for TLS), several of them with commas between for a cluster, or
 * `redis+sentinel://host:port,host:port/name/database`. Each may have `user:password@` before the host. Undefined if
 * it is none of these.
 */
export function redisAddress(text: string): RedisAddress | undefined {
  const sentinels = SENTINEL.exec(text)?.groups
  if (sentinels !== undefined) return sentinelAddress(sentinels)
  const urls = text.split(',').map((url) => url.trim())
  const [url = ''] = urls
  if (!urls.every(isRedisUrl)) return undefined
  return urls.length === 1 ? { kind: 'single', url } : { kind: 'cluster', urls }
}

function sentinelAddress(groups: Record<string, string | undefined>): RedisAddress | undefined {
  const { tls: scheme = '', user, hosts = '', name = '', database } = groups
  const urls = hosts.split(',').map((host) => withPort(`${scheme}://${host.trim()}`))
  const access = user === undefined ? '' : `${user}@`
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
  if (address.kind === 'single') return openPart(address.url)
  const urls = address.urls.map(openPart).join()
  return address.kind === 'cluster' ? urls : `${urls} (sentinels of ${address.name})`
}

function openPart(url: string): string {
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
