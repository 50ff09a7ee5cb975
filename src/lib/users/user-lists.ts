import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { JsonObject } from '../codecs/record.js'
import { attempts, type KeyedMutex } from '../engines/concurrency.js'
import type { IndexList, SessionIndex } from '../engines/engine.js'
import { LONGEST_LIFE } from '../engines/revocations.js'
import type { Logger } from '../logger.js'
import { SessionContended } from '../session/errors.js'
import { decodeList, encodeList, type UserList } from './user-list.js'

/** A list is kept for this many times as long as the sessions in it, so that it seldom needs another end. */
const MARGIN = 1.5
/** The last moment that JavaScript's dates know. */
const LAST = 8.64e15
/** Of how many users a process remembers how far their lists reach. */
const REMEMBERED = 10_000

export interface UserListsParts {
  readonly index: SessionIndex
  readonly mutex: KeyedMutex
  /** Milliseconds since 1970. */
  readonly clock: () => number
  readonly logger: Logger
}

/**
 * What becomes of a list; `undefined`: it stays as it is. `isUnreadable`: there is one, and nobody knows what is in it; the
 * one that takes its place is partial. What this throws, `change` throws.
 */
export type NextList = (
  list: UserList | undefined,
  isUnreadable: boolean,
) => UserList | undefined | Promise<UserList | undefined>

/** Each user's list of log-ins in the engine's index. Every change is a read and a conditional write. */
export class UserLists {
  readonly #parts: UserListsParts
  readonly #reach = new LRUCache<string, number>({ max: REMEMBERED })

  constructor(parts: UserListsParts) {
    this.#parts = parts
  }

  async read(userId: string): Promise<UserList | undefined> {
    return this.#decode(await this.#parts.index.read(nameOf(userId)))
  }

  /** Whether the user's list was seen to be kept until `expires`. */
  reaches(userId: string, expires: number): boolean {
    return (this.#reach.get(userId) ?? 0) >= expires
  }

  /**
   * Changes the list, and again until nobody else was faster. It is kept until `expires` at least, where a session in
   * it ends then; milliseconds since 1970.
   *
   * @throws SessionContended if others were faster every time.
   */
  async change(userId: string, expires: number, next: NextList): Promise<void> {
    const name = nameOf(userId)
    // Log-ins of one user at the same moment go one after the other within a process, so that they do not race again and again.
    await this.#parts.mutex.runExclusive(name, () => this.#change(userId, name, expires, next))
  }

  async #change(userId: string, name: string, expires: number, next: NextList): Promise<void> {
    const { index } = this.#parts
    for await (const _ of attempts()) {
      const held = await index.read(name)
      const before = this.#decode(held)
      const isUnreadable = held !== undefined && before === undefined
      const list = await next(before, isUnreadable)
      const content = this.#contentOf(list, held, isUnreadable)
      if (content === undefined) return
      const reach = held?.expires ?? 0
      const least = isUnreadable ? this.#parts.clock() + LONGEST_LIFE : 0
      const end = this.#endFor(Math.max(expires, least), reach)
      const isDone = list === undefined && end === reach
      if (isDone || (await index.write(name, content, end, held?.version))) {
        this.#reach.set(userId, end)
        return
      }
    }
    throw new SessionContended()
  }

  #contentOf(
    list: UserList | undefined,
    held: IndexList | undefined,
    isUnreadable: boolean,
  ): JsonObject | undefined {
    if (list === undefined) return isUnreadable ? undefined : held?.list
    return encodeList(isUnreadable ? { ...list, isPartial: true } : list)
  }

  /**
   * A list that cannot be read counts as lost, as one that the store has forgotten: a new one begins with the next log-in.
   * What was revoked stays so, since those sessions have been removed. Sessions that were listed put themselves back when
   * they get a new id or live longer. Until then a revocation searches the store for them (`isPartial`).
   */
  #decode(held: IndexList | undefined): UserList | undefined {
    const list = held && !held.isDamaged ? decodeList(held.list) : undefined
    if (held !== undefined && list === undefined)
      this.#parts.logger.error(
        {},
        'the list of a user’s sessions cannot be read; a new one begins with the next log-in',
      )
    return list
  }

  #endFor(expires: number, reach: number): number {
    if (reach >= expires) return reach
    const now = this.#parts.clock()
    return Math.min(LAST, Math.ceil(now + MARGIN * (expires - now)))
  }
}

/** What the store knows a user by, who may be called anything. */
function nameOf(userId: string): string {
  return `user-${hash('sha256', userId, 'hex')}`
}
