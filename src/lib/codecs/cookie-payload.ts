import { randomBytes } from 'node:crypto'
import { isObject, isOptionalTime, isTime, parseRecord, type SessionRecord } from './record.js'

/** What a cookie holds that is a session itself. */
export interface CookiePayload {
  readonly record: SessionRecord
  /** When this cookie was made: milliseconds since 1970. */
  readonly issuedAt: number
  /** The user's not-before when it was made: milliseconds since 1970. Only where users can be revoked. */
  readonly notBefore?: number | undefined
  /** The same in every cookie of a session until the session gets a new id; nobody can guess it. Old cookies have none. */
  readonly anchor: string | undefined
  /** When the last of the session's cookies expires, where that is an earlier one: milliseconds since 1970. */
  readonly lastEnd?: number | undefined
}

const ANCHOR = /^[\w-]{22}$/

export function isAnchor(text: string): boolean {
  return ANCHOR.test(text)
}

/** 128 random bits. */
export function newAnchor(): string {
  return randomBytes(16).toString('base64url')
}

/**
 * As JSON, in any order:
 *
 *     {"issuedAt":1700000000000,"anchor":"…","createdAt":1700000000000,"expiry":60,"data":{…},"expires":1700000060000}
 *
 * `notBefore` is written only where it is not 0, `lastEnd` only where it is not the cookie's own; `savedAt`, `renewedAt`,
 * `renewal`, `user` and `expiry` only where the session has them.
 */
export function encodePayload({ record, issuedAt, anchor, notBefore, lastEnd }: CookiePayload): string {
  const { data, createdAt, expiry, savedAt, renewedAt, renewal, user, expires } = record
  return JSON.stringify({
    issuedAt,
    anchor,
    notBefore,
    lastEnd,
    data,
    createdAt,
    expiry,
    savedAt,
    renewedAt,
    renewal,
    user,
    expires,
  })
}

/** `undefined` if it is no payload. Never throws. Only for texts whose signature was verified (S49). */
export function decodePayload(text: string): CookiePayload | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!isObject(parsed)) return undefined
    const record = parseRecord(parsed, parsed.expires)
    const { issuedAt, notBefore, lastEnd } = parsed
    if (record === undefined || !isTime(issuedAt)) return undefined
    if (!isOptionalTime(notBefore) || !isOptionalTime(lastEnd)) return undefined
    const anchor = typeof parsed.anchor === 'string' && ANCHOR.test(parsed.anchor) ? parsed.anchor : undefined
    return {
      record,
      issuedAt,
      anchor,
      ...(notBefore !== undefined && { notBefore }),
      ...(lastEnd !== undefined && { lastEnd }),
    }
  } catch {
    return undefined
  }
}
