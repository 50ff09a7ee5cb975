import type { CustomExpiry } from '../codecs/record.js'

/** What the settings say about every session's life. */
export interface ExpiryRules {
  /** Seconds from the last save. */
  readonly cookieAge: number
  readonly expireAtBrowserClose: boolean
}

/** How long a session may be given: what JavaScript's dates can hold, in seconds. */
const LONGEST = 8.64e12

/**
 * What `setExpiry` was given, as it is stored: seconds as a number, a moment as text (Django items 26 to 31).
 *
 * @throws RangeError if it is neither a number of seconds nor a valid date.
 */
export function toCustomExpiry(expiry: number | Date): CustomExpiry {
  if (typeof expiry === 'number' && Math.abs(expiry) <= LONGEST) return expiry
  if (expiry instanceof Date && !Number.isNaN(expiry.getTime())) return expiry.toISOString()
  throw new RangeError(`setExpiry takes seconds, a valid Date or null, not ${String(expiry)}`)
}

/** Seconds from `modification` (milliseconds since 1970) to the end; a moment's are rounded down (item 33). */
export function expiryAge(
  expiry: CustomExpiry | undefined,
  modification: number,
  rules: ExpiryRules,
): number {
  if (typeof expiry === 'string') return Math.floor((Date.parse(expiry) - modification) / 1000)
  // 0 means "until the browser closes", which says nothing of how long the server keeps it (item 27).
  return expiry || rules.cookieAge
}

/** The end in milliseconds since 1970, for a session last modified at `modification` (item 35). */
export function expiryTime(
  expiry: CustomExpiry | undefined,
  modification: number,
  rules: ExpiryRules,
): number {
  if (typeof expiry === 'string') return Date.parse(expiry)
  return modification + Math.ceil((expiry || rules.cookieAge) * 1000)
}

/** Whether the cookie is to go when the browser closes; a session's own expiry overrides the setting (item 36). */
export function endsWithBrowser(expiry: CustomExpiry | undefined, rules: ExpiryRules): boolean {
  return expiry === undefined ? rules.expireAtBrowserClose : expiry === 0
}
