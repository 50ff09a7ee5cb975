import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { OwnServer } from './own-server.js'
import { askRedis, redisKind, redisUrl, startRedis } from './redis.js'

/** How the sentinels call the primary. */
export const PRIMARY = 'mymaster'
const SENTINELS = 3
/** So many sentinels must miss the primary before one of them puts the replica in its place. */
const QUORUM = 2
/** How long a busy machine may take to replicate: milliseconds. */
const REPLICATION = 20_000

/** A primary, its replica, and the sentinels that watch over them. */
export interface Watched {
  readonly primary: OwnServer
  readonly replica: OwnServer
  readonly sentinels: readonly OwnServer[]
}

/** Starts all of them, and waits until each knows of the others. */
export async function startWatched(): Promise<Watched> {
  const primary = await startRedis()
  const replica = await startRedis(
    '--replicaof',
    '127.0.0.1',
    String(primary.port),
    '--repl-diskless-sync-delay',
    '0',
  )
  await until(replica, ['INFO', 'replication'], 'master_link_status:up')
  const sentinels = await Promise.all(Array.from({ length: SENTINELS }, () => startSentinel(primary.port)))
  for (const sentinel of sentinels) {
    await until(
      sentinel,
      ['INFO', 'sentinel'],
      `status=ok,address=127.0.0.1:${primary.port},slaves=1,sentinels=${SENTINELS}`,
    )
  }
  return { primary, replica, sentinels }
}

function startSentinel(primary: number): Promise<OwnServer> {
  return OwnServer.start({
    ...redisKind(),
    // A sentinel keeps what it learns in the file that it was started with.
    prepare: async (directory) => {
      const path = configIn(directory)
      const watch = [
        `sentinel monitor ${PRIMARY} 127.0.0.1 ${primary} ${QUORUM}`,
        `sentinel down-after-milliseconds ${PRIMARY} 500`,
        `sentinel failover-timeout ${PRIMARY} 2000`,
      ]
      writeFileSync(path, `${watch.join('\n')}\n`)
      chmodSync(path, 0o666)
    },
    command: (directory, port) => {
      const [program = ''] = redisKind().command(directory, port)
      const place = ['--port', String(port), '--bind', '127.0.0.1', '--dir', directory]
      return [program, configIn(directory), '--sentinel', ...place]
    },
  })
}

const configIn = (directory: string): string => join(directory, 'sentinel.conf')

/** Waits until the replica has everything. WAIT waits for what its own client has written, hence a write. */
export async function untilReplicated({ port }: OwnServer): Promise<void> {
  await askRedis(redisUrl(port), async (client) => {
    await client.set('barrier', 'here')
    const replicas = await client.wait(1, REPLICATION)
    if (replicas < 1) throw new Error(`nobody has replicated within ${REPLICATION} ms`)
  })
}

/** Puts `server` where the sentinels think the primary is, at once. */
export async function pointAt({ port }: OwnServer, sentinels: readonly OwnServer[]): Promise<void> {
  for (const sentinel of sentinels) {
    await askRedis(redisUrl(sentinel.port), async (client) => {
      await client.sendCommand(['SENTINEL', 'REMOVE', PRIMARY])
      await client.sendCommand(['SENTINEL', 'MONITOR', PRIMARY, '127.0.0.1', String(port), String(QUORUM)])
    })
  }
}

/**
 * Asks until what the server says contains `expected`. Each answer is the wait for the next question; a server that
 * changes its part closes connections while it does.
 */
export async function until(
  { port }: OwnServer,
  question: readonly string[],
  expected: string,
): Promise<void> {
  const ask = () => askRedis(redisUrl(port), (client) => client.sendCommand([...question]))
  while (!String(await ask().catch(() => '')).includes(expected));
}
