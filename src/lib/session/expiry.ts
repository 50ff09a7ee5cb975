import type { CustomExpiry, SessionRecord } from '../codecs/record.js'
import { CLOCK_SKEW } from '../engines/concurrency.js'
import type { ExpiryReason } from './events.js'

/** What the settings say about every session's life. All in seconds; a timeout that is `undefined` is off. */
export interface ExpiryRules {
  /** From the last save. */
  readonly cookieAge: number
  readonly expireAtBrowserClose: boolean
  /** From the last use. */
  readonly idleTimeout?: number | undefined
  /** From the beginning, or from the last time the user proved who they are. */
  readonly absoluteTimeout?: number | undefined
}

/** The facts that a session's end is computed from. */
export type Life = Pick<SessionRecord, 'createdAt' | 'expiry' | 'user'>

/** The last moment that JavaScript's dates know: milliseconds since 1970. The first one is as far before 1970. */
const LAST_MOMENT = 8.64e15

/**
 * What `setExpiry` was given, as it is stored: seconds as a number, a moment as text (Django items 26 to 31). `now`:
 * milliseconds since 1970; so is `last`, after which the store knows no end.
 *
 * @throws RangeError if it is neither a number of seconds that ends at a date nor a valid date.
 */
export function toCustomExpiry(expiry: number | Date, now: number, last: number = LAST_MOMENT): CustomExpiry {
  if (expiry instanceof Date && expiry.getTime() <= last) return expiry.toISOString()
  const most = Math.floor((last - now) / 1000)
  if (typeof expiry === 'number' && Math.abs(expiry) <= most) return expiry
  throw new RangeError(
    `setExpiry takes seconds (${most} at the most), a valid Date or null, not ${String(expiry)}`,
  )
}

/**
 * The record with no moment later than `now`: the same object, unless a clock that was ahead has written it (S25). Otherwise
 * the timeouts would not begin before the clock has reached those moments.
 */
export function withoutFuture(record: SessionRecord, now: number, rules: ExpiryRules): SessionRecord {
  if (!isFromFuture(record, now + CLOCK_SKEW)) return record
  const { createdAt, savedAt, renewedAt, renewal, user } = record
  return {
    ...record,
    renewal: renewal && renewal.since > now ? undefined : renewal,
    createdAt: Math.min(createdAt, now),
    ...(savedAt !== undefined && { savedAt: Math.min(savedAt, now) }),
    ...(renewedAt !== undefined && { renewedAt: Math.min(renewedAt, now) }),
    ...(user && { user: { ...user, authenticatedAt: Math.min(user.authenticatedAt, now) } }),
    expires: Math.min(record.expires, expiryTime(record.expiry, now, rules)),
  }
}

function isFromFuture(record: SessionRecord, latest: number): boolean {
  if (record.createdAt > latest) return true
  if (record.savedAt !== undefined && record.savedAt > latest) return true
  if (record.renewedAt !== undefined && record.renewedAt > latest) return true
  if (record.renewal !== undefined && record.renewal.since > latest) return true
  return record.user !== undefined && record.user.authenticatedAt > latest
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
  const end = modification + Math.ceil((expiry || rules.cookieAge) * 1000)
  return Math.max(-LAST_MOMENT, Math.min(LAST_MOMENT, end))
}

/** Whether the cookie is to go when the browser closes; a session's own expiry overrides the setting (item 36). */
export function endsWithBrowser(expiry: CustomExpiry | undefined, rules: ExpiryRules): boolean {
  return expiry === undefined ? rules.expireAtBrowserClose : expiry === 0
}

/**
 * When `ABSOLUTE_TIMEOUT` ends the session: milliseconds since 1970 (S16). Uses, saves and new ids do not move this end; a
 * log-in does.
 */
export function absoluteEnd({ createdAt, user }: Life, { absoluteTimeout }: ExpiryRules): number {
  if (absoluteTimeout === undefined) return Number.POSITIVE_INFINITY
  return (user?.authenticatedAt ?? createdAt) + absoluteTimeout * 1000
}

/** The end of a session that is saved now: the earliest of all that apply (S17). */
export function endOfSaved(life: Life, now: number, rules: ExpiryRules): number {
  const end = expiryTime(life.expiry, now, rules)
  return keepsSavedAt(rules) ? endOfUsed(life, end, now, rules) : end
}

/** The end of a session that is used now without being saved. `savedEnd`: the end that its last save gave it. */
export function endOfUsed(life: Life, savedEnd: number, now: number, rules: ExpiryRules): number {
  const { idleTimeout } = rules
  const idleEnd = idleTimeout === undefined ? Number.POSITIVE_INFINITY : now + idleTimeout * 1000
  return Math.min(savedEnd, idleEnd, absoluteEnd(life, rules))
}

/** Whether records have to tell when they were saved: their `expires` does not where other ends cap it. */
export function keepsSavedAt({ idleTimeout, absoluteTimeout }: ExpiryRules): boolean {
  return idleTimeout !== undefined || absoluteTimeout !== undefined
}

/**
 * When the session was used last, as far as its record tells, in milliseconds since 1970: uses between two touches
 * leave no trace.
 */
export function lastUsed(record: SessionRecord, rules: ExpiryRules): number {
  const { expires, expiry, createdAt, savedAt = createdAt, renewedAt = createdAt, user } = record
  const age = typeof expiry === 'string' ? Number.POSITIVE_INFINITY : expiry || rules.cookieAge
  const touched = expires - 1000 * Math.min(rules.idleTimeout ?? Number.POSITIVE_INFINITY, age)
  return Math.max(touched, savedAt, renewedAt, createdAt, user?.authenticatedAt ?? createdAt)
}

/** Which of its ends a session has reached that is over. */
export function expiryReason(life: Omit<SessionRecord, 'data'>, rules: ExpiryRules): ExpiryReason {
  const { expiry, savedAt, expires } = life
  if (expires >= absoluteEnd(life, rules)) return 'absolute'
  if (savedAt !== undefined && expires < expiryTime(expiry, savedAt, rules)) return 'idle'
  return expiry === undefined ? 'age' : 'own'
}

interface Saved extends Life {
  readonly saved: SessionRecord | undefined
}

/**
 * The end that the last save gave the session. Where the record does not say when that was, its `expires` is that end. With
 * `saveEveryRequest` a use counts as a save.
 */
export function savedEnd(
  { expiry, saved }: Saved,
  now: number,
  { rules, saveEveryRequest }: { readonly rules: ExpiryRules; readonly saveEveryRequest: boolean },
): number {
  if (saveEveryRequest) return expiryTime(expiry, now, rules)
  const { savedAt, expires } = saved ?? {}
  return savedAt === undefined ? (expires ?? Number.POSITIVE_INFINITY) : expiryTime(expiry, savedAt, rules)
}

/**
 * How long the browser is to keep the cookie, in seconds from now. The idle timeout has no part in it: it moves with
 * each use, and no cookie is sent for that.
 */
export function cookieAge(
  session: Saved,
  now: number,
  settings: { readonly rules: ExpiryRules; readonly saveEveryRequest: boolean },
): number {
  const { rules } = settings
  if (!keepsSavedAt(rules)) return ((session.saved?.expires ?? now) - now) / 1000
  return (Math.min(savedEnd(session, now, settings), absoluteEnd(session, rules)) - now) / 1000
}
