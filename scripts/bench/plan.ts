import type { Kind } from '../measure/population.js'
import { type Contender, withFrameworks } from './contenders.js'
import type { Extent, Pass, Rounds } from './pairs.js'
import { hasGoal } from './targets.js'

export const standard: Extent = { rounds: 3, turn: 500, warmUp: 2850, inMemory: 12_000 }
export const quickly: Extent = { rounds: 1, turn: 250, warmUp: 1500, inMemory: 3_000 }

export interface Plan {
  readonly extent: Extent
  /** All that were chosen, on the newer Node. */
  readonly main: Pass
  /** The same servers with a load that sleeps between answers: goals are about both. */
  readonly asleep: Pass | undefined
  /** On the Node that runs the benchmark. */
  readonly own: Pass | undefined
}

/** What was asked for on the command line. */
export interface Wish {
  readonly contenders: readonly Contender[]
  /** These requests alone. Default: what each contender's goals and tables need. */
  readonly kinds: readonly Kind[] | undefined
  readonly rounds: number | undefined
  readonly quick: boolean
}

/** Those that differ there: `db` has another driver and a goal of its own, `signed` another library; and the peers of both. */
const ON_OWN_NODE = /^(tessera, db|tessera, signed|koa-session-minimal|fastify-secure-session)$/

export function planFor({ contenders, kinds: wanted, rounds, quick }: Wish): Plan {
  const extent = { ...(quick ? quickly : standard), ...(rounds && { rounds }) }
  const deciding = contenders.filter(({ name }) => hasGoal(name))
  // `mixed` says nothing that `read` and `write` do not.
  const kinds = wanted ?? (['untouched', 'read', 'write', 'create'] as const)
  const inPairs = kinds.filter((kind) => kind === 'read' || kind === 'write')
  const roundsOf: Rounds = ({ name, open }, kind) => {
    if (wanted !== undefined || rounds !== undefined) return extent.rounds
    // A new session is compared with a write of the same contender, and with nobody else's.
    if (kind === 'create') return open === 'tessera' && hasGoal(name) && !quick ? 2 : 0
    // What a peer's costs there is shown, and nobody's goal.
    if (kind === 'untouched' && open !== 'tessera') return 1
    return hasGoal(name) ? extent.rounds : 1
  }
  const twice = (of: readonly Contender[]): Pass | undefined =>
    quick || of.length === 0
      ? undefined
      : { contenders: withFrameworks(of), kinds: inPairs, roundsOf: () => Math.min(2, extent.rounds) }
  return {
    extent,
    main: { contenders, kinds, roundsOf },
    asleep: twice(deciding),
    own: twice(contenders.filter(({ name }) => ON_OWN_NODE.test(name))),
  }
}

/** Seconds until a server answers and has its sessions. */
const START = 0.7
/** Seconds between two turns, to settle and to ask what was used. */
const BETWEEN = 0.03
/** Seconds for the races of one contender. */
const RACES = 0.8
/** Sessions that are made in a second. */
const CREATED = 7_000
/** Seconds for the profiles of one contender. */
const PROFILES = 1.8

/** Seconds that it will take, on a machine such as the one of docs/benchmarks.md. */
export function secondsOf({ extent, main, asleep, own }: Plan, profiles: boolean): number {
  const { turn, warmUp, inMemory } = extent
  const secondsOfTurns = ({ contenders, kinds, roundsOf }: Pass): number => {
    const [bare, others] = [
      contenders.filter((one) => one.bare === undefined),
      contenders.filter((one) => one.bare !== undefined),
    ]
    const turns = kinds.flatMap((kind) => others.map((one) => 2 * roundsOf(one, kind)))
    const first = kinds.length * bare.length * extent.rounds
    return (turns.reduce((sum, each) => sum + each, 0) + first) * (turn / 1000 + BETWEEN)
  }
  const secondsOfStart = ({ contenders }: Pass): number => contenders.length * (START + warmUp / 1000)
  const withSessions = main.contenders.filter(({ bare }) => bare !== undefined)
  const inProcess = withSessions.filter(({ keeps }) => keeps === 'memory')
  const profiled = main.contenders.filter(({ open }) => open === 'tessera')
  return [
    secondsOfStart(main) + secondsOfTurns(main),
    asleep ? secondsOfTurns(asleep) : 0,
    own ? secondsOfStart(own) + secondsOfTurns(own) : 0,
    withSessions.length * RACES + (inProcess.length * inMemory) / CREATED,
    profiles ? profiled.length * PROFILES : 0,
  ].reduce((sum, each) => sum + each, 0)
}
