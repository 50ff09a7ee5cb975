import type { Gate } from '../gate.js'

/** How a piece of work ended: `done`, the name of its error, or `stopped` for one that was never let go on. */
export type Ended = string

export interface Work {
  readonly gate: Gate
  run(): Promise<unknown>
}

/** Where two are stopped. */
export interface Cut {
  /** The first one stops before this call, from 0. */
  readonly first: number
  /** Meanwhile the second one runs up to this call, and goes on when the first has ended. */
  readonly second: number
  /** The first one never goes on: its process has crashed. */
  readonly isCrash: boolean
}

export interface Outcome {
  readonly first: Ended
  readonly second: Ended
  /** Whether the second one was stopped at all; with a later cut the schedule would be the same. */
  readonly wasSecondStopped: boolean
}

/** Runs both so, and `meanwhile` once both are stopped. `undefined`: the first one has no such call. */
export async function interleave(
  first: Work,
  second: Work,
  cut: Cut,
  meanwhile?: () => Promise<unknown>,
): Promise<Outcome | undefined> {
  const firstReached = first.gate.close(cut.first).then(() => 'reached')
  const firstEnded = endOf(first)
  if ((await Promise.race([firstReached, firstEnded])) !== 'reached') {
    first.gate.lift()
    return undefined
  }
  const secondReached = second.gate.close(cut.second).then(() => 'reached')
  const secondEnded = endOf(second)
  const wasSecondStopped = (await Promise.race([secondReached, secondEnded])) === 'reached'
  await meanwhile?.()
  if (!cut.isCrash) {
    first.gate.lift()
    await firstEnded
  }
  second.gate.lift()
  return {
    first: cut.isCrash ? 'stopped' : await firstEnded,
    second: await secondEnded,
    wasSecondStopped,
  }
}

/** More calls than any act makes. */
const MANY = 80

/**
 * Runs every schedule of two: the first one stopped before each call, each `step`-th from `from` on, to go on and never to go
 * on; and of those that stop both, one in so many. `run` answers `undefined` where the first one has no such call.
 */
export async function everySchedule(
  { from, step, every }: { readonly from: number; readonly step: number; readonly every: () => boolean },
  run: (cut: Cut) => Promise<Pick<Outcome, 'wasSecondStopped'> | undefined>,
): Promise<void> {
  for (let first = from; first < MANY; first += step) {
    if ((await run({ first, second: MANY, isCrash: false })) === undefined) break
    await run({ first, second: MANY, isCrash: true })
    for (let second = 0; second < MANY; second++) {
      if (!every()) continue
      const outcome = await run({ first, second, isCrash: false })
      if (!outcome?.wasSecondStopped) break
    }
  }
}

async function endOf({ run }: Work): Promise<Ended> {
  try {
    await run()
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.name : String(error)
  }
}
