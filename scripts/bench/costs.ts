import { setTimeout as pause } from 'node:timers/promises'
import { median } from '../scale/numbers.js'
import type { Kind } from './contenders.js'
import type { Generator } from './generator.js'
import type { Loaded } from './load/site.js'
import type { Server } from './server.js'

/** How long a server has for what it does after its last answer, before its processor time is read: milliseconds. */
const AFTERWARDS = 5

/** How much is measured. */
export interface Extent {
  readonly rounds: number
  /**
   * Requests of one kind to one contender in one round. A number rather than a time: on a machine that is busy
   * otherwise the measurement takes longer, and is as good.
   */
  readonly stretch: number
  /** The same before anything is measured, for the compiler and the caches. */
  readonly warmUp: number
  /**
   * Who takes milliseconds a request is measured by fewer of them: no stretch is longer, in milliseconds. Default: as long
   * as it takes.
   */
  readonly longest?: number
}

/** What one kind of request costs one contender: processor time by round, the rest as medians of the rounds. */
export interface Cost {
  /** Microseconds of processor time a request, of all threads, in each round. */
  readonly cpu: readonly number[]
  /** Requests a second. */
  readonly throughput: number
  /** Microseconds: p50, p99, p99.9. */
  readonly latency: readonly [number, number, number]
  /** Milliseconds by which the event loop was late, p99. */
  readonly loopDelay: number
  /** The share of the time that the load's process was busy. */
  readonly busy: number
}

/** A contender's costs; or, if it did not do the work, an answer that was wrong. */
export interface Measured {
  readonly server: Server
  readonly costs: Map<Kind, Cost>
  fault: string | undefined
}

/**
 * Measures every server with every kind. In each round they take turns, in another order each time, so that what else
 * the machine does disturbs all of them alike, and each stands near its floor. `meet` gives the load sessions at a server;
 * by default it begins them. `create` comes after all others, which are measured where there are few sessions.
 */
export async function measureCosts(
  servers: readonly Server[],
  kinds: readonly Kind[],
  extent: Extent,
  generator: Generator,
  onStep: (title: string) => void,
  meet: (server: Server) => Promise<void> = (server) => generator.visit(server),
): Promise<Measured[]> {
  const measured = servers.map((server): Measured => ({ server, costs: new Map(), fault: undefined }))
  for (const { server } of measured) await meet(server)
  await measureKinds(
    measured,
    kinds.filter((kind) => kind !== 'create'),
    extent,
    generator,
    onStep,
  )
  await measureKinds(
    measured,
    kinds.filter((kind) => kind === 'create'),
    extent,
    generator,
    onStep,
  )
  return measured
}

async function measureKinds(
  measured: readonly Measured[],
  kinds: readonly Kind[],
  extent: Extent,
  generator: Generator,
  onStep: (title: string) => void,
): Promise<void> {
  for (const one of measured) {
    onStep(`warming up ${one.server.contender.name}`)
    for (const kind of kinds)
      note(one, await generator.load(one.server, { kind, requests: extent.warmUp, atMost: extent.longest }))
  }

  const cells = new Map<Measured, Map<Kind, Cell[]>>(measured.map((one) => [one, new Map()]))
  for (let round = 0; round < extent.rounds; round++) {
    for (const kind of kinds) {
      const from = (round * 5) % measured.length
      for (const one of [...measured.slice(from), ...measured.slice(0, from)]) {
        if (one.fault !== undefined) continue
        onStep(`round ${round + 1} of ${extent.rounds}: ${kind}, ${one.server.contender.name}`)
        const cell = await measureCell(one, kind, extent, generator)
        const ofKinds = cells.get(one)
        ofKinds?.set(kind, [...(ofKinds.get(kind) ?? []), cell])
      }
    }
  }
  for (const [one, ofKinds] of cells) {
    for (const [kind, ofRounds] of ofKinds) one.costs.set(kind, inAll(ofRounds))
  }
}

interface Cell extends Loaded {
  readonly cpu: number
  readonly loopDelay: number
}

async function measureCell(one: Measured, kind: Kind, extent: Extent, generator: Generator): Promise<Cell> {
  const { server } = one
  // Its turn was a while ago: caches and pages are others' by now.
  note(one, await generator.load(server, { kind, requests: extent.stretch / 3, atMost: extent.longest }))
  await server.watchLoop()
  const before = await server.cpu()
  const loaded = await generator.load(server, {
    kind,
    requests: extent.stretch,
    atMost: extent.longest,
    record: true,
  })
  await pause(AFTERWARDS)
  const cpu = ((await server.cpu()) - before) / loaded.requests
  note(one, loaded)
  return { ...loaded, cpu, loopDelay: await server.loopDelay() }
}

function note(one: Measured, { wrong, example }: Loaded): void {
  if (wrong > 0) one.fault ??= `${wrong} wrong answers, such as ${example}`
}

function inAll(cells: readonly Cell[]): Cost {
  const middle = (figure: (cell: Cell) => number): number => median(cells.map(figure))
  return {
    cpu: cells.map(({ cpu }) => cpu),
    throughput: middle(({ requests, seconds }) => requests / seconds),
    latency: cells.at(-1)?.latency ?? [0, 0, 0],
    loopDelay: middle(({ loopDelay }) => loopDelay),
    busy: middle(({ busy }) => busy),
  }
}
