import { setImmediate as turn } from 'node:timers/promises'
import { staysAwake } from '../../bench/load/site.js'
import { visit } from '../../bench/load/visit.js'
import { textOf, type Visitor } from '../../bench/load/visitor.js'
import { Lines } from './lines.js'
import { Population, requestOf } from './population.js'
import { Schedule } from './schedule.js'
import { Counter, type Tally } from './tally.js'

/** How many ask at the same time at the end, when every counter is read once more. */
const RECOUNTS = 16

export interface CrowdOptions {
  readonly ports: readonly number[]
  /** People at a time. */
  readonly visitors: number
  /** Connections, and so requests under way, at the most. */
  readonly lines: number
  /** Milliseconds that the servers' sessions live. */
  readonly life: number
  /**
   * The load has a processor to itself and never sleeps, so that no server pays for waking it. Where there are more
   * processes than processors it would take one from them.
   */
  readonly awake: boolean
}

/** What sessions hold in the end. */
export interface Recount {
  readonly sessions: number
  /** Answers of any server that are not what the answered writes say. */
  readonly wrong: number
  readonly example: string | undefined
}

/** A population and its ways to the servers: a closed loop, an open one, and a look at what is left. */
export class Crowd {
  readonly #ports: readonly number[]
  readonly #visitors: number
  readonly #lines: Lines
  readonly #population: Population
  readonly #counter = new Counter()
  readonly #awake: boolean
  #goesOn = false
  #dispatching: Promise<void> = Promise.resolve()

  constructor({ ports, visitors, lines, life, awake }: CrowdOptions) {
    this.#ports = ports
    this.#awake = awake
    this.#visitors = visitors
    this.#lines = new Lines(ports, lines)
    this.#population = new Population(visitors, life)
  }

  /** Begins everybody's session. */
  async begin(): Promise<Tally> {
    let left = this.#visitors
    return this.#closed(() => left-- > 0, 1)
  }

  /** `atOnce` requests under way all the time, each due when the one before it was answered. */
  closed(milliseconds: number, atOnce: number): Promise<Tally> {
    const end = performance.now() + milliseconds
    return this.#closed(() => performance.now() < end, atOnce)
  }

  /** From now on `rate` requests a second are due, until `end()`. */
  open(rate: number): void {
    this.#counter.take()
    this.#goesOn = true
    this.#dispatching = this.#dispatch(new Schedule(rate, performance.now()))
  }

  /** What came of the requests since the last time. */
  interval(): Tally {
    return this.#counter.take()
  }

  /** No request is due any more; waits for those under way. */
  async end(): Promise<Tally> {
    this.#goesOn = false
    await this.#dispatching
    while (this.#lines.busy > 0) await turn()
    return this.#counter.take()
  }

  /** Reads everybody's session once more, at each server. */
  async recount(): Promise<Recount> {
    const asked = this.#population.idle.flatMap((visitor) => this.#ports.map((port) => ({ visitor, port })))
    const faults: string[] = []
    for (let from = 0; from < asked.length; from += RECOUNTS) {
      const some = asked.slice(from, from + RECOUNTS)
      const found = await Promise.all(some.map(({ visitor, port }) => faultAt(port, visitor)))
      faults.push(...found.filter((fault) => fault !== undefined))
    }
    return { sessions: this.#population.idle.length, wrong: faults.length, example: faults[0] }
  }

  close(): void {
    this.#lines.close()
  }

  async #closed(goesOn: () => boolean, atOnce: number): Promise<Tally> {
    this.#counter.take()
    const awake = this.#awake ? staysAwake() : undefined
    await Promise.all(Array.from({ length: atOnce }, () => this.#keepAsking(goesOn)))
    awake?.end()
    return this.#counter.take()
  }

  #keepAsking(goesOn: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const next = (): void => {
        if (goesOn()) this.#ask(performance.now(), next)
        else resolve()
      }
      next()
    })
  }

  /** Turns without pause, since a timer would come up to a millisecond late, and that would count as latency. */
  async #dispatch(schedule: Schedule): Promise<void> {
    while (this.#goesOn) {
      const now = performance.now()
      for (let due = schedule.take(now); due !== undefined; due = schedule.take(now)) {
        if (this.#lines.isFree) this.#ask(due)
        else this.#counter.shed()
      }
      await turn()
    }
  }

  #ask(due: number, done: () => void = () => {}): void {
    const errand = this.#population.next(performance.now())
    this.#lines.ask(requestOf(errand), (answer) => {
      this.#counter.count(this.#population.settle(errand, answer, performance.now()), due)
      done()
    })
  }
}

async function faultAt(port: number, visitor: Visitor): Promise<string | undefined> {
  const expected = textOf(visitor.counter)
  const answer = await visit(port, 'read', visitor)
  return answer?.body === expected
    ? undefined
    : `in the end: ${answer?.status} ${answer?.body}, not ${expected}`
}
