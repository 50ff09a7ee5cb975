import type { EngineCall } from '../../inspector/recording.js'
import type { Runner, Side } from './race.js'

/** One thing that happened in a race. */
export interface Moment {
  readonly side: Side
  /** What its request did, in a sentence that begins with a verb: `loads the session: version 3.` */
  readonly text: string
}

/**
 * What two requests did, in the order in which it happened: both had read before either wrote, and who met a conflict
 * wrote after the other. Empty where that is not known: the two did not meet, or nobody recorded their calls.
 */
export function timelineOf(runners: readonly Runner[]): readonly Moment[] {
  if (!runners.every(({ met, calls }) => met && calls[0]?.call === 'load')) return []
  const inOrder = [...runners].sort((one, other) => conflicts(one) - conflicts(other))
  return [
    ...inOrder.flatMap(({ side, calls }) =>
      calls.slice(0, 1).map((call) => ({ side, text: told(call, false) })),
    ),
    ...inOrder.flatMap(({ side, calls }) => calls.slice(1).map((call) => ({ side, text: told(call, true) }))),
  ]
}

function conflicts({ calls }: Runner): number {
  return calls.filter(({ outcome }) => outcome === 'conflict').length
}

function told({ call, outcome, version, ifVersion }: EngineCall, isLater: boolean): string {
  if (call === 'load' && outcome === 'found')
    return isLater
      ? `loads again: version ${version}, with the other’s change in it.`
      : `loads the session: version ${version}.`
  if (call === 'update' && ifVersion !== undefined) {
    const asked = `makes its change and writes, if the stored version is ${ifVersion}.`
    if (outcome === 'updated') return `${asked} It is, so this is version ${version} now.`
    if (outcome === 'conflict') return `${asked} It is not: conflict, and nothing is written.`
  }
  return `calls ${call}: ${outcome}.`
}
