import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Channel } from './channel.js'
import type { Order } from './load/generator.js'
import type { Loaded, Stretch } from './load/site.js'
import type { Server } from './server.js'

/** Sessions that are visited at each contender. */
const SESSIONS = 200

/** The process that makes the load. */
export class Generator {
  readonly #channel = new Channel(
    fork(fileURLToPath(new URL('load/generator.ts', import.meta.url))),
    'the load',
  )

  /** Makes the acquaintance of a server. */
  async visit({ port, contender }: Server): Promise<void> {
    const hasSessions = contender.floor !== undefined
    await this.#order({ do: 'seed', port, sessions: SESSIONS, hasSessions })
  }

  /** Comes to a server with the sessions that are in its store already, each written once. */
  async adopt({ port }: Server, cookie: string, ids: readonly string[]): Promise<void> {
    await this.#order({ do: 'adopt', port, cookie, ids })
  }

  async leave({ port }: Server): Promise<void> {
    await this.#order({ do: 'leave', port })
  }

  load({ port }: Server, stretch: Stretch): Promise<Loaded> {
    return this.#order({ do: 'load', port, ...stretch })
  }

  close(): Promise<void> {
    return this.#channel.close()
  }

  #order(order: Order): Promise<Loaded> {
    return this.#channel.ask(order)
  }
}
