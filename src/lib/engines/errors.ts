/**
 * The engine's store is down, refuses, or does not answer in time. Nothing is known about the session: it is not
 * "logged out" (S66). In a Koa application this is a 503; the cause is for the log only.
 */
export class EngineUnavailable extends Error {
  override readonly name = 'EngineUnavailable'
  readonly code = 'E_ENGINE_UNAVAILABLE'
  readonly status = 503
  readonly expose = false
  readonly headers: Record<string, string> = { 'Retry-After': '1' }
}

/** The engine cannot be opened as it was asked for, and will not be until somebody changes that. For start-up only. */
export class EngineMisconfigured extends Error {
  override readonly name = 'EngineMisconfigured'
  readonly code = 'E_ENGINE_MISCONFIGURED'
}

/** A file, a directory or a table that must exist is missing. It is told apart within the package only. */
export class PlaceMissing extends EngineMisconfigured {}

/**
 * The store works and refuses this one record: it is too large for the store, or holds a character that the store's
 * encoding lacks. Nothing was saved; no other session is affected, and this is no outage. In a Koa application this is a
 * 500: what a handler puts into the session is not the visitor's fault.
 */
export class RecordRefused extends Error {
  override readonly name = 'RecordRefused'
  readonly code = 'E_RECORD_REFUSED'
  readonly status = 500
  readonly expose = false
}

/**
 * Makes `instanceof` go by the `code`, since an engine may have its errors from another copy of this package. A class that
 * extends one of these recognises its own objects only.
 */
function recogniseByCode(base: { new (message: string): { readonly code: string } }): void {
  const { code } = new base('')
  Object.defineProperty(base, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this === base && value instanceof Error && 'code' in value && value.code === code) return true
      return Function.prototype[Symbol.hasInstance].call(this, value)
    },
  })
}

for (const base of [EngineUnavailable, EngineMisconfigured, RecordRefused]) recogniseByCode(base)

/**
 * The session does not fit into a cookie, and browsers would drop the cookie without a word (S41). Nothing was saved. In
 * a Koa application this is a 500: what a handler puts into the session is not the visitor's fault.
 */
export class CookieTooLarge extends Error {
  override readonly name = 'CookieTooLarge'
  readonly code = 'E_COOKIE_TOO_LARGE'
  readonly status = 500
  readonly expose = false

  /** `size` and `limit`: octets of the cookie's name and value together. */
  constructor(
    readonly size: number,
    readonly limit: number,
  ) {
    super(
      `the session's cookie would have ${size} bytes, and browsers keep ${limit} at the most; nothing was saved. Keep ` +
        'less in the session, or choose an engine that keeps sessions on the server.',
    )
  }
}

/** An error's message and those of its causes, each said once, on one line. */
export function withCauses(error: Error): string {
  const messages: string[] = []
  for (let next: unknown = error; next instanceof Error; next = next.cause) {
    const message = next.message.replace(/\s+/g, ' ')
    if (!messages.some((known) => known.includes(message))) messages.push(message)
  }
  return messages.join(': ')
}
