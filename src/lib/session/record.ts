import type { JsonObject, JsonValue, SessionRecord } from '../codecs/record.js'
import { type ExpiryRules, endOfSaved, keepsSavedAt, type Life } from './expiry.js'
import { assertJson } from './values.js'

/**
 * The record of a session that is saved now.
 *
 * @throws UnsupportedValue if the data holds what JSON does not.
 */
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

export function toMap(data: JsonObject | undefined): Map<string, unknown> {
  const map = new Map<string, unknown>()
  if (data !== undefined) for (const key of Object.keys(data)) map.set(key, data[key])
  return map
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
