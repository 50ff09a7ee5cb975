import { startMariadb } from './mariadb.js'
import type { OwnServer } from './own-server.js'
import { startPostgres } from './postgres.js'
import { startRedis } from './redis.js'
import { startRedisCluster } from './redis-cluster.js'

const starts = {
  postgres: async () => [await startPostgres()],
  mariadb: async () => [await startMariadb()],
  redis: async () => [await startRedis()],
  'redis-cluster': startRedisCluster,
} as const satisfies Record<string, () => Promise<readonly OwnServer[]>>

export type SharedServer = keyof typeof starts

const running = new Map<SharedServer, Promise<readonly OwnServer[]>>()

/** Starts the server of that name when it is first asked for; answers its port, or those of a cluster. */
export async function portsOf(name: SharedServer): Promise<readonly number[]> {
  const started = running.get(name) ?? starts[name]()
  running.set(name, started)
  const servers = await started
  // MariaDB 10.11 has been seen to end with a segmentation fault; that shall not cost the tests that follow.
  await Promise.all(servers.map((server) => server.start()))
  return servers.map(({ port }) => port)
}

/**
 * The port of a server that all test processes of this run share: keep to keys, databases and users of your own, and
 * never stop it. Outside AVA, as in `npm run conformance`, it is this process's own.
 */
export async function sharedPort(name: SharedServer): Promise<number> {
  const [port] = await sharedPorts(name)
  if (port === undefined) throw new TypeError(`${name} has no port`)
  return port
}

export async function sharedPorts(name: SharedServer): Promise<readonly number[]> {
  const { TEST_SERVERS } = process.env
  if (TEST_SERVERS === undefined) return portsOf(name)
  const response = await fetch(`${TEST_SERVERS}/${name}`)
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as readonly number[]
}
