import { hash } from 'node:crypto'
import type { CookiePayload } from '../codecs/cookie-payload.js'
import type { JsonObject } from '../codecs/record.js'
import type { Logger } from '../logger.js'
import { attempts, CLOCK_SKEW } from './concurrency.js'
import type { EngineTools, IndexList, SessionIndex } from './engine.js'
import { EngineUnavailable } from './errors.js'

/** No session in a cookie lives for longer than browsers keep a cookie: 400 days, in milliseconds (S21). */
export const LONGEST_LIFE = 34_560_000_000
/** How many ended sessions of one user are listed one by one. With more of them all sessions of the user end. */
const MOST_ENDED = 200

/** One session of a user that has ended: when, and when its last cookie expires. Milliseconds since 1970. */
type Ended = readonly [at: number, expires: number]

/** Which cookies of one user are dead. */
export interface Revoked {
  /** Cookies that were made under an earlier one are dead: milliseconds since 1970; 0: none was ever revoked. */
  readonly notBefore: number
  /** Sessions that were logged out or got a new id, by the hash of their anchor. */
  readonly ended: ReadonlyMap<string, Ended>
}

export const NOTHING_REVOKED: Revoked = { notBefore: 0, ended: new Map() }

/**
 * Which sessions in cookies have ended, in a store's index: one small list a user.
 *
 * A revocation of all moves the user's not-before. A cookie holds the not-before that was in force when it was made, and
 * is dead if another one is now. So nothing depends on how the clocks of two processes compare, nor on which of two
 * things in one millisecond was first: whoever makes a cookie reads the not-before first, and a revocation that comes
 * between the two kills the cookie that is being made.
 *
 * A log-out or a new id puts the session's anchor on the list, which all its cookies have in common.
 */
export class RevokedCookies {
  readonly #index: SessionIndex
  readonly #clock: () => number
  readonly #logger: Logger
  readonly #canBeFull: boolean

  /** `canBeFull`: the store is memory, which holds a limited number of lists. */
  constructor(index: SessionIndex, { clock, logger }: EngineTools, canBeFull: boolean) {
    this.#index = index
    this.#clock = clock
    this.#logger = logger
    this.#canBeFull = canBeFull
  }

  async of(userId: string): Promise<Revoked> {
    const held = await this.#index.read(nameOf(userId))
    if (held === undefined) return NOTHING_REVOKED
    const revoked = decode(held)
    if (revoked !== undefined) return revoked
    // What cannot be read is not "nothing revoked". Every session of the user ends, and a new list begins.
    this.#logger.error({}, 'the revocations of a user cannot be read; all sessions of the user end')
    return (await this.endAll(userId)).is
  }

  /**
   * Where the store can be full, it takes the user's list now, empty or not: for each cookie of the user that is made, so
   * that there is room when the session, which ends at `expires`, has to be ended.
   *
   * @throws RecordRefused if there is no room. A log-in is refused then, since its log-out would be.
   */
  async keepRoom(userId: string, expires: number): Promise<void> {
    if (!this.#canBeFull) return
    const held = await this.#index.read(nameOf(userId))
    if (held !== undefined && held.expires > expires) return
    await this.#change(userId, (revoked) => revoked, expires - this.#clock())
  }

  /** Ends all sessions of the user. Answers the not-before of until now and the one from now on. */
  async endAll(userId: string): Promise<{ readonly was: number; readonly is: Revoked }> {
    const [was, is] = await this.#change(userId, (revoked, now) => ({
      notBefore: Math.max(now, revoked.notBefore + 1),
      ended: new Map(),
    }))
    return { was: was.notBefore, is }
  }

  /** Ends the session with this anchor, whose last cookie expires then. Answers what is in force from now on. */
  async end(userId: string, anchor: string, expires: number): Promise<Revoked> {
    const [, is] = await this.#change(userId, (revoked, now) => {
      const ended = new Map([...revoked.ended].filter(([, [, until]]) => until > now))
      ended.set(keyOf(anchor), [now, expires])
      // None may be forgotten before its cookies expire.
      if (ended.size > MOST_ENDED)
        return { notBefore: Math.max(now, revoked.notBefore + 1), ended: new Map() }
      return { notBefore: revoked.notBefore, ended }
    })
    return is
  }

  async #change(
    userId: string,
    next: (revoked: Revoked, now: number) => Revoked,
    life = LONGEST_LIFE,
  ): Promise<readonly [was: Revoked, is: Revoked]> {
    const name = nameOf(userId)
    for await (const _ of attempts()) {
      const held = await this.#index.read(name)
      const now = this.#clock()
      const was =
        held === undefined ? NOTHING_REVOKED : (decode(held) ?? { notBefore: now, ended: new Map() })
      const is = next(was, now)
      // When the list expires no cookie is left that it could speak of.
      const expires = Math.max(held?.expires ?? 0, now + life + CLOCK_SKEW)
      if (await this.#index.write(name, encode(is), expires, held?.version)) return [was, is]
    }
    throw new EngineUnavailable('others changed the revocations of this user every time')
  }
}

/** Since when the cookie is dead: milliseconds since 1970; `undefined`: it is not. */
export function deadSince(
  { notBefore = 0, anchor }: Pick<CookiePayload, 'notBefore' | 'anchor'>,
  revoked: Revoked,
): number | undefined {
  if (notBefore < revoked.notBefore) return revoked.notBefore
  if (anchor === undefined || revoked.ended.size === 0) return undefined
  return revoked.ended.get(keyOf(anchor))?.[0]
}

/** As JSON: `{"notBefore":1,"ended":{"<hash of an anchor>":[1,2]}}`. */
function encode({ notBefore, ended }: Revoked): JsonObject {
  return { notBefore, ended: Object.fromEntries([...ended].map(([key, times]) => [key, [...times]])) }
}

/** `undefined` if it cannot be read. */
function decode({ list: { notBefore, ended = {} }, isDamaged }: IndexList): Revoked | undefined {
  const isList = typeof ended === 'object' && ended !== null && !Array.isArray(ended)
  if (isDamaged || typeof notBefore !== 'number' || !isList || !Object.values(ended).every(isEnded))
    return undefined
  return { notBefore, ended: new Map(Object.entries(ended) as unknown as [string, Ended][]) }
}

function isEnded(value: unknown): value is Ended {
  return Array.isArray(value) && value.length === 2 && value.every((time) => typeof time === 'number')
}

/** An anchor is a secret of its session: the store knows its hash only. */
function keyOf(anchor: string): string {
  return hash('sha256', anchor, 'base64url').slice(0, 22)
}

function nameOf(userId: string): string {
  return `revoked-${hash('sha256', userId, 'hex')}`
}
