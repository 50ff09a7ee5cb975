import type { SessionRecord } from '../codecs/record.js'
import type { SessionIndex } from '../engines/session-index.js'
import type { Listed } from './user-list.js'

/**
 * How long after it was announced a session may still be on its way to its place, in milliseconds. No call of a store
 * takes longer, and for as long keeps `evict` a place closed.
 */
export const ARRIVAL = 60_000

/** What there is at the places of one log-in. */
export interface Location {
  /** The session, if it stands at one of them. */
  readonly record: SessionRecord | undefined
  /** Places where it was and is no more. */
  readonly left: readonly string[]
}

/** Looks at every place: where a session is said to be it may not be yet, or not any more. */
export async function locate(index: SessionIndex, handle: string, { places }: Listed): Promise<Location> {
  const loaded = await Promise.all(places.map((place) => index.load(place)))
  const records = loaded.flatMap((one) => (one.kind === 'found' ? [one.record] : []))
  return {
    record: records.find(({ user }) => user?.handle === handle),
    left: places.filter((_, index) => loaded[index]?.kind === 'superseded'),
  }
}

/** Whether the log-in is over for good: its session is nowhere, and on its way nowhere. */
export function isOver({ at }: Listed, { record }: Location, now: number): boolean {
  return record === undefined && Math.abs(now - at) >= ARRIVAL
}
