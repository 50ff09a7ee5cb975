import { tell } from '../command-line.js'
import { Load } from '../measure/load.js'
import { type Lost, losesUpdates, revivesSessions } from '../measure/races.js'
import type { Server } from '../measure/server.js'
import type { Contender } from './contenders.js'

/** What is not about processor time. What is missing was not measured, or does not apply. */
export interface Correctness {
  readonly races?: { readonly lost: Lost; readonly revived: number } | undefined
  /** Bytes of memory a session, where the server keeps them itself. */
  readonly memory?: number | undefined
}

interface Contestant {
  readonly contender: Contender
  readonly server: Server
}

/** By the contenders' names. `sessions`: how many are made to see what one takes in memory. */
export async function measureCorrectness(
  contestants: readonly Contestant[],
  sessions: number,
): Promise<ReadonlyMap<string, Correctness>> {
  const found = new Map<string, Correctness>()
  for (const { contender, server } of contestants) {
    tell(`what goes wrong: ${contender.name}`)
    const races = { lost: await losesUpdates([server], 1000), revived: await revivesSessions([server], 100) }
    const memory = contender.keeps === 'memory' ? await bytesOfSession(server, sessions) : undefined
    found.set(contender.name, { races, memory })
  }
  return found
}

/** Heap and what lies beside it, after a collection, of `sessions` small sessions. */
async function bytesOfSession(server: Server, sessions: number): Promise<number> {
  const load = new Load({ servers: [server], sessions: 0 })
  // What the first requests leave behind is the program's and not the sessions'.
  await load.run({ traffic: 'create', requests: 1000 })
  const before = await server.ask('memory')
  await load.run({ traffic: 'create', requests: sessions })
  const after = await server.ask('memory')
  load.close()
  return (after - before) / sessions
}
