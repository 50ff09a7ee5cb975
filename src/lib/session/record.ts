import type { JsonObject, JsonValue, SessionRecord } from '../codecs/record.js'
import { type ExpiryRules, endOfSaved, keepsSavedAt, type Life } from './expiry.js'
import type { SessionState } from './state.js'
import { assertJson } from './values.js'

/**
 * The record of the session, saved now. `renewedAt`: when it was given its id, if that is not its first.
 *
 * @throws UnsupportedValue if the data holds what JSON does not.
 */
export function recordOf(
  { data, createdAt, expiry, user, renewedAt: since }: SessionState,
  now: number,
  rules: ExpiryRules,
  renewedAt = since,
): SessionRecord {
  return toRecord(data, { createdAt, expiry, user, renewedAt }, now, rules)
}

/** The same of its parts. */
export function toRecord(
  data: ReadonlyMap<string, unknown>,
  { createdAt, expiry, user, renewedAt }: Life & Pick<SessionRecord, 'renewedAt'>,
  now: number,
  rules: ExpiryRules,
): SessionRecord {
  const expires = endOfSaved({ createdAt, expiry, user }, now, rules)
  const savedAt = keepsSavedAt(rules) ? now : undefined
  return { data: toObject(data), createdAt, expiry, savedAt, renewedAt, user, expires }
}

function toObject(data: ReadonlyMap<string, unknown>): JsonObject {
  const object: Record<string, JsonValue> = {}
  for (const [key, value] of data) {
    assertJson(key, value)
    // Assigned, it would become the prototype; it is a key like any other.
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
    else object[key] = value
  }
  return object
}
