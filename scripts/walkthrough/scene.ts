import type { JarBrowser } from './jar-browser.js'
import type { Page } from './page.js'
import type { Visitor } from './visitor.js'

/** A walkthrough, played by a client. */
export interface Scene {
  /** The walkthrough's slug in `src/site/demos/walkthroughs.ts`. */
  readonly slug: string
  play(stage: Stage): Promise<void>
}

/** What a scene is played on. */
export interface Stage {
  /** Whom the story is about. */
  readonly visitor: Visitor<JarBrowser>
  /** Somebody else, with `browser` or with a browser that has no cookies yet. */
  other(browser?: JarBrowser): Visitor<JarBrowser>
  /** The name of the sessions' cookie. */
  readonly cookieName: string
  /** Whether the engine keeps sessions on the server, so that ending one ends every copy. */
  readonly revocable: boolean
  /** Says what the visitor does next. */
  say(text: string): Promise<void>
  /** Lets time pass for the server and the browsers: seconds. */
  later(seconds: number): Promise<void>
  /** Says what should be so; if it is not, the scene ends there and the play has failed. */
  check(text: string, is: boolean, instead?: unknown): Promise<void>
  /** Checks that the first element which the selector finds reads so. */
  reads(page: Page, selector: string, expected: string | RegExp): Promise<void>
  /** Checks what the session to which the last request belonged has under `key`; undefined if nothing. */
  holds(key: string, expected: unknown): Promise<void>
  /** The last `Set-Cookie` line for this cookie; without one the play has failed. */
  given(cookie: string): string
}

/** Something did not do what the walkthrough says. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
}
