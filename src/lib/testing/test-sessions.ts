import { openSessions, partsOf } from '../open-sessions.js'
import type { Sessions, SessionsOptions } from '../sessions.js'
import { TestClient } from './client.js'
import { TestClock } from './clock.js'
import { LocalHttp, type Testable } from './local-http.js'

/** What `testSessions` takes: all that `openSessions` does, but the clock is yours to move. */
export interface TestSessionsOptions extends Omit<SessionsOptions, 'clock'> {
  /** Where the clock stands at first. Default: the moment of the call. */
  readonly now?: Date | undefined
}

/** Sessions for a test, with browsers and a clock. */
export interface TestSessions {
  /** To build the application with. */
  readonly sessions: Sessions
  readonly clock: TestClock
  /**
   * A browser of its own at each call, without cookies. The application is served over HTTP on this machine, at a free port.
   *
   * @throws TypeError if `app` is no Koa application.
   */
  client(app: Testable): TestClient
  /** Ends the servers and closes the sessions. */
  close(): Promise<void>
}

/**
 * Opens sessions for a test of your own application, with any test runner. The engine is `cache` unless you name another
 * one, so each call begins without sessions.
 *
 *     const { sessions, client, clock, close } = await testSessions()
 *     const browser = client(createApp(sessions))
 *     await browser.loggedInAs('ada')
 *     const answer = await browser.fetch('/account')
 *
 * @throws SettingsError, @throws EngineUnavailable as `openSessions`.
 */
export async function testSessions(options: TestSessionsOptions = {}): Promise<TestSessions> {
  const { now = new Date(), ...given } = options
  const clock = new TestClock(now.getTime())
  const sessions = await openSessions({ engine: 'cache', ...given, clock: () => clock.now.getTime() })
  const parts = partsOf(sessions)
  if (parts === undefined) throw new TypeError('these sessions were opened by another copy of koa-tessera')
  const http = new LocalHttp()
  return {
    sessions,
    clock,
    client: (app) => new TestClient({ http, app, clock, ...parts }),
    async close() {
      await http.close()
      await sessions.close()
    },
  }
}
