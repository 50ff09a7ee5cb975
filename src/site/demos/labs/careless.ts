import { randomUUID } from 'node:crypto'
import type { Context } from 'koa'
import { LRUCache } from 'lru-cache'
import { rawPlainCookie, setPlainCookie } from '../kit/plain-cookie.js'

export const CARELESS_COOKIE = 'lab-careless'

/** Sessions held at a time, and for how long: milliseconds. */
const LIMITS = { max: 2000, ttl: 900_000 }

/** Written like an id of ours or of the attacker's: what is longer is not kept. */
const ID = /^[\w-]{1,64}$/

/** Sessions as they should not be, to be attacked in a lab. */
export class CarelessSessions {
  // #region careless
  /** Who is logged in, by id. */
  readonly #users = new LRUCache<string, string>(LIMITS)

  idOf(ctx: Context): string {
    const sent = rawPlainCookie(ctx, CARELESS_COOKIE) ?? ''
    // First fault: any id is adopted, whoever made it up.
    const id = ID.test(sent) ? sent : randomUUID()
    setPlainCookie(ctx, CARELESS_COOKIE, id)
    return id
  }

  logIn(ctx: Context, user: string): void {
    // Second fault: the id from before the log-in stays.
    this.#users.set(this.idOf(ctx), user)
  }

  userOf(ctx: Context): string | undefined {
    return this.#users.get(this.idOf(ctx))
  }
  // #endregion

  /** Who is logged in under this id. For the lab's own page: it gives no cookie. */
  userUnder(id: string | undefined): string | undefined {
    return id === undefined ? undefined : this.#users.get(id)
  }
}
