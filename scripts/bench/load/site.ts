import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Kind } from '../contenders.js'
import { type Answer, Connection } from './connection.js'
import { faultIn } from './fault.js'
import { Visitor } from './visitor.js'

/** Connections, each with a question under way all the time. */
const CONNECTIONS = 32
/** Of so many requests of `mixed` one writes. */
const ONE_WRITES = 10

/** One stretch of load. */
export interface Stretch {
  readonly kind: Kind
  readonly requests: number
  /** Milliseconds after which it ends with fewer requests. Default: never. */
  readonly atMost?: number | undefined
  /** Whether the latencies count. Default: they do not. */
  readonly record?: boolean
}

/** What came of one stretch of load. */
export interface Loaded {
  readonly requests: number
  /** From the first request to the last answer. */
  readonly seconds: number
  /** Answers that are not what this session must answer; with an example. */
  readonly wrong: number
  readonly example: string | undefined
  /** Microseconds, of all stretches of this kind so far: HdrHistogram's p50, p99 and p99.9. */
  readonly latency: readonly [number, number, number]
  /** The share of the time that the generator itself was busy: at 1 it, not the server, was the limit. */
  readonly busy: number
}

/** One contender as its visitors know it. Each session belongs to one connection, so that no two requests meet in it. */
export class Site {
  readonly #port: number
  /** Whether there are sessions to be checked. */
  readonly #hasSessions: boolean
  readonly #connections: Connection[]
  readonly #visitors: Visitor[][] = Array.from({ length: CONNECTIONS }, () => [])
  readonly #latencies = new Map<Kind, RecordableHistogram>()
  #requests = 0
  #wrong = 0
  #example: string | undefined

  constructor(port: number, hasSessions: boolean) {
    this.#port = port
    this.#hasSessions = hasSessions
    this.#connections = Array.from({ length: CONNECTIONS }, () => new Connection(this.#port))
  }

  /** Begins `count` sessions. */
  async seed(count: number): Promise<void> {
    for (let number = 0; number < count; number++) {
      const place = number % CONNECTIONS
      const visitor = new Visitor()
      await new Promise<void>((resolve) => this.#ask(place, 'create', visitor, resolve))
      this.#visitors[place]?.push(visitor)
    }
  }

  /** Takes over sessions that are in the store already, each written once. */
  adopt(cookie: string, ids: readonly string[]): void {
    for (const [number, id] of ids.entries()) {
      this.#visitors[number % CONNECTIONS]?.push(Visitor.returning(cookie, id, 1))
    }
  }

  async load({
    kind,
    requests,
    atMost = Number.POSITIVE_INFINITY,
    record = false,
  }: Stretch): Promise<Loaded> {
    this.#requests = 0
    this.#wrong = 0
    this.#example = undefined
    const latency = this.#latencies.get(kind) ?? createHistogram()
    this.#latencies.set(kind, latency)
    const cpu = process.cpuUsage()
    const begun = performance.now()
    let left = requests
    const goesOn = (): boolean => left-- > 0 && performance.now() < begun + atMost
    const awake = staysAwake()
    await Promise.all(
      this.#connections.map((_, place) =>
        this.#keepAsking(place, kind, goesOn, record ? latency : undefined),
      ),
    )
    awake.end()
    const seconds = (performance.now() - begun) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const at = (percentile: number): number =>
      latency.count === 0 ? 0 : latency.percentile(percentile) / 1000
    return {
      requests: this.#requests,
      seconds,
      wrong: this.#wrong,
      example: this.#example,
      latency: [at(50), at(99), at(99.9)],
      busy: (user + system) / 1e6 / seconds,
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }

  /** One connection's share of a stretch of load; callbacks rather than promises, which would cost a third of it. */
  #keepAsking(
    place: number,
    kind: Kind,
    goesOn: () => boolean,
    latency: RecordableHistogram | undefined,
  ): Promise<void> {
    const visitors = this.#visitors[place] ?? []
    return new Promise((resolve) => {
      let turn = place
      const next = (): void => {
        if (!goesOn()) {
          resolve()
          return
        }
        const since = performance.now()
        turn++
        const path = kind === 'mixed' ? (turn % ONE_WRITES === 0 ? 'write' : 'read') : kind
        const visitor =
          kind === 'create' ? new Visitor() : (visitors[turn % visitors.length] ?? new Visitor())
        this.#ask(place, path, visitor, () => {
          latency?.record(Math.max(1, Math.round((performance.now() - since) * 1e6)))
          next()
        })
      }
      next()
    })
  }

  #ask(place: number, path: Exclude<Kind, 'mixed'>, visitor: Visitor, done: () => void): void {
    this.#connections[place]?.ask(visitor.request(path), (answer) => {
      this.#requests++
      const fault = this.#faultIn(answer, path, visitor)
      if (fault !== undefined) {
        this.#wrong++
        this.#example ??= fault
      }
      done()
    })
  }

  #faultIn(answer: Answer | undefined, path: Exclude<Kind, 'mixed'>, visitor: Visitor): string | undefined {
    if (this.#hasSessions || answer === undefined) return faultIn(answer, path, visitor)
    return answer.status === 200 ? undefined : `${path}: ${answer.status}`
  }
}

/**
 * Keeps this process from sleeping between two answers. To wake a sleeping processor costs who wakes it several
 * microseconds, and only servers that are slower than the load would pay them, with each of their answers.
 */
export function staysAwake(): { end(): void } {
  let over = false
  const turn = (): void => {
    if (!over) setImmediate(turn)
  }
  turn()
  return {
    end() {
      over = true
    },
  }
}
