import { freePort } from './machine.js'
import type { OwnServer } from './own-server.js'
import { askRedis, redisUrl, startRedis } from './redis.js'

/** The slots that the keys of a cluster are dealt out to. */
const SLOTS = 16_384
const SERVERS = 3

/** Three servers with a third of the slots each. */
export async function startRedisCluster(): Promise<readonly OwnServer[]> {
  const starts = Array.from({ length: SERVERS }, async (_, place) => {
    const bus = String(await freePort())
    const options = ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000']
    // Who holds the slots of a server that is down does not matter to those of the others.
    const server = await startRedis(...options, '--cluster-require-full-coverage', 'no')
    const first = Math.floor((SLOTS * place) / SERVERS)
    const last = Math.floor((SLOTS * (place + 1)) / SERVERS) - 1
    await askRedis(redisUrl(server.port), async (client) => {
      await client.sendCommand(['CLUSTER', 'SET-CONFIG-EPOCH', String(place + 1)])
      await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', String(first), String(last)])
    })
    return { server, bus }
  })
  const members = await Promise.all(starts)
  const [head, ...others] = members
  for (const { server } of others) {
    await askRedis(redisUrl(server.port), (client) =>
      client.sendCommand(['CLUSTER', 'MEET', '127.0.0.1', String(head?.server.port), String(head?.bus)]),
    )
  }
  const servers = members.map(({ server }) => server)
  await untilComplete(servers)
  return servers
}

const complete = ['cluster_state:ok', `cluster_slots_ok:${SLOTS}`, `cluster_known_nodes:${SERVERS}`] as const

/** Waits until each of the servers sees all of them. Each answer is the wait for the next question. */
export async function untilComplete(servers: readonly OwnServer[]): Promise<void> {
  const see = servers.map(({ port }) =>
    askRedis(redisUrl(port), async (client) => {
      for (let info = ''; !complete.every((line) => info.includes(line)); ) {
        info = String(await client.sendCommand(['CLUSTER', 'INFO']))
      }
    }),
  )
  await Promise.all(see)
}
