import type { SessionUser } from '../codecs/record.js'
import type { KeyedMutex } from '../engines/concurrency.js'
import type { Engine, SessionIndex } from '../engines/engine.js'
import { EngineMisconfigured, EngineUnavailable } from '../engines/errors.js'
import type { Logger } from '../logger.js'
import { SessionContended, SessionInterrupted } from '../session/errors.js'
import type { RevokedBy } from '../session/events.js'
import { endedIn, finish } from './ending.js'
import { type Limit, makeRoom } from './limit.js'
import { ARRIVAL } from './locate.js'
import { emptyList, type Listed, type UserList, withSessions } from './user-list.js'
import { UserLists } from './user-lists.js'

/** From this number of keys of one log-in on, those that its session has left are looked for, and dropped. */
const MANY_KEYS = 4

/** Who is told of sessions that had to give way to another log-in. */
export interface RevocationEvents {
  /** `count`: how many ended; `undefined` where nobody knows. */
  revoked(userId: string, by: RevokedBy, count: number | undefined): void
}

export interface UserSessionIndexParts {
  readonly engine: Engine
  readonly mutex: KeyedMutex
  readonly limit: Limit
  readonly lifecycle: RevocationEvents
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

interface Parts extends Omit<UserSessionIndexParts, 'engine' | 'mutex'> {
  readonly index: SessionIndex
  readonly lists: UserLists
}

/** A user's session that is about to get a new key. */
export interface PlannedMove {
  readonly user: SessionUser
  /** Whose the session is in the store so far. */
  readonly before: SessionUser | undefined
  /** The id that it has so far. */
  readonly id: string | undefined
  /** When it is to end: milliseconds since 1970. */
  readonly expires: number
}

/**
 * Opens the index of the engine. `undefined` for an engine that has none: users log in there all the same, but cannot be
 * found.
 *
 * @throws EngineMisconfigured if there is to be a limit on such an engine.
 */
export function openUserSessionIndex({
  engine,
  mutex,
  ...parts
}: UserSessionIndexParts): UserSessionIndex | undefined {
  const { index } = engine
  if (index !== undefined) {
    const lists = new UserLists({ index, mutex, clock: parts.clock, logger: parts.logger })
    return new UserSessionIndex({ ...parts, index, lists })
  }
  const { most } = parts.limit
  if (most === 0) return undefined
  throw new EngineMisconfigured(
    `MAX_SESSIONS_PER_USER=${most} needs an engine that finds sessions by their user, such as db or redis; ` +
      `${engine.name} cannot`,
  )
}

/**
 * Keeps each user's list in step with where their sessions are (S31), without a lock. The rules:
 *
 * 1. *List first, then store.* A session is stored at a key only after a conditional write has put the key into the
 *    user's list, under the handle of the log-in. So a live session is always listed; a listed key may be empty.
 * 2. *Mark, evict, remove.* A revocation first marks the handle as ended, by a conditional write. It then evicts every
 *    key of the handle, in the order in which they were announced. Only then it removes the handle from the list.
 * 3. *No announcement for what has ended.* A request that announces a key for a handle that is marked, or no longer
 *    listed, is refused before anything is stored. Only a log-in adds its handle, once.
 *
 * Each step is one call of the engine, and some calls are several steps of the store (`evict` removes, then inserts a
 * tombstone; `rotate` moves, and looks again if that was refused). Two requests can interleave between any two steps of the
 * store; each of these steps is atomic, and the argument below uses nothing else. Take a revocation and a move (log-in,
 * rotation, renewal) of one session. Both write the list, and one write comes first:
 *
 * - The mark comes first. The announcement is refused, and nothing is stored.
 * - The announcement comes first. The revocation knows the new key too, and evicts the old key before the new one.
 *   - If the session has not moved by then: a rotation finds its old key empty. A log-in has no old key in the list; it
 *     is stopped at its new key, where `evict` leaves a tombstone for a minute. It finds the key taken, draws another
 *     id, announces that key, and is refused.
 *   - If the session has moved, it is at the new key, which is evicted next.
 *   - If it arrives at the new key between the two steps of `evict` there, the tombstone is refused, and `evict` removes
 *     the session that it finds then.
 *
 * An update, a touch or a log-out moves nothing: it finds its key empty and writes nothing. A log-out that comes first
 * leaves nothing to evict. Two revocations mark and evict the same keys; the handle is removed once. A crash between the
 * steps leaves marks behind, and whoever next reads or changes the list carries them out.
 *
 * Time limits both. A key is closed by its tombstone for one minute only, and a key that was announced a minute ago and
 * is still empty counts as given up. So a process that was stopped for that long between announcement and arrival reads
 * the list again when it has arrived, and withdraws if it is no longer listed.
 *
 * A list can get lost only where the store forgets entries (Redis told to evict) or somebody has damaged its text. A session that was
 * listed before the present list began is put back when it announces a key, or needs the list for longer.
 */
export class UserSessionIndex {
  readonly lists: UserLists
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.lists = parts.lists
    this.#parts = parts
  }

  /** The steps for a session that is about to get a new key. */
  move(planned: PlannedMove): IndexedMove {
    return new IndexedMove(this.#parts, planned)
  }

  /**
   * To be called before a session that keeps its key gets another end: its list must not end before. `undefined` where
   * there is nothing to wait for.
   */
  extend(user: SessionUser, id: string, expires: number): Promise<void> | undefined {
    const { lists, index, clock } = this.#parts
    if (lists.reaches(user.id, expires)) return undefined
    return lists.change(user.id, expires, (list) => {
      if (list?.sessions.has(user.handle) || !isLost(list, user, clock())) return undefined
      const listed = { at: clock(), keys: [index.keyOf(id)] }
      return withListed(list ?? emptyList(clock()), user.handle, listed)
    })
  }

  /** Whether the log-in is in the list of its user, and nobody has ended it. */
  async isListed({ id, handle }: SessionUser): Promise<boolean> {
    const listed = (await this.lists.read(id))?.sessions.get(handle)
    return listed !== undefined && !listed.ended
  }

  /** After a log-out. If this fails, what is left in the list is an empty key, which counts for nothing. */
  async remove(user: SessionUser): Promise<void> {
    const { lists, logger } = this.#parts
    try {
      await lists.change(user.id, 0, (list) => {
        if (!list?.sessions.has(user.handle)) return undefined
        const sessions = new Map(list.sessions)
        sessions.delete(user.handle)
        return withSessions(list, sessions)
      })
    } catch (error) {
      if (!(error instanceof EngineUnavailable || error instanceof SessionContended)) throw error
      logger.warn({ err: error }, 'a log-out could not be removed from the list of the user')
    }
  }
}

/** One session on its way to a new key: `announce` before each attempt to store it, then `arrived` or `failed`. */
export class IndexedMove {
  readonly #parts: Parts
  readonly #planned: PlannedMove
  readonly #isLogIn: boolean
  #announced: { readonly key: string; readonly at: number } | undefined

  constructor(parts: Parts, planned: PlannedMove) {
    this.#parts = parts
    this.#planned = planned
    this.#isLogIn = planned.before?.handle !== planned.user.handle
  }

  /**
   * Puts the key of `newId` into the user's list.
   *
   * @throws SessionInterrupted if the log-in was revoked meanwhile.
   * @throws TooManySessions if it is a new one, and one too many.
   */
  async announce(newId: string): Promise<void> {
    const { index, lists, limit, lifecycle, clock } = this.#parts
    const { user, before, id, expires } = this.#planned
    const key = index.keyOf(newId)
    const isFirst = this.#isLogIn && this.#announced === undefined
    let written: UserList | undefined
    // The minute for which the key may stay empty begins with the announcement, not after the evictions below.
    let at = 0
    await lists.change(user.id, expires, async (list) => {
      const held = list?.sessions.get(user.handle)
      const now = clock()
      at = now
      const isExpected = isFirst || (held ? !held.ended : isLost(list, before, now))
      if (!isExpected) throw new SessionInterrupted()
      // An anonymous session's key does not belong to the user. If it were listed, a revocation would end a visitor's session.
      const from = id !== undefined && before?.handle === user.handle ? [index.keyOf(id)] : []
      const keys = new Set([...(await this.#keysOf(held, now)), ...from, key])
      const base = list ?? emptyList(now)
      const roomy = await makeRoom(base, user.handle, { index, limit: isFirst ? limit : undefined, now })
      written = withListed(roomy, user.handle, { at: now, keys: [...keys] })
      return written
    })
    // The sessions that give way end before this log-in is stored, so that the user never has more than the limit.
    if (written) lifecycle.revoked(user.id, 'limit', await finish(index, lists, user.id, endedIn(written)))
    this.#announced = { key, at }
  }

  /**
   * After the session was stored. A process that was stopped for too long on the way reads the list again.
   *
   * @throws SessionInterrupted if it is not expected any more; the session has been ended then.
   */
  async arrived(): Promise<void> {
    const { index, lists, clock } = this.#parts
    const { user } = this.#planned
    const announced = this.#announced
    if (announced === undefined || Math.abs(clock() - announced.at) < ARRIVAL / 2) return
    const held = (await lists.read(user.id))?.sessions.get(user.handle)
    if (held?.keys.includes(announced.key) && !held.ended) return
    await index.evict(announced.key)
    throw new SessionInterrupted()
  }

  /** After an error. Where certainly nothing was stored, a log-in is taken out of the list again. */
  async failed(error: unknown): Promise<void> {
    const isUndone = error instanceof SessionInterrupted || error instanceof SessionContended
    if (!(isUndone && this.#isLogIn && this.#announced)) return
    await new UserSessionIndex(this.#parts).remove(this.#planned.user)
  }

  /** Where the session may be, without keys that it certainly left: it has come and gone there. */
  async #keysOf(held: Listed | undefined, now: number): Promise<readonly string[]> {
    if (held === undefined || held.keys.length < MANY_KEYS) return held?.keys ?? []
    const { index } = this.#parts
    const loaded = await Promise.all(held.keys.map((key) => index.load(key)))
    const isOld = Math.abs(now - held.at) >= ARRIVAL
    return held.keys.filter((_, at) => {
      const kind = loaded[at]?.kind
      return kind === 'found' || (kind === 'missing' && !isOld)
    })
  }
}

/**
 * Whether a log-in that is not in the list was in an earlier list, which the store has lost. Otherwise it was removed from
 * this one. If the list was begun by a clock that was ahead, nobody can tell, and the log-in counts as removed, so that
 * nothing that was revoked comes back (S25).
 */
function isLost(list: UserList | undefined, user: SessionUser | undefined, now: number): boolean {
  if (user === undefined || list === undefined) return user !== undefined
  return user.authenticatedAt < list.begun && list.begun <= now
}

function withListed(list: UserList, handle: string, listed: Listed): UserList {
  return withSessions(list, new Map(list.sessions).set(handle, listed))
}
