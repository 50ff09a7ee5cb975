import type { Page } from './page.js'
import type { Visitor } from './visitor.js'

/** A walkthrough, played by a client. */
export interface Scene {
  /** The walkthrough's slug in `src/demos/walkthroughs.ts`. */
  readonly slug: string
  readonly title: string
  play(stage: Stage): Promise<void>
}

/** What a scene is played on. */
export interface Stage {
  readonly visitor: Visitor
  /** Whether the engine keeps sessions on the server, so that ending one ends every copy. */
  readonly revocable: boolean
  /** Says what the visitor does next. */
  say(text: string): Promise<void>
  /** Lets time pass for the server: seconds. Cookies' own dates are the browser's business. */
  later(seconds: number): Promise<void>
  /** Says what should be so; if it is not, the scene ends there and the play has failed. */
  check(text: string, is: boolean, instead?: unknown): Promise<void>
  /** Checks that the first element which the selector finds reads so. */
  reads(page: Page, selector: string, expected: string | RegExp): Promise<void>
}

/** Something did not do what the walkthrough says. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected'
}
