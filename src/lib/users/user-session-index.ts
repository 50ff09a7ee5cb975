import type { SessionUser } from '../codecs/record.js'
import type { Announce } from '../engines/engine.js'
import { EngineUnavailable } from '../engines/errors.js'
import type { SessionIndex } from '../engines/session-index.js'
import type { Logger } from '../logger.js'
import { SessionContended, SessionInterrupted } from '../session/errors.js'
import type { LifecycleEvents } from '../session/lifecycle-events.js'
import { endedIn, finish } from './ending.js'
import { type Limit, makeRoom } from './limit.js'
import { ARRIVAL } from './locate.js'
import { emptyList, type Listed, type UserList, withSessions } from './user-list.js'
import type { UserLists } from './user-lists.js'

/** From how many places on those are looked at that a log-in may have left. */
const MANY_PLACES = 4

export interface UserSessionIndexParts {
  readonly index: SessionIndex
  readonly lists: UserLists
  readonly limit: Limit
  readonly lifecycle: LifecycleEvents
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/** A user's session on its way to a place. */
export interface Move {
  readonly user: SessionUser
  /** Whose the session is in the store so far. */
  readonly before: SessionUser | undefined
  /** The id that it has so far. */
  readonly id: string | undefined
  /** When it is to end: milliseconds since 1970. */
  readonly expires: number
}

/**
 * Keeps each user's list true to where their sessions stand (S31), without a lock. What holds it together:
 *
 * 1. *Announced, then there.* A session is put to a place only after the list, by a conditional write, got the place
 *    under its handle. So a live session is always listed; a place that is listed may be empty.
 * 2. *Marked, then vacated, then out.* A revocation first marks the handle as ended, by a conditional write, then
 *    vacates every place that the handle has, in the order of their announcement, and only then takes it out.
 * 3. *No announcement for the ended.* Whoever announces a place for a handle that is marked, or not there any more, is
 *    refused before anything was written. Only a log-in adds its handle, once.
 *
 * So of a revocation and a move (log-in, rotation, renewal) of one session, whose writes to the list have an order:
 *
 * - Mark before announcement: the move is refused.
 * - Announcement before mark: the revocation knows the new place. It vacates the old place first. If the move has not
 *   been made by then, a rotation finds its old place empty. Where the old place is no listed one, since a log-in
 *   came from an anonymous session or from none, the new one is closed by the mark that `evict` leaves there: the move
 *   finds it taken, draws another, announces it, and is refused. If the move was made, the session is at the new place
 *   when that is vacated.
 *
 * An update, a touch or a log-out does not move: it finds its place empty, and writes nothing. A log-out that comes first
 * leaves nothing to evict, and an end that passes neither. Two revocations mark and evict the same and take it out once.
 * A crash between the steps leaves marks behind which the next one to change or read the list acts on.
 *
 * What stands in the way of both is time: a place is closed for a minute only, and what was announced a minute ago and is
 * nowhere is taken for over. A process that was stopped for so long between its announcement and its arrival looks again
 * when it has arrived, and leaves if it is not expected any more.
 *
 * A list can get lost only where the store forgets things (`cache` when it is full, Redis told to evict). A session that
 * was listed before the list of now begun is put back when it announces a place, or needs the list for longer.
 */
export class UserSessionIndex {
  readonly #parts: UserSessionIndexParts

  constructor(parts: UserSessionIndexParts) {
    this.#parts = parts
  }

  /**
   * Runs `go`, which moves the session, with what it has to call before.
   *
   * @throws SessionInterrupted if the log-in was revoked meanwhile.
   * @throws TooManySessions if it is a new one, and one too many.
   */
  async move<Result>(move: Move, go: (announce: Announce) => Promise<Result>): Promise<Result> {
    const { clock } = this.#parts
    const isNew = move.before?.handle !== move.user.handle
    let announced: { readonly place: string; readonly at: number } | undefined
    const announce: Announce = async (place) => {
      const isFirst = isNew && announced === undefined
      await this.#announce(move, place, isFirst)
      announced = { place, at: clock() }
    }
    try {
      const result = await go(announce)
      if (announced && Math.abs(clock() - announced.at) >= ARRIVAL / 2)
        await this.#lookAgain(move.user, announced.place)
      return result
    } catch (error) {
      // Certainly not done: nothing is at the places that were announced, nor will be.
      const isUndone = error instanceof SessionInterrupted || error instanceof SessionContended
      if (isNew && announced && isUndone) await this.leave(move.user)
      throw error
    }
  }

  /** To be called before a session that stays where it is gets another end: its list must not end before. */
  async stay({ user, id, expires }: Omit<Move, 'before'>): Promise<void> {
    const { lists, index, clock } = this.#parts
    if (id === undefined || lists.reaches(user.id, expires)) return
    await lists.change(user.id, expires, (list) => {
      if (list?.sessions.has(user.handle) || !isLost(list, user)) return undefined
      const listed = { at: clock(), places: [index.keyOf(id)] }
      return put(list ?? emptyList(clock()), user.handle, listed)
    })
  }

  /** After a log-out. What is left in the list if this fails is over, and counts for nothing. */
  async leave(user: SessionUser): Promise<void> {
    try {
      await this.#parts.lists.change(user.id, 0, (list) => {
        if (!list?.sessions.has(user.handle)) return undefined
        const sessions = new Map(list.sessions)
        sessions.delete(user.handle)
        return withSessions(list, sessions)
      })
    } catch (error) {
      if (!(error instanceof EngineUnavailable || error instanceof SessionContended)) throw error
      this.#parts.logger.warn({ err: error }, 'a log-out could not be taken out of the list of the user')
    }
  }

  async #announce(move: Move, place: string, isFirst: boolean): Promise<void> {
    const { index, lists, limit, lifecycle, clock } = this.#parts
    const { user, before, id, expires } = move
    let written: UserList | undefined
    await lists.change(user.id, expires, async (list) => {
      const held = list?.sessions.get(user.handle)
      const isExpected = isFirst || (held ? !held.ended : isLost(list, before))
      if (!isExpected) throw new SessionInterrupted()
      const now = clock()
      // The place of an anonymous session is none of the user's: to end it would cost a visitor a basket, and gain nothing.
      const from = id !== undefined && before?.handle === user.handle ? [index.keyOf(id)] : []
      const places = new Set([...(await this.#placesOf(held, now)), ...from, place])
      const base = list ?? emptyList(now)
      const roomy = await makeRoom(base, user.handle, { index, limit: isFirst ? limit : undefined, now })
      written = put(roomy, user.handle, { at: now, places: [...places] })
      return written
    })
    // Those that were evicted end before the one for whose sake they were arrives: never more than the limit.
    if (written) lifecycle.revoked(user.id, 'limit', await finish(index, lists, user.id, endedIn(written)))
  }

  /** Where the session may be, without places that it certainly left: who had announced them has come and gone. */
  async #placesOf(held: Listed | undefined, now: number): Promise<readonly string[]> {
    if (held === undefined || held.places.length < MANY_PLACES) return held?.places ?? []
    const { index } = this.#parts
    const loaded = await Promise.all(held.places.map((place) => index.load(place)))
    const isOld = Math.abs(now - held.at) >= ARRIVAL
    return held.places.filter((_, index) => {
      const kind = loaded[index]?.kind
      return kind === 'found' || (kind === 'missing' && !isOld)
    })
  }

  async #lookAgain(user: SessionUser, place: string): Promise<void> {
    const { lists, index } = this.#parts
    const held = (await lists.read(user.id))?.sessions.get(user.handle)
    if (held?.places.includes(place) && !held.ended) return
    await index.evict(place)
    throw new SessionInterrupted()
  }
}

/** Whether a log-in that is not in the list was in one that is lost. Otherwise it was taken out. */
function isLost(list: UserList | undefined, user: SessionUser | undefined): boolean {
  return user !== undefined && (list === undefined || user.authenticatedAt < list.begun)
}

function put(list: UserList, handle: string, listed: Listed): UserList {
  return withSessions(list, new Map(list.sessions).set(handle, listed))
}
