import { mapInChunks } from '../engines/concurrency.js'
import type { SessionIndex } from '../engines/engine.js'
import { type Listed, type UserList, withSessions } from './user-list.js'
import type { UserLists } from './user-lists.js'

/** The list with those log-ins marked as ended; the same list if there is none among them. */
export function markEnded(list: UserList, isMeant: (handle: string) => boolean): UserList {
  const meant = [...list.sessions].filter(([handle, { ended }]) => !ended && isMeant(handle))
  if (meant.length === 0) return list
  const marked = meant.map(([handle, listed]) => [handle, { ...listed, ended: true }] as const)
  return withSessions(list, new Map([...list.sessions, ...marked]))
}

export type Ended = readonly (readonly [handle: string, listed: Listed])[]

/** The log-ins that are marked as ended, by whomever. */
export function endedIn(list: UserList): Ended {
  return [...list.sessions].filter(([, { ended }]) => ended)
}

/**
 * Ends the sessions that are marked in the user's list, and removes them from it; answers how many were alive. Whoever
 * finds such marks does this, so a revocation that a crash or an outage has interrupted is finished by the next reader.
 */
export async function finish(
  index: SessionIndex,
  lists: UserLists,
  userId: string,
  ended: Ended,
): Promise<number> {
  if (ended.length === 0) return 0
  const alive = await mapInChunks(ended, ([handle, listed]) => evictAll(index, handle, listed))
  await lists.change(userId, 0, (list) => {
    if (list === undefined) return undefined
    const sessions = new Map(list.sessions)
    for (const [handle] of ended) if (sessions.get(handle)?.ended) sessions.delete(handle)
    return sessions.size === list.sessions.size ? undefined : withSessions(list, sessions)
  })
  return alive.filter(Boolean).length
}

/** In the order in which the keys were announced: a session that moves meanwhile is met at the later one. */
async function evictAll(index: SessionIndex, handle: string, { keys }: Listed): Promise<boolean> {
  let wasAlive = false
  for (const key of keys) {
    const there = await index.load(key)
    const isIts = there.kind === 'found' && there.record.user?.handle === handle
    if ((await index.evict(key)) === 'deleted') wasAlive ||= isIts
  }
  return wasAlive
}
