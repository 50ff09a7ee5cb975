import { openSessions, type Sessions } from '../../src/lib/index.js'
import type { Place } from './stores.js'

/** Sessions that are saved at the same time: as many as the engines put into one statement. */
const AT_ONCE = 256
/** Milliseconds: a machine that is busy with other things must not end the measurement. */
const TIME_LIMIT = 10_000

export interface FillOptions {
  /** Milliseconds since 1970 at which they are saved, which decides when they expire. Default: now. */
  readonly at?: number
  /** Bytes that each is larger. Default: 0. */
  readonly more?: number
}

/** Opens the sessions of a store for a measurement: no sweep of its own, and time for a busy machine. */
export function openAt(place: Place, at?: number): Promise<Sessions> {
  const clock = at === undefined ? Date.now : () => at
  return openSessions({ ...place, cleanupInterval: 0, engineTimeout: TIME_LIMIT, clock })
}

/**
 * Fills a store with sessions of people who have written once to a server of the benchmark, and answers their ids: about
 * 220 bytes each.
 */
export async function fill(
  place: Place,
  count: number,
  { at, more = 0 }: FillOptions = {},
): Promise<string[]> {
  const sessions = await openAt(place, at)
  const ids: string[] = []
  while (ids.length < count) {
    const save = (): Promise<string> => create(sessions, more)
    ids.push(...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - ids.length) }, save))))
  }
  await sessions.close()
  return ids
}

/** Saves one such session, `more` bytes larger, and answers its id. */
export async function create(sessions: Sessions, more = 0): Promise<string> {
  const session = await sessions.open()
  const items = [
    { article: 'tea', count: 1, price: 450 },
    { article: 'cup', count: 2, price: 1200 },
  ]
  session.set<string>('counter', 1)
  session.set('name', 'visitor 1')
  session.set<string>('cart', { items, note: 'a gift'.padEnd(6 + more) })
  await session.save()
  return session.id ?? ''
}

/** `count` of them from all over the store, in an order that has nothing to do with the one in which they were made. */
export function spreadOver(ids: readonly string[], count: number): string[] {
  const step = Math.max(1, ids.length / count)
  const chosen = Array.from(
    { length: Math.min(count, ids.length) },
    (_, index) => ids[Math.floor(index * step)],
  )
  // An id is random, so its order is that of a shuffle.
  return chosen.filter((id) => id !== undefined).sort()
}
