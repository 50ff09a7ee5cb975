import { openSessions } from '../../src/lib/index.js'
import { fill, shopper } from './fill.js'
import { TIME_LIMIT } from './store.js'
import type { Place } from './stores.js'

/** What the benchmark's servers call their cookie. */
export const COOKIE = 'sessionid'

/** Fills a store as the benchmark's server would, and answers ids that it knows as sessions that were written once. */
export async function fillAt(place: Place, count: number, make = shopper): Promise<string[]> {
  const sessions = await openSessions({ ...place, cleanupInterval: 0, engineTimeout: TIME_LIMIT })
  const living = await fill(sessions.engine, count, Date.now(), make)
  await sessions.close()
  return living
}
