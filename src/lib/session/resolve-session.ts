import type { Engine, Loaded } from '../engines/engine.js'
import type { LifecycleEvents } from './lifecycle-events.js'

/** Of how many ids of one request the engine is asked: what a stranger can make it do is bounded. */
const MOST_ASKED = 3

/** An id that leads to a session, or did a moment ago. */
export interface Found {
  readonly id: string
  readonly loaded: Exclude<Loaded, { kind: 'missing' }>
}

/**
 * What the last of `ids` leads to that leads anywhere. A request may bring several: who has a sibling domain, or the
 * network between, can plant a cookie of any name beside ours, and what is junk or expired must not hide the session
 * (S11). What is not written like an id costs no call, and of the others three are tried at most. One that was rotated
 * away a moment ago ends the search: it is as good as a live one's, whose place nothing planted is to take.
 * `lifecycle` hears of those that lead nowhere.
 *
 * @throws EngineUnavailable if the store does not answer: what stands further to the front is not known to count.
 */
export async function resolveSession(
  ids: readonly string[],
  engine: Engine,
  lifecycle?: Pick<LifecycleEvents, 'malformed' | 'missing'>,
): Promise<Found | undefined> {
  let asked = 0
  for (let index = ids.length - 1; index >= 0 && asked < MOST_ASKED; index--) {
    const id = ids[index] ?? ''
    if (engine.isId?.(id) === false) {
      lifecycle?.malformed()
      continue
    }
    asked++
    const loaded = await engine.load(id)
    if (loaded.kind !== 'missing') return { id, loaded }
    lifecycle?.missing(id, loaded)
  }
  return undefined
}
