import type { SessionsParts } from '../open-sessions.js'
import { Session } from '../session/session.js'
import { DetachedOwner, openSession } from '../session/session-handle.js'
import type { LogInOptions } from '../users/log-in.js'
import type { TestClock } from './clock.js'
import { Cookies } from './cookies.js'
import type { LocalHttp, Testable } from './local-http.js'

interface TestClientParts extends SessionsParts {
  readonly http: LocalHttp
  readonly app: Testable
  readonly clock: TestClock
}

/** A browser for tests: it keeps its cookies, and its session is at hand. */
export class TestClient {
  /** The cookies that it has, by name. Those whose `Max-Age` is over on the test's clock are gone. */
  readonly cookies: Cookies
  readonly #parts: TestClientParts

  constructor(parts: TestClientParts) {
    if (typeof parts.app?.callback !== 'function')
      throw new TypeError('client() takes your Koa application: write `client(app)`')
    this.#parts = parts
    this.cookies = new Cookies(parts.clock)
  }

  /**
   * As `fetch`, for a path of the application. Sends the cookies, and keeps those of the answer. Follows no redirection, so
   * that a test sees it, unless `redirect` says so. Comes from a page of the site itself (`Sec-Fetch-Site: same-origin`), so
   * that `csrf` lets its forms pass; a test of that sets the header.
   */
  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const url = new URL(path, await this.#parts.http.urlOf(this.#parts.app))
    const headers = new Headers(init.headers)
    if (!headers.has('Sec-Fetch-Site')) headers.set('Sec-Fetch-Site', 'same-origin')
    const { header } = this.cookies
    if (header !== '' && !headers.has('Cookie')) headers.set('Cookie', header)
    const response = await fetch(url, { redirect: 'manual', ...init, headers })
    for (const line of response.headers.getSetCookie()) this.cookies.keep(line)
    return response
  }

  /**
   * The session of this browser as it is now; a new one if it has none. What a test changes takes effect with `await
   * session.save()`, which gives this browser the session's cookie.
   */
  async session(): Promise<Session> {
    const { context, cookieName } = this.#parts
    const id = this.cookies.get(cookieName)
    const handle = await openSession(id === undefined ? [] : [id], context)
    const owner = new DetachedOwner(handle)
    const save = async (): Promise<void> => {
      await owner.save()
      if (handle.state.id === undefined) this.cookies.delete(cookieName)
      else this.cookies.set(cookieName, handle.state.id)
    }
    return new Session(handle.state, context, { save })
  }

  /**
   * Logs the user in, as a handler does with `session.login`, without the application's form. Answers the session, which is
   * saved.
   *
   * @throws TooManySessions if the user may have no more of them.
   */
  async loggedInAs(userId: string, options?: LogInOptions): Promise<Session> {
    const session = await this.session()
    session.login(userId, options)
    await session.save()
    return session
  }
}
