import { setTimeout as pause } from 'node:timers/promises'
import { tell } from '../command-line.js'
import type { Round, Subject } from '../measure/costs.js'
import type { Load } from '../measure/load.js'
import type { Kind } from '../measure/population.js'
import type { Tally } from '../measure/tally.js'
import type { Contender } from './contenders.js'

/** A server has work to do after its last answer, which counts: milliseconds. */
const SETTLE = 5
/** The share of a turn that is not measured: others had the processor's caches since. */
const LEAD_IN = 0.2

/** How much is measured. */
export interface Extent {
  /** How often those take their turn that a goal is about. The others have one: they are shown, and nothing is decided by them. */
  readonly rounds: number
  /** How long one turn of one server takes, in milliseconds. */
  readonly turn: number
  /**
   * How long each server gets requests of all kinds before anything is measured, in milliseconds. Until then the compiler
   * has not seen what is hot: a contender with more code of its own would pay for that.
   */
  readonly warmUp: number
  /** Sessions that are made to see what one takes in memory. */
  readonly inMemory: number
}

/** How often a contender takes its turn with a kind of request. */
export type Rounds = (contender: Contender, kind: Kind) => number

/** One after the other: servers that are measured together, between turns of their bare frameworks. */
export interface Pass {
  readonly contenders: readonly Contender[]
  readonly kinds: readonly Kind[]
  readonly roundsOf: Rounds
}

/** One turn of a contender, and what its bare framework took right before and right after it: microseconds a request. */
export interface PairedRound extends Round {
  readonly bare: readonly number[]
}

/** The rounds by kind; or, if the server did not do the work, an answer that was wrong. */
export interface PairedCosts {
  readonly rounds: ReadonlyMap<Kind, readonly PairedRound[]>
  readonly fault?: string | undefined
}

export interface Contestant extends Subject {
  readonly contender: Contender
}

/** What is measured of one contestant, while it is. */
class Entrant {
  readonly contender: Contender
  readonly rounds: Map<Kind, PairedRound[]>
  fault: string | undefined
  readonly #server: Contestant['server']
  readonly #load: Load

  constructor({ contender, server, load }: Contestant, kinds: readonly Kind[]) {
    this.contender = contender
    this.#server = server
    this.#load = load
    this.rounds = new Map(kinds.map((kind) => [kind, []]))
  }

  async run(traffic: Kind, milliseconds: number): Promise<Tally> {
    const tally = await this.#load.run({ traffic, milliseconds })
    const { wrong, failed, example } = tally
    if (wrong + failed > 0) this.fault ??= `${wrong + failed} wrong answers, such as ${example}`
    return tally
  }

  /** One turn. */
  async take(kind: Kind, milliseconds: number): Promise<Round> {
    await this.run(kind, milliseconds * LEAD_IN)
    const before = await this.#server.ask('usage')
    const tally = await this.run(kind, milliseconds * (1 - LEAD_IN))
    await pause(SETTLE)
    const { cpu, late } = await this.#server.ask('usage')
    return { ...tally, cpu: (cpu - before.cpu) / tally.requests, late }
  }
}

/**
 * Measures every contender between two turns of its bare framework: what else the machine does within a second disturbs
 * both alike, and their ratio hardly. Answers in the order of the contestants. `create` comes after all other kinds, which
 * are measured among few sessions.
 */
export async function measurePairs(
  contestants: readonly Contestant[],
  { kinds, roundsOf }: Pick<Pass, 'kinds' | 'roundsOf'>,
  { rounds, turn }: Pick<Extent, 'rounds' | 'turn'>,
): Promise<PairedCosts[]> {
  const entrants = contestants.map((one) => new Entrant(one, kinds))
  for (const group of [
    kinds.filter((kind) => kind !== 'create'),
    kinds.filter((kind) => kind === 'create'),
  ]) {
    for (let round = 0; round < rounds; round++) {
      for (const kind of group) {
        tell(`round ${round + 1} of ${rounds}: ${kind}`)
        for (const bare of entrants.filter(({ contender }) => contender.bare === undefined)) {
          const others = entrants.filter(
            ({ contender }) => contender.bare === bare.contender.name && round < roundsOf(contender, kind),
          )
          const from = (round * 5) % Math.max(1, others.length)
          if (others.length > 0)
            await takeTurns(bare, [...others.slice(from), ...others.slice(0, from)], kind, turn)
        }
      }
    }
  }
  return entrants.map(({ rounds, fault }) => ({ rounds, fault }))
}

/**
 * The kinds of requests with which a server is warmed up, each with its share of the time. A write costs twice as much as it
 * will until the compiler has seen some twenty thousand.
 */
const WARM_UP = [
  ['write', 0.6],
  ['read', 0.27],
  ['untouched', 0.13],
] as const

/** Once for each server, and not for each kind: most of the code is that of all of them. */
export async function warmUp({ contender, load }: Contestant, milliseconds: number): Promise<void> {
  tell(`warming up ${contender.name}`)
  for (const [traffic, share] of WARM_UP) await load.run({ traffic, milliseconds: milliseconds * share })
}

async function takeTurns(bare: Entrant, others: readonly Entrant[], kind: Kind, turn: number): Promise<void> {
  const takeBare = async (): Promise<number> => {
    const round = await bare.take(kind, turn)
    bare.rounds.get(kind)?.push({ ...round, bare: [] })
    return round.cpu
  }
  let before = await takeBare()
  for (const other of others.filter(({ fault }) => fault === undefined)) {
    const round = await other.take(kind, turn)
    const after = await takeBare()
    other.rounds.get(kind)?.push({ ...round, bare: [before, after] })
    before = after
  }
}
