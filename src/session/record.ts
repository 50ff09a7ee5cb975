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
  return new Map(data === undefined ? [] : Object.entries(data))
}

function toObject(data: ReadonlyMap<string, unknown>): JsonObject {
  const entries: [string, JsonValue][] = []
  for (const [key, value] of data) {
    assertJson(key, value)
    entries.push([key, value])
  }
  // fromEntries defines members rather than assigning them: `__proto__` is a key like any other.
  return Object.fromEntries(entries)
}
