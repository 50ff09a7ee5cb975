import { randomBytes } from 'node:crypto'
import type { SessionRecord } from './record.js'
import { isObject, isTime, membersOf, parsedRecord } from './record-schema.js'

/** What a cookie holds that is a session itself. */
export interface CookiePayload {
  readonly record: SessionRecord
  /** When this cookie was made: milliseconds since 1970. */
  readonly issuedAt: number
  /** The not-before of its user that was in force then: milliseconds since 1970. Only where users can be revoked. */
  readonly notBefore?: number
  /** What all cookies of a session have in common until it gets a new id, and nobody can guess. Older ones have none. */
  readonly anchor: string | undefined
}

const ANCHOR = /^[\w-]{22}$/

/** 128 bits. */
export function newAnchor(): string {
  return randomBytes(16).toString('base64url')
}

/**
 * As JSON:
 *
 *     {"issuedAt":1700000000000,"anchor":"…","expires":1700000060000,"createdAt":1700000000000,"expiry":60,"data":{…}}
 *
 * `notBefore` is there only where it was not 0. `expiry` is there only where the session has its own, and so are `savedAt`, `renewedAt` and `user`.
 */
export function encodePayload({ record, issuedAt, anchor, notBefore }: CookiePayload): string {
  return JSON.stringify({ issuedAt, anchor, notBefore, expires: record.expires, ...membersOf(record) })
}

/** `undefined` if it is no payload. Never throws. For texts that were verified. */
export function decodePayload(text: string): CookiePayload | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!isObject(parsed) || !isTime(parsed.issuedAt)) return undefined
    const record = parsedRecord(parsed, parsed.expires)
    const { issuedAt, notBefore } = parsed
    const anchor = typeof parsed.anchor === 'string' && ANCHOR.test(parsed.anchor) ? parsed.anchor : undefined
    if (notBefore === undefined) return record && { record, issuedAt, anchor }
    return record && isTime(notBefore) ? { record, issuedAt, anchor, notBefore } : undefined
  } catch {
    return undefined
  }
}
