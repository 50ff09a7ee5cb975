import type { SessionRecord } from '../../codecs/record.js'
import type { Engine } from '../../engines/contract.js'
import type { Roster } from '../../engines/roster.js'
import type { RevokedBy } from '../../events.js'
import { NotOnThisEngine } from '../errors.js'
import { type ExpiryRules, lastUsed } from '../expiry.js'
import { type Session, stateOf } from '../session.js'
import type { Witness } from '../witness.js'
import { endedIn, finish, markEnded } from './ending.js'
import type { UserLists } from './lists.js'
import { assertUserId } from './log-in.js'
import { type Look, lookFor } from './look.js'
import type { UserList } from './user-list.js'

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

export interface DirectoryParts {
  readonly engine: Engine
  /** Where the engine has a roster. */
  readonly lists: UserLists | undefined
  readonly rules: ExpiryRules
  readonly witness: Witness
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** What it takes to find sessions by their user. */
interface House {
  readonly roster: Roster
  readonly lists: UserLists
}

/** A session that moves is met at its next place; one that moves this often while it is looked for is not a browser's. */
const LOOKS = 10

/** The sessions of each user: to list them, and to end them. */
export class Directory {
  readonly #parts: DirectoryParts

  constructor(parts: DirectoryParts) {
    this.#parts = parts
  }

  async forUser(userId: string, current?: Session): Promise<UserSession[]> {
    assertUserId(userId)
    const { roster, lists } = this.#houseFor('forUser')
    const left = new Set<string>()
    let found: ReadonlyMap<string, Look> = new Map()
    for (let look = 1; look <= LOOKS; look++) {
      const list = await lists.read(userId)
      if (list === undefined) return []
      await finish(roster, lists, userId, endedIn(list))
      found = await lookThrough(roster, list)
      // Where it was it is no more, and where it went it was not yet: announced before, so in the list of now.
      const moved = [...found.values()]
        .filter(({ record }) => record === undefined)
        .flatMap((one) => one.left)
      const isSettled = moved.every((place) => left.has(place))
      for (const place of moved) left.add(place)
      if (isSettled) break
    }
    return this.#described(found, current?.user === userId ? current.handle : undefined)
  }

  /** Answers how many sessions ended: one, or none if it had ended already. */
  async revoke(userId: string, handle: string): Promise<number> {
    assertUserId(userId)
    return this.#end(this.#houseFor('revoke'), userId, 'one', (other) => other === handle)
  }

  async revokeAll(userId: string): Promise<number | undefined> {
    assertUserId(userId)
    const { revocations } = this.#parts.engine
    if (revocations) {
      await revocations.revokeUser(userId)
      this.#parts.witness.revoked(userId, 'all', undefined)
      return undefined
    }
    return this.#end(this.#houseFor('revokeAll'), userId, 'all', () => true)
  }

  /** @throws TypeError if nobody is logged in in the session. */
  async revokeOthers(session: Session): Promise<number | undefined> {
    const { user, handle } = session
    if (user === undefined)
      throw new TypeError('nobody is logged in in this session, so there are no others of the same user')
    const { revocations } = this.#parts.engine
    if (revocations) {
      const state = stateOf(session)
      const { origin } = state
      state.reissuedAs(await revocations.revokeUser(user, origin.kind === 'live' ? origin.id : undefined))
      this.#parts.witness.revoked(user, 'others', undefined)
      return undefined
    }
    return this.#end(this.#houseFor('revokeOthers'), user, 'others', (other) => other !== handle)
  }

  async #end(
    { roster, lists }: House,
    userId: string,
    by: RevokedBy,
    isMeant: (handle: string) => boolean,
  ): Promise<number> {
    let marked: UserList | undefined
    await lists.change(userId, 0, (list) => {
      marked = list && markEnded(list, isMeant)
      return marked === list ? undefined : marked
    })
    const count = marked === undefined ? 0 : await finish(roster, lists, userId, endedIn(marked))
    this.#parts.witness.revoked(userId, by, count)
    return count
  }

  /** The one used last comes first. */
  #described(found: ReadonlyMap<string, Look>, current: string | undefined): UserSession[] {
    return [...found.values()]
      .flatMap(({ record }) => (record === undefined ? [] : this.#describe(record, current)))
      .sort((a, b) => b.lastSeen.getTime() - a.lastSeen.getTime())
  }

  #describe(record: SessionRecord, current: string | undefined): UserSession[] {
    const { rules, clock } = this.#parts
    const { user, createdAt } = record
    if (user === undefined) return []
    return [
      {
        handle: user.handle,
        createdAt: new Date(createdAt),
        authenticatedAt: new Date(user.authenticatedAt),
        lastSeen: new Date(Math.min(lastUsed(record, rules), clock())),
        device: user.device,
        isCurrent: user.handle === current,
      },
    ]
  }

  #houseFor(what: string): House {
    const { engine, lists } = this.#parts
    if (engine.roster && lists) return { roster: engine.roster, lists }
    throw new NotOnThisEngine(`${what}() is not possible on the engine ${engine.name}: ${remedyFor(engine)}`)
  }
}

/** Each log-in that is not marked as ended, and what there is at its places. */
async function lookThrough(roster: Roster, list: UserList): Promise<ReadonlyMap<string, Look>> {
  const open = [...list.sessions].filter(([, { ended }]) => !ended)
  const looks = await Promise.all(
    open.map(async ([handle, listed]): Promise<[string, Look]> => {
      return [handle, await lookFor(roster, handle, listed)]
    }),
  )
  return new Map(looks)
}

function remedyFor({ revocations, capabilities }: Engine): string {
  if (revocations)
    return 'sessions in cookies can be ended for a user as a whole only, by revokeAll() or revokeOthers()'
  return capabilities.revocable
    ? 'it has no roster, by which sessions are found otherwise than by their ids. Give it one, or choose another engine'
    : 'it keeps no sessions. Set REVOCATION_STORE to end all of a user with revokeAll() or revokeOthers(), or choose ' +
        'an engine that keeps them, such as db or redis'
}
