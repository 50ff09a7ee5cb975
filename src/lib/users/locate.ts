import type { SessionRecord } from '../codecs/record.js'
import type { SessionIndex } from '../engines/engine.js'
import type { Listed } from './user-list.js'

/**
 * How long after it was announced a session may still be on its way to its key, in milliseconds. No call of a store
 * takes longer, and for as long `evict` keeps a key closed.
 */
export const ARRIVAL = 60_000

/** What there is at the keys of one log-in. */
export interface Location {
  /** The session, if it is at one of them. */
  readonly record: SessionRecord | undefined
  /** Keys that it has left for another one. */
  readonly left: readonly string[]
}

/** Looks at every key: where a session is listed it may not be yet, or not any more. */
export async function locate(index: SessionIndex, handle: string, { keys }: Listed): Promise<Location> {
  const loaded = await Promise.all(keys.map((key) => index.load(key)))
  const records = loaded.flatMap((one) => (one.kind === 'found' ? [one.record] : []))
  return {
    record: records.find(({ user }) => user?.handle === handle),
    left: keys.filter((_, at) => loaded[at]?.kind === 'superseded'),
  }
}

/** Whether the log-in has ended: its session is nowhere, and not on its way. */
export function hasEnded({ at }: Listed, { record }: Location, now: number): boolean {
  return record === undefined && Math.abs(now - at) >= ARRIVAL
}
