import type { JsonObject, JsonValue, Renewal, SessionRecord } from '../codecs/record.js'
import { UnsupportedValue } from './errors.js'
import { type ExpiryRules, endOfSaved, keepsSavedAt, type Life } from './expiry.js'

/** What a record is made of: a `SessionState`, or what a merge has made. */
export interface RecordParts extends Life {
  readonly data: ReadonlyMap<string, unknown>
  readonly renewedAt: number | undefined
  readonly renewal: Renewal | undefined
}

/**
 * The record of a session that is saved now.
 *
 * @throws UnsupportedValue if the data holds what JSON does not.
 */
export function recordOf(parts: RecordParts, now: number, rules: ExpiryRules): SessionRecord {
  const { data, createdAt, expiry, user, renewedAt, renewal } = parts
  const expires = endOfSaved(parts, now, rules)
  const savedAt = keepsSavedAt(rules) ? now : undefined
  return { data: toObject(data), createdAt, expiry, savedAt, renewedAt, renewal, user, expires }
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

/** Deeper nesting than this is a mistake rather than data, and could exhaust the stack. */
const DEEPEST = 200

/**
 * Refuses what JSON does not hold: it would come back as something else, or not at all (Django W32).
 *
 * @throws UnsupportedValue naming the key and the place within its value.
 */
export function assertJson(key: string, value: unknown): asserts value is JsonValue {
  check(value, [key], [])
}

/** `path`: the names and indexes that lead to `value`, `ancestors` what they led through. */
function check(value: unknown, path: (string | number)[], ancestors: object[]): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw refuse(path, String(value), 'use null or a string')
    case 'object':
      if (value !== null) checkObject(value, path, ancestors)
      return
    case 'undefined':
      throw refuse(path, 'undefined', 'leave it out, or use null')
    case 'bigint':
      throw refuse(path, 'a bigint', 'use a number or a string')
    default:
      throw refuse(path, `a ${typeof value}`, 'sessions hold data')
  }
}

function checkObject(value: object, path: (string | number)[], ancestors: object[]): void {
  if (ancestors.includes(value)) throw refuse(path, 'circular', 'refer to it by an id')
  if (ancestors.length === DEEPEST) throw refuse(path, `nested more than ${DEEPEST} deep`, 'flatten it')
  ancestors.push(value)
  if (Array.isArray(value)) {
    // By index rather than forEach: a hole would be skipped here and come back as null.
    for (let index = 0; index < value.length; index++) checkMember(value[index], index, path, ancestors)
  } else if (isPlain(value)) {
    for (const name of Object.keys(value)) checkMember(value[name], name, path, ancestors)
  } else {
    throw refuse(
      path,
      `a ${kindOf(value)}`,
      value instanceof Date ? 'use its toISOString()' : 'use a plain object or an array',
    )
  }
  ancestors.pop()
}

function checkMember(
  value: unknown,
  step: string | number,
  path: (string | number)[],
  ancestors: object[],
): void {
  path.push(step)
  check(value, path, ancestors)
  path.pop()
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(value)
  // An object made in another realm (a vm context, a test runner's sandbox) has that realm's Object.prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

function kindOf(value: object): string {
  return value.constructor?.name || 'class instance'
}

function refuse(
  [key = '', ...steps]: readonly (string | number)[],
  what: string,
  remedy: string,
): UnsupportedValue {
  const place = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return new UnsupportedValue(`the session cannot hold ${key}${place}: it is ${what}; ${remedy}`)
}
