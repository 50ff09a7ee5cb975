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
export interface PairExtent {
  readonly rounds: number
  /** How long one turn of one server takes, in milliseconds. */
  readonly turn: number
  /** How long each kind of request is sent to each server before anything is measured, in milliseconds. */
  readonly warmUp: number
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
  kinds: readonly Kind[],
  { rounds, turn, warmUp }: PairExtent,
): Promise<PairedCosts[]> {
  const entrants = contestants.map((one) => new Entrant(one, kinds))
  for (const group of [
    kinds.filter((kind) => kind !== 'create'),
    kinds.filter((kind) => kind === 'create'),
  ]) {
    for (const entrant of entrants) {
      tell(`warming up ${entrant.contender.name}`)
      for (const kind of group) await entrant.run(kind, warmUp)
    }
    for (let round = 0; round < rounds; round++) {
      for (const kind of group) {
        tell(`round ${round + 1} of ${rounds}: ${kind}`)
        for (const bare of entrants.filter(({ contender }) => contender.bare === undefined)) {
          const others = entrants.filter(({ contender }) => contender.bare === bare.contender.name)
          const from = (round * 5) % Math.max(1, others.length)
          await takeTurns(bare, [...others.slice(from), ...others.slice(0, from)], kind, turn)
        }
      }
    }
  }
  return entrants.map(({ rounds, fault }) => ({ rounds, fault }))
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
