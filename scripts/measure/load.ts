import { setImmediate as turn } from 'node:timers/promises'
import { atEnd } from '../command-line.js'
import { Connection } from './connection.js'
import { Population, type PopulationOptions, requestOf, type Traffic } from './population.js'
import { Counter, type Tally } from './tally.js'
import { textOf, type Visitor, visit } from './visitor.js'

/** Requests under way in a closed loop. */
const AT_ONCE = 32
/** Sessions that are read at the same time when all are checked at the end. */
const CHECKED_AT_ONCE = 16

export interface LoadOptions extends PopulationOptions {
  readonly servers: readonly { readonly port: number }[]
  /** The most requests under way. Default: 32. */
  readonly connections?: number
  /**
   * Whether this process never sleeps. To wake a sleeping processor costs the server several microseconds, and only
   * servers slower than the load would pay them. Not where there are more processes than processors. Default: it sleeps.
   */
  readonly awake?: boolean
}

/** One stretch of load; the first limit reached ends it. */
export interface Stretch {
  readonly traffic: Traffic
  readonly requests?: number
  readonly milliseconds?: number | undefined
}

/** What the sessions hold in the end. */
export interface Check {
  readonly sessions: number
  /** Answers of any server that are not what the answered writes say. */
  readonly wrong: number
  readonly example: string | undefined
}

interface Slot {
  readonly port: number
  connection: Connection
}

/**
 * A population and its connections to one server or several, until the end of the measurement. This process makes the
 * load, and does little else meanwhile.
 */
export class Load {
  readonly #options: LoadOptions
  readonly #population: Population
  readonly #counter = new Counter()
  readonly #slots: readonly Slot[]
  /** The one that has been free for longest is next, so that the requests of one session reach all servers. */
  readonly #free: Slot[]
  #dispatching: Promise<void> | undefined
  #goesOn = false

  constructor(options: LoadOptions) {
    const { servers, connections = AT_ONCE } = options
    this.#options = options
    this.#population = new Population(options)
    this.#slots = Array.from({ length: connections }, (_, index) => {
      const port = servers[index % servers.length]?.port ?? 0
      return { port, connection: new Connection(port) }
    })
    this.#free = [...this.#slots]
    atEnd(() => this.close())
  }

  /** Begins all sessions, by requests. */
  begin(): Promise<Tally> {
    return this.run({ traffic: 'visits', requests: this.#options.sessions })
  }

  /** Takes over sessions that are in the store already, each written once. */
  adopt(cookie: string, ids: readonly string[]): void {
    this.#population.adopt(cookie, ids, performance.now())
  }

  /** A closed loop: each request is due when the one before it was answered. */
  async run(stretch: Stretch): Promise<Tally> {
    const { traffic, milliseconds = Number.POSITIVE_INFINITY } = stretch
    this.#counter.take()
    let left = stretch.requests ?? Number.POSITIVE_INFINITY
    const end = performance.now() + milliseconds
    const goesOn = (): boolean => left-- > 0 && performance.now() < end
    let over = false
    const stayAwake = (): unknown => over || setImmediate(stayAwake)
    if (this.#options.awake) stayAwake()
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.#loop(traffic, goesOn)))
    over = true
    return this.#counter.take()
  }

  /** An open loop: from now on `rate` requests a second are due, until `stop()`. */
  start(traffic: Traffic, rate: number): void {
    this.#counter.take()
    this.#goesOn = true
    this.#dispatching = this.#dispatch(traffic, new Schedule(rate, performance.now()))
  }

  /** What came of the requests since the last time. */
  interval(): Tally {
    return this.#counter.take()
  }

  /** Ends the open loop, and waits for the requests under way. */
  async stop(): Promise<void> {
    this.#goesOn = false
    await this.#dispatching
    while (this.#free.length < this.#slots.length) await turn()
  }

  /** Reads every session once more, at each server. */
  async check(): Promise<Check> {
    const { idle } = this.#population
    const reads = idle.flatMap((visitor) => this.#options.servers.map(({ port }) => ({ visitor, port })))
    const faults: (string | undefined)[] = []
    for (let from = 0; from < reads.length; from += CHECKED_AT_ONCE) {
      const some = reads.slice(from, from + CHECKED_AT_ONCE)
      faults.push(...(await Promise.all(some.map(({ visitor, port }) => faultAt(port, visitor)))))
    }
    const wrong = faults.filter((fault) => fault !== undefined)
    return { sessions: idle.length, wrong: wrong.length, example: wrong[0] }
  }

  close(): void {
    this.#goesOn = false
    for (const { connection } of this.#slots) connection.close()
  }

  /** Callbacks rather than promises, which would cost the load a third of its speed. */
  #loop(traffic: Traffic, goesOn: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const next = (): void => {
        if (goesOn()) this.#ask(traffic, performance.now(), next)
        else resolve()
      }
      next()
    })
  }

  /** Without a timer between two looks: it would come up to a millisecond late, and that would count as latency. */
  async #dispatch(traffic: Traffic, schedule: Schedule): Promise<void> {
    while (this.#goesOn) {
      const now = performance.now()
      for (let due = schedule.take(now); due !== undefined; due = schedule.take(now)) {
        if (this.#free.length > 0) this.#ask(traffic, due)
        else this.#counter.shed()
      }
      await turn()
    }
  }

  #ask(traffic: Traffic, due: number, done: () => void = () => {}): void {
    const slot = this.#free.shift()
    if (slot === undefined) throw new Error('every connection is busy')
    const next = this.#population.next(traffic, performance.now())
    slot.connection.ask(requestOf(next), (answer) => {
      if (!slot.connection.isOpen) slot.connection = new Connection(slot.port)
      this.#free.push(slot)
      this.#counter.count(this.#population.settle(next, answer, performance.now()), due)
      done()
    })
  }
}

async function faultAt(port: number, visitor: Visitor): Promise<string | undefined> {
  const expected = textOf(visitor.counter)
  const answer = await visit(port, 'read', visitor)
  if (answer?.body === expected) return undefined
  return `in the end: ${answer?.status} ${answer?.body}, not ${expected}`
}

/**
 * When requests are due that come at a fixed rate, whether or not those before them were answered. Latencies count from
 * these moments, so a pause of the load or of the server hides no waiting time.
 */
export class Schedule {
  readonly #begin: number
  readonly #interval: number
  #taken = 0

  /** `rate`: requests a second, the first of them due at `begin`, in milliseconds. */
  constructor(rate: number, begin: number) {
    this.#begin = begin
    this.#interval = 1000 / rate
  }

  /** The moment at which the next request was due; `undefined` if it is not due by `now`. */
  take(now: number): number | undefined {
    const due = this.#begin + this.#taken * this.#interval
    if (due > now) return undefined
    this.#taken++
    return due
  }
}
