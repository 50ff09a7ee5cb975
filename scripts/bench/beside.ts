import { redisUrl, type startRedis } from '../../test/support/servers/redis.js'
import type { Generator } from './generator.js'
import { measureMemory } from './memory.js'
import { type Outage, outlastsOutage } from './outage.js'
import { losesUpdates, revivesSessions } from './races.js'
import type { Result } from './result.js'
import { Server } from './server.js'

/** What is no matter of microseconds. */
export type Beside = Pick<Result, 'races' | 'outage' | 'memory'>

/** How many servers are tried at the same time. */
const LANES = 4

type Redis = Awaited<ReturnType<typeof startRedis>>

export interface BesideOptions {
  /** Sessions that are made to see what one costs in memory. */
  readonly sessions: number
  readonly generator: Generator
  /**
   * A Redis that is killed: one that loses nothing that it has answered, so that what is wrong afterwards is not its
   * fault.
   */
  readonly mortal: Redis | undefined
  readonly onStep: (title: string) => void
}

/** By the servers' contenders' names. */
export async function measureBeside(
  servers: readonly Server[],
  options: BesideOptions,
): Promise<ReadonlyMap<string, Beside>> {
  const { mortal, onStep } = options
  const found = new Map<string, Beside>()
  const left = [...servers]
  const lane = async (): Promise<void> => {
    for (let server = left.shift(); server !== undefined; server = left.shift()) {
      onStep(`what goes wrong: ${server.contender.name}`)
      found.set(server.contender.name, await tryOut(server, options))
    }
  }
  await Promise.all(Array.from({ length: LANES }, lane))
  // One after the other: there is one Redis to be killed.
  for (const { contender } of servers) {
    if (contender.keeps !== 'redis' || mortal === undefined) continue
    onStep(`while the store is killed: ${contender.name}`)
    const server = await Server.start(contender, { core: undefined, redisUrl: redisUrl(mortal.port) })
    found.set(contender.name, { ...found.get(contender.name), outage: await outageOf(server, mortal) })
  }
  return found
}

/** Memory last: what it is measured with stays there. */
async function tryOut(server: Server, { sessions, generator }: BesideOptions): Promise<Beside> {
  const races = { lost: await losesUpdates([server], 1000), revived: await revivesSessions([server], 100) }
  const isKept = server.contender.keeps === 'memory'
  return { races, memory: isKept ? await measureMemory(server, sessions, generator) : undefined }
}

async function outageOf(server: Server, mortal: Redis): Promise<Outage> {
  const outage = await outlastsOutage(server, mortal)
  await server.stop()
  return outage
}
