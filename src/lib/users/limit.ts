import { CLOCK_SKEW, mapInChunks } from '../engines/concurrency.js'
import type { SessionIndex } from '../engines/engine.js'
import { TooManySessions } from '../session/errors.js'
import { markEnded } from './ending.js'
import { hasEnded, locate } from './locate.js'
import { type UserList, withRoom, withSessions } from './user-list.js'

/** What happens to a log-in that is one too many: the oldest gives way, or it is refused. */
export type LimitPolicy = 'evict-oldest' | 'refuse-new'

/** How many sessions one user may have (S32). */
export interface Limit {
  /** 0: as many as they like. */
  readonly most: number
  readonly policy: LimitPolicy
}

export interface RoomParts {
  readonly index: SessionIndex
  /** `undefined` for a log-in that is in the list already. */
  readonly limit: Limit | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/**
 * The list with room for the log-in called `handle`: without those that have ended, and with the oldest marked as ended where
 * there are too many. A log-in that is still on its way counts, so that of two at the same moment the second sees the
 * first. If somebody announces a key between this look and the write of the list, the write's version does not match.
 *
 * @throws TooManySessions if the policy is to refuse.
 */
export async function makeRoom(
  list: UserList,
  handle: string,
  { index, limit, now }: RoomParts,
): Promise<UserList> {
  const others = [...list.sessions].filter(([other, { ended }]) => other !== handle && !ended)
  const isFull = limit !== undefined && limit.most > 0 && others.length >= limit.most
  if (!isFull && list.sessions.size < list.room) return list

  const located = await mapInChunks(others, async ([other, listed]) => {
    const location = await locate(index, other, listed)
    const since = location.record?.user?.authenticatedAt ?? listed.at
    // A log-in by a clock that was ahead counts as the oldest: it was not used since that was set right (S25).
    const isAhead = since > now + CLOCK_SKEW
    return { handle: other, since: isAhead ? 0 : since, hasEnded: hasEnded(listed, location, now) }
  })
  const ended = new Set(located.filter((one) => one.hasEnded).map((one) => one.handle))
  const kept = [...list.sessions].filter(([other]) => !ended.has(other))
  const cleaned = withRoom(withSessions(list, new Map(kept)))
  const rest = located.filter((one) => !one.hasEnded).sort((a, b) => a.since - b.since)
  if (!isFull || rest.length < limit.most) return cleaned
  if (limit.policy === 'refuse-new') throw new TooManySessions(limit.most)
  const evicted = new Set(rest.slice(0, rest.length - limit.most + 1).map((one) => one.handle))
  return markEnded(cleaned, (other) => evicted.has(other))
}
