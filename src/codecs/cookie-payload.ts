import { isObject, isTime, membersOf, parsedRecord } from './parsed.js'
import type { SessionRecord } from './record.js'

/** What a cookie holds that is a session itself. */
export interface CookiePayload {
  readonly record: SessionRecord
  /** When this cookie was made: milliseconds since 1970. */
  readonly issuedAt: number
  /** The not-before of its user that was in force then: milliseconds since 1970. Only where users can be revoked. */
  readonly notBefore?: number
}

/**
 * As JSON:
 *
 *     {"issuedAt":1700000000000,"expires":1700000060000,"createdAt":1700000000000,"expiry":60,"data":{…}}
 *
 * `notBefore` is there only where it was not 0. `expiry` is there only where the session has its own, and so are `savedAt`, `renewedAt` and `user`.
 */
export function encodePayload({ record, issuedAt, notBefore }: CookiePayload): string {
  return JSON.stringify({ issuedAt, notBefore, expires: record.expires, ...membersOf(record) })
}

/** `undefined` if it is no payload. Never throws. For texts that were verified. */
export function decodePayload(text: string): CookiePayload | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!isObject(parsed) || !isTime(parsed.issuedAt)) return undefined
    const record = parsedRecord(parsed)
    const { issuedAt, notBefore } = parsed
    if (notBefore === undefined) return record && { record, issuedAt }
    return record && isTime(notBefore) ? { record, issuedAt, notBefore } : undefined
  } catch {
    return undefined
  }
}
