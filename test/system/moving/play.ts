import type { ExecutionContext } from 'ava'
import { type Act, acts, type Did, type Run } from './acts.js'
import type { Crew } from './crew.js'
import { type Cut, type Ended, interleave, type Outcome } from './schedule.js'
import type { Actor } from './world.js'

/** One of the two. */
export interface Part {
  readonly name: string
  readonly actor: Actor
}

/** What came of one of them. */
export interface Played extends Part {
  readonly what: Act
  readonly ended: Ended
  readonly did: Did | undefined
  readonly other: Part
  readonly who: 'first' | 'second'
}

export interface Play {
  readonly first: Part
  readonly second: Part
  readonly run: Run
  readonly cut: Cut
  /** Where it begins, for the message of a failure. */
  readonly title: string
  /** Who comes once the first one is stopped; the second has the id that this answers, if it begins after that. */
  readonly third?: {
    readonly when: 'before the second begins' | 'while both stand still'
    readonly act: () => Promise<string | undefined>
  }
}

/**
 * Runs two acts, cut as told. Nobody is refused but who changes a session that the other one ends or gives another id at the
 * same moment. `undefined`: the first one has no such call.
 */
export async function play(
  t: ExecutionContext,
  crew: Crew,
  { first, second, run, cut, title, third }: Play,
): Promise<
  | {
      readonly outcome: Outcome
      readonly parts: readonly [Played, Played]
      readonly is: (condition: boolean, claim: string) => void
    }
  | undefined
> {
  const did: { first?: Did; second?: Did } = {}
  const act = (name: string): Act => acts[name] ?? (acts.read as Act)
  const outcome = await interleave(
    {
      gate: first.actor.gate,
      run: async () => {
        did.first = await act(first.name).run(first.actor, run, 'first')
      },
    },
    {
      gate: second.actor.gate,
      run: async () => {
        const id = third?.when === 'before the second begins' ? await third.act() : undefined
        did.second = await act(second.name).run(second.actor, { ...run, id: id ?? run.id }, 'second')
      },
    },
    cut,
    third?.when === 'while both stand still' ? third.act : undefined,
  )
  if (outcome === undefined) return undefined
  const at =
    `${title}: ${first.name} (${first.actor.role}) before call ${cut.first}${cut.isCrash ? ', and never again' : ''}, ` +
    `${second.name} (${second.actor.role}) before call ${cut.second}; ended ${outcome.first}, ${outcome.second}; ` +
    `${first.actor.gate.passed.join(' ')} | ${second.actor.gate.passed.join(' ')}`
  const is = (condition: boolean, claim: string): void => {
    // One assertion for each claim of thousands of runs would cost more than the runs.
    if (!condition) t.fail(`${claim}\n${at}`)
  }
  const parts = [
    { ...first, what: act(first.name), ended: outcome.first, did: did.first, other: second, who: 'first' },
    {
      ...second,
      what: act(second.name),
      ended: outcome.second,
      did: did.second,
      other: first,
      who: 'second',
    },
  ] as const
  is(crew.wrongs.length === 0, crew.wrongs[0] ?? '')
  for (const { ended, other, name } of parts) {
    const theirs = act(other.name)
    const mayBeRefused = theirs.ends === true || theirs.rotates === true
    const right = ended === 'done' || ended === 'stopped' || (mayBeRefused && ended === 'SessionInterrupted')
    is(right, `${name} ended with ${ended}`)
  }
  return { outcome, parts, is }
}
