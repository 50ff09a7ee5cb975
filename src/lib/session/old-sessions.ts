/** The values of a request's cookies with the name, in the header's order. */
export type CookiesByName = (name: string) => readonly string[]

/** A live session of another library. */
export interface OldSession {
  /** Its data, without what the library itself has put there. */
  readonly data: Readonly<Record<string, unknown>>
  /** When it ends: milliseconds since 1970. Left out: it has no end of its own. */
  readonly expires?: number | undefined
}

/** Where sessions of another library are, for the option `readThrough` of `openSessions`. */
export interface OldSessions {
  /**
   * The key of the session that a request's cookies lead to: the cookie's value, once its signature was found right.
   * `undefined`: there is none. Asks no store.
   */
  keyOf(cookies: CookiesByName): string | undefined
  /**
   * The live session with that key.
   *
   * @throws EngineUnavailable if the store does not answer.
   */
  load(key: string): Promise<OldSession | undefined>
  /** Removes it from its store. */
  remove(key: string): Promise<void>
  /** A text that nobody can make of the key who does not know the old library's secret. The same at each call. */
  seal(key: string): string
  /** The cookies that the browser is to forget. */
  readonly cookies: readonly OldCookie[]
}

/** A cookie of another library. Browsers remove it if all of these are as they were. */
export interface OldCookie {
  readonly name: string
  readonly path: string
  readonly domain: string | undefined
}
