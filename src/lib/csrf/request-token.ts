import type { Context } from 'koa'
import { readCookie, setCookie } from '../middleware/cookie.js'
import type { RequestSession } from '../middleware/request-session.js'
import { keepCookie, sendCookie } from '../middleware/response.js'
import type { CookieFollower } from '../middleware/session-answer.js'
import { type CsrfRules, csrfCookieName } from './options.js'
import { newRandom, verifiedRandom, writeToken } from './token.js'

/** The token that this request's pages get. */
interface Given {
  readonly random: string
  readonly binding: string
  readonly text: string
  /** Whether its random was made in this request, so that nobody else can have seen it. */
  readonly isNew: boolean
}

/**
 * The token of one request. It is bound to the session's cookie as the browser will have it. While a page is rendered
 * that cookie may not be known: the commit gives a session its first or its next id. So after the commit the token in the
 * cookie is signed again, for the same random; and a form has to repeat the random only.
 */
export class RequestToken implements CookieFollower {
  readonly #ctx: Context
  readonly #session: RequestSession
  readonly #rules: CsrfRules
  /** The cookie that it travels in. */
  readonly cookieName: string
  #given: Given | undefined

  constructor(ctx: Context, session: RequestSession, rules: CsrfRules) {
    this.#ctx = ctx
    this.#session = session
    this.#rules = rules
    this.cookieName = rules.cookieName ?? csrfCookieName(session.isSecure, rules.cookiePath)
  }

  /** Whether the request's session comes with a header instead of a cookie. */
  get isByHeader(): boolean {
    return this.#session.isByHeader
  }

  /** The token in the request's cookie, whoever wrote it. */
  get sent(): string | undefined {
    return readCookie(this.#ctx.req.headers.cookie, this.cookieName)
  }

  /** The random of {@link sent}, if it was signed here for the session that the browser has. */
  get verified(): string | undefined {
    const { sent } = this
    return sent === undefined ? undefined : verifiedRandom(sent, this.#session.binding, this.#rules.keys)
  }

  /** The token for a page. The browser keeps the one that it has, if that is valid for its session. */
  read(): string {
    this.#ctx.vary('Cookie')
    this.#given ??= this.#keep() ?? this.#give(newRandom(), true)
    return this.#given.text
  }

  /** Called when the response gets the session's cookie. If the id is another one, the token becomes another one (S64). */
  follow(): void {
    const given = this.#given
    if (given === undefined && (this.sent === undefined || this.verified !== undefined)) return
    if (given?.binding === this.#session.binding) return
    // An earlier page's random is not kept: somebody who knew it, or planted it, would know this session's too.
    const random = given?.isNew ? given.random : newRandom()
    this.#given = this.#give(random, true)
  }

  #keep(): Given | undefined {
    // The commit will make the sent token invalid, and a page that is rendered now needs the next one.
    if (this.#session.isMoving) return undefined
    const { sent, verified: random } = this
    if (sent === undefined || random === undefined) return undefined
    const { binding } = this.#session
    // Signed with an earlier key: sign it again with the first (S54).
    if (sent !== writeToken(random, binding, this.#rules.keys)) return this.#give(random, false)
    return { random, binding, text: sent, isNew: false }
  }

  #give(random: string, isNew: boolean): Given {
    const { keys } = this.#rules
    const { binding } = this.#session
    const text = writeToken(random, binding, keys)
    // The answer to a superseded id must not replace a newer token either.
    if (!this.#session.isSuperseded) this.#send(text)
    return { random, binding, text, isNew }
  }

  #send(text: string): void {
    const { cookieName } = this
    const cookie = {
      name: cookieName,
      path: this.#rules.cookiePath,
      domain: undefined,
      // The page's own script may read it, to send it in the header.
      httpOnly: false,
      secure: this.#session.isSecure || this.#ctx.secure || /^__(host|secure)-/i.test(cookieName),
      sameSite: 'Lax',
    } as const
    sendCookie(this.#ctx, cookieName, setCookie(cookie, text, 'browser'))
    keepCookie(this.#ctx, cookieName, undefined)
  }
}
