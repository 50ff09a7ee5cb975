import type { Context } from 'koa'
import { type CookieOptions, readCookie, setCookie } from '../middleware/cookie.js'
import { sendCookie } from '../middleware/headers.js'
import type { RequestSession } from '../middleware/request-session.js'
import type { CsrfRules } from './options.js'
import { newRandom, verifiedRandom, writeToken } from './token.js'

/** A token that this request's pages are given. */
interface Given {
  readonly random: string
  readonly binding: string
  readonly text: string
  /** Made in this request, so that nobody else can have seen it yet. */
  readonly isNew: boolean
}

/**
 * The token of one request. It is bound to the session as the browser will hold it, which nobody may know yet when a page
 * is rendered: a session's first id, or its next one, comes with the commit. So the cookie is signed again when that has
 * been done, for the same random, and the random alone is what a form has to repeat.
 */
export class Tokens {
  readonly #ctx: Context
  readonly #visit: RequestSession
  readonly #rules: CsrfRules
  #given: Given | undefined

  constructor(ctx: Context, visit: RequestSession, rules: CsrfRules) {
    this.#ctx = ctx
    this.#visit = visit
    this.#rules = rules
  }

  /** The token in the request's cookie, whoever wrote it. */
  get sent(): string | undefined {
    return readCookie(this.#ctx.req.headers.cookie, this.#rules.cookieName)
  }

  /** The sent token's random, if it was signed here for the session that the browser holds. */
  get verified(): string | undefined {
    const { sent } = this
    return sent === undefined ? undefined : verifiedRandom(sent, this.#visit.binding, this.#rules.keys)
  }

  /** For a page. The browser keeps the token that it has, if that is good for its session. */
  read(): string {
    this.#ctx.vary('Cookie')
    this.#given ??= this.#kept() ?? this.#give(newRandom(), true)
    return this.#given.text
  }

  /** The response bears the session's cookie now. With another id goes another token (S64). */
  follow(): void {
    const given = this.#given
    if (given === undefined && (this.sent === undefined || this.verified !== undefined)) return
    if (given?.binding === this.#visit.binding) return
    // What was on a page before is not taken along: somebody who knew it, or planted it, would know this session's.
    const random = given?.isNew ? given.random : newRandom()
    this.#given = this.#give(random, true)
  }

  #kept(): Given | undefined {
    // With the commit it will not be good any more: a page that is rendered now is to have the token of after.
    if (this.#visit.isMoving) return undefined
    const { sent, verified: random } = this
    if (sent === undefined || random === undefined) return undefined
    const { binding } = this.#visit
    // Signed with an earlier key: the same token again, under the first (S54).
    if (sent !== writeToken(random, binding, this.#rules.keys)) return this.#give(random, false)
    return { random, binding, text: sent, isNew: false }
  }

  #give(random: string, isNew: boolean): Given {
    const { keys, cookieName } = this.#rules
    const { binding } = this.#visit
    const text = writeToken(random, binding, keys)
    // An answer that was overtaken costs the browser no newer token either.
    if (!this.#visit.isSuperseded)
      sendCookie(this.#ctx, cookieName, setCookie(this.#cookie(), text, 'browser'))
    return { random, binding, text, isNew }
  }

  #cookie(): CookieOptions {
    const { cookieName, cookiePath } = this.#rules
    return {
      name: cookieName,
      path: cookiePath,
      domain: undefined,
      // A page's own script may send it in the header.
      httpOnly: false,
      secure: this.#ctx.secure || /^__(host|secure)-/i.test(cookieName),
      sameSite: 'Lax',
    }
  }
}
