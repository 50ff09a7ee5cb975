import type { JarBrowser } from './jar-browser.js'
import type { Page, Visitor } from './visitor.js'

/** A walkthrough, played by a client. */
export interface Scene {
  /** The walkthrough's slug in `src/site/demos/walkthroughs.ts`. */
  readonly slug: string
  play(stage: Stage): Promise<void>
}

/** What a scene uses. */
export interface Stage {
  /** The visitor whose browser the scene follows. */
  readonly visitor: Visitor<JarBrowser>
  /** Another visitor, with `browser` or with a browser without cookies. */
  other(browser?: JarBrowser): Visitor<JarBrowser>
  /** The name of the sessions' cookie. */
  readonly cookieName: string
  /** Whether the engine keeps sessions on the server, so that ending one ends every copy. */
  readonly revocable: boolean
  /** Whether a log-out ends every copy of the session's cookie: cookies that hold sessions need a REVOCATION_STORE. */
  readonly endsCopies: boolean
  /** Prints a sentence. */
  say(text: string): Promise<void>
  /** Lets time pass for the server and the browsers: seconds. */
  later(seconds: number): Promise<void>
  /** Prints what should be true. If it is not, the scene ends and has failed. */
  check(text: string, is: boolean, instead?: unknown): Promise<void>
  /** Checks the text of the first element that matches the selector. */
  reads(page: Page, selector: string, expected: string | RegExp): Promise<void>
  /** Checks the value under `key` in the session of the last request; undefined for no value. */
  holds(key: string, expected: unknown): Promise<void>
  /** The last `Set-Cookie` line for this cookie. Without one the scene has failed. */
  given(cookie: string): string
}

/** A check has failed. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
}
