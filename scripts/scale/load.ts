import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Channel } from '../bench/channel.js'
import type { Server } from '../bench/server.js'
import type { CrowdOptions, Recount } from './load/crowd.js'
import type { Order } from './load/process.js'
import type { Tally } from './load/tally.js'

/** The process that makes the load, for any number of sets of servers. */
export class Load {
  readonly #channel = new Channel(
    fork(fileURLToPath(new URL('load/process.ts', import.meta.url))),
    'the load',
  )
  #crowds = 0

  /** People for these servers, who have just begun their sessions. */
  async gather(servers: readonly Server[], options: Omit<CrowdOptions, 'ports'>): Promise<Gathered> {
    const gathered = new Gathered(this.#channel, ++this.#crowds)
    await gathered.order<Tally>({ do: 'begin', ports: servers.map(({ port }) => port), ...options })
    return gathered
  }

  close(): Promise<void> {
    return this.#channel.close()
  }
}

/** A crowd in the load's process. */
export class Gathered {
  readonly #channel: Channel
  readonly #crowd: number

  constructor(channel: Channel, crowd: number) {
    this.#channel = channel
    this.#crowd = crowd
  }

  order<Answer>(order: Order): Promise<Answer> {
    return this.#channel.ask({ ...order, crowd: this.#crowd })
  }

  closed(milliseconds: number, atOnce: number): Promise<Tally> {
    return this.order({ do: 'closed', milliseconds, atOnce })
  }

  open(rate: number): Promise<void> {
    return this.order({ do: 'open', rate })
  }

  interval(): Promise<Tally> {
    return this.order({ do: 'interval' })
  }

  end(): Promise<Tally> {
    return this.order({ do: 'end' })
  }

  recount(): Promise<Recount> {
    return this.order({ do: 'recount' })
  }
}
