import type { SessionRecord } from '../codecs/record.js'
import { mapInChunks } from '../engines/concurrency.js'
import type { Engine, SessionIndex } from '../engines/engine.js'
import { endedIn, finish, markEnded } from '../users/ending.js'
import { type Location, locate } from '../users/locate.js'
import { assertUserId } from '../users/log-in.js'
import { endUnlisted, type Searched } from '../users/unlisted.js'
import { asWhole, emptyList, type UserList, withFound } from '../users/user-list.js'
import type { UserLists } from '../users/user-lists.js'
import { NotOnThisEngine, RevocationIncomplete, SessionInterrupted } from './errors.js'
import type { RevokedBy } from './events.js'
import { type ExpiryRules, lastUsed, withoutFuture } from './expiry.js'
import type { LifecycleEvents } from './lifecycle-events.js'
import { type Session, stateOf } from './session.js'

/** One session of a user, to be shown to that user or to an administrator. Nothing in it leads in (S30). */
export interface UserSession {
  /** What to call it in `revoke`. The same for as long as the log-in lasts. */
  readonly handle: string
  readonly createdAt: Date
  /** When the user last proved in it who they are. */
  readonly authenticatedAt: Date
  /** When it was last known to be used. Reading shows only where a touch follows it. */
  readonly lastSeen: Date
  readonly device: string | undefined
  readonly isCurrent: boolean
}

export interface UserSessionsParts {
  readonly engine: Engine
  /** Where the engine has an index. */
  readonly lists: UserLists | undefined
  readonly rules: ExpiryRules
  readonly lifecycle: LifecycleEvents
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What it takes to find sessions by their user. */
interface IndexAccess {
  readonly index: SessionIndex
  readonly lists: UserLists
}

const REPLACED =
  'another process replaced it meanwhile, which cannot read it: give all processes the same CODEC and SECRET_KEY'

/** The list is read again while sessions move; one that moves this often meanwhile is not a browser's. */
const MAX_READS = 10

/** The sessions of each user: to list them, and to end them. */
export class UserSessions {
  readonly #parts: UserSessionsParts

  constructor(parts: UserSessionsParts) {
    this.#parts = parts
  }

  async forUser(userId: string, current?: Session): Promise<UserSession[]> {
    assertUserId(userId)
    const { index, lists } = this.#indexFor('forUser')
    const left = new Set<string>()
    let found: ReadonlyMap<string, Location> = new Map()
    for (let attempt = 1; attempt <= MAX_READS; attempt++) {
      const list = await lists.read(userId)
      if (list === undefined) return []
      await finish(index, lists, userId, endedIn(list))
      found = await locateAll(index, list)
      // A session that has left one key and is not at another one rotated between our two reads; read the list again.
      const moved = [...found.values()]
        .filter(({ record }) => record === undefined)
        .flatMap((one) => one.left)
      const isSettled = moved.every((key) => left.has(key))
      for (const key of moved) left.add(key)
      if (isSettled) break
    }
    return this.#described(found, current?.user === userId ? current.handle : undefined)
  }

  /** Answers how many sessions ended: one, or none if it had ended already. */
  async revoke(userId: string, handle: string): Promise<number> {
    assertUserId(userId)
    return this.#end(this.#indexFor('revoke'), userId, 'one', (other) => other === handle)
  }

  /** `but`: the handle of a log-in that goes on, where the engine has an index. */
  async revokeAll(userId: string, but?: string): Promise<number | undefined> {
    assertUserId(userId)
    const { revocations } = this.#parts.engine
    if (revocations) {
      await revocations.revokeUser(userId)
      this.#parts.lifecycle.revoked(userId, 'all', undefined)
      return undefined
    }
    return this.#end(this.#indexFor('revokeAll'), userId, 'all', (handle) => handle !== but)
  }

  /** @throws TypeError if nobody is logged in in the session, @throws SessionInterrupted if it has ended. */
  async revokeOthers(session: Session): Promise<number | undefined> {
    const { user, handle } = session
    if (user === undefined)
      throw new TypeError('nobody is logged in in this session, so there are no others of the same user')
    const { revocations } = this.#parts.engine
    if (revocations) {
      const state = stateOf(session)
      const { origin } = state
      state.reissuedAs(await revocations.revokeUser(user, origin.kind === 'live' ? origin.id : undefined))
      this.#parts.lifecycle.revoked(user, 'others', undefined)
      return undefined
    }
    const index = this.#indexFor('revokeOthers')
    // A log-in of this very request is not in the list before the commit.
    const asker = stateOf(session).saved?.user?.handle === handle ? handle : undefined
    return this.#end(index, user, 'others', (other) => other !== handle, asker)
  }

  async #end(
    { index, lists }: IndexAccess,
    userId: string,
    by: RevokedBy,
    isMeant: (handle: string) => boolean,
    asker?: string,
  ): Promise<number> {
    const { lifecycle, clock } = this.#parts
    let marked: UserList | undefined
    await lists.change(userId, 0, (list, isUnreadable) => {
      // A session that was ended elsewhere may still be in this request's hands, or in a cache: it ends no other.
      const asking = asker === undefined ? undefined : list?.sessions.get(asker)
      const isGone = asking === undefined ? !list?.isPartial : asking.ended
      if (list && asker !== undefined && isGone) throw new SessionInterrupted()
      const base = list ?? (isUnreadable ? { ...emptyList(clock()), isPartial: true as const } : undefined)
      marked = base && markEnded(base, isMeant)
      return marked === list ? undefined : marked
    })
    let count = marked === undefined ? 0 : await finish(index, lists, userId, endedIn(marked))
    const isAnswered = (): boolean => by === 'one' && count > 0
    const searched =
      marked?.isPartial && !isAnswered()
        ? await this.#search({ index, lists }, userId, isMeant, marked)
        : undefined
    count += searched?.ended ?? 0
    lifecycle.revoked(userId, by, count)
    if (searched?.doubt !== undefined && !isAnswered()) throw new RevocationIncomplete(count, searched.doubt)
    return count
  }

  /**
   * Where the list may lack log-ins. It has begun anew by now, as `partial`, so what gets a new key during the search is in
   * it, and ends afterwards. What is found and goes on is listed again.
   */
  async #search(
    { index, lists }: IndexAccess,
    userId: string,
    isMeant: (handle: string) => boolean,
    partial: UserList,
  ): Promise<Searched> {
    const { ended, kept, doubt: unread } = await endUnlisted(index, userId, isMeant)
    let doubt = unread
    let marked: UserList | undefined
    await lists.change(userId, 0, (list) => {
      // A process that cannot read the list has begun another one meanwhile, from which what was announced in ours is missing.
      doubt = list?.begun === partial.begun ? unread : (unread ?? REPLACED)
      marked = list && markEnded(withFound(list, kept, this.#parts.clock()), isMeant)
      return doubt === undefined && marked ? asWhole(marked) : marked
    })
    const late = marked === undefined ? 0 : await finish(index, lists, userId, endedIn(marked))
    return { ended: ended + late, kept, doubt }
  }

  /** The one used last comes first. */
  #described(found: ReadonlyMap<string, Location>, current: string | undefined): UserSession[] {
    return [...found.values()]
      .flatMap(({ record }) => (record === undefined ? [] : this.#describe(record, current)))
      .sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime())
  }

  #describe(found: SessionRecord, current: string | undefined): UserSession[] {
    const { rules, clock } = this.#parts
    const now = clock()
    const record = withoutFuture(found, now, rules)
    const { user, createdAt } = record
    if (user === undefined) return []
    return [
      {
        handle: user.handle,
        createdAt: new Date(createdAt),
        authenticatedAt: new Date(user.authenticatedAt),
        lastSeen: new Date(Math.min(lastUsed(record, rules), now)),
        device: user.device,
        isCurrent: user.handle === current,
      },
    ]
  }

  #indexFor(what: string): IndexAccess {
    const { engine, lists } = this.#parts
    if (engine.index && lists) return { index: engine.index, lists }
    throw new NotOnThisEngine(`${what}() is not possible on the engine ${engine.name}: ${remedyFor(engine)}`)
  }
}

/** Each log-in that is not marked as ended, and what there is at its keys. */
async function locateAll(index: SessionIndex, list: UserList): Promise<ReadonlyMap<string, Location>> {
  const open = [...list.sessions].filter(([, { ended }]) => !ended)
  const located = await mapInChunks(open, async ([handle, listed]): Promise<[string, Location]> => {
    return [handle, await locate(index, handle, listed)]
  })
  return new Map(located)
}

function remedyFor({ revocations, capabilities }: Engine): string {
  if (capabilities.sharedWith !== undefined)
    return `${capabilities.sharedWith} uses the same sessions, and has nothing to find those of a user by`
  if (revocations)
    return 'sessions in cookies can be ended for a user as a whole only, by revokeAll() or revokeOthers()'
  return capabilities.revocable
    ? 'it has no index of sessions by user. Give it one (storeEngine does), or choose another engine'
    : 'it keeps no sessions. Set REVOCATION_STORE to end all of a user with revokeAll() or revokeOthers(), or choose ' +
        'an engine that keeps them, such as db or redis'
}
