import type { JsonObject, JsonValue, Renewal, SessionRecord } from '../codecs/record.js'
import { UnsupportedValue } from './errors.js'
import { type ExpiryRules, endOfSaved, keepsSavedAt, type Life } from './expiry.js'

/** What a record is made of: a `SessionState`, or what a merge has made. */
export interface RecordParts extends Life {
  readonly data: ReadonlyMap<string, unknown>
  readonly renewedAt: number | undefined
  readonly renewal: Renewal | undefined
  /** Whether a value is known to be JSON, and need not be looked at. */
  isJson?(key: string, value: unknown): boolean
  /** A value, which is JSON, as it goes into the record. Default: as it is. */
  toWrite?(key: string, value: JsonValue): JsonValue
}

/**
 * The record of a session that is saved now.
 *
 * @throws UnsupportedValue if the data holds what JSON does not.
 */
export function recordOf(parts: RecordParts, now: number, rules: ExpiryRules): SessionRecord {
  const { createdAt, expiry, user, renewedAt, renewal } = parts
  const expires = endOfSaved(parts, now, rules)
  const savedAt = keepsSavedAt(rules) ? now : undefined
  return { data: toObject(parts), createdAt, expiry, savedAt, renewedAt, renewal, user, expires }
}

function toObject(parts: RecordParts): JsonObject {
  const object: Record<string, JsonValue> = {}
  for (const [key, held] of parts.data) {
    assertJsonIn(parts, key, held)
    const value = parts.toWrite === undefined ? held : parts.toWrite(key, held)
    // It is a key like any other; an assignment would set the object's prototype.
    if (key === '__proto__')
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true })
    else object[key] = value
  }
  return object
}

function assertJsonIn(parts: RecordParts, key: string, value: unknown): asserts value is JsonValue {
  if (!parts.isJson?.(key, value)) assertJson(key, value)
}

/** Deeper nesting than this is a mistake rather than data, and could exhaust the stack. */
const DEEPEST = 200

/**
 * Refuses what JSON does not hold: it would come back as something else, or not at all (Django W32).
 *
 * @throws UnsupportedValue naming the key and the place within its value; or for a key that is no text.
 */
export function assertJson(key: string, value: unknown): asserts value is JsonValue {
  // The store would make a text of it, or lose it.
  if (typeof key !== 'string') throw new UnsupportedValue(`a session's keys are texts, not ${typeof key}`)
  if (!isScalar(value)) check(value, [key], [])
}

function isScalar(value: unknown): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value === 'string' || typeof value === 'boolean' || value === null
}

/** `path`: the names and indexes that lead to `value`, `ancestors` what they led through. */
function check(value: unknown, path: (string | number)[], ancestors: object[]): void {
  if (isScalar(value)) return
  if (typeof value !== 'object' || value === null) throw refuseNoObject(value, path)
  if (ancestors.includes(value)) throw refuse(path, 'circular', 'refer to it by an id')
  if (ancestors.length === DEEPEST) throw refuse(path, `nested more than ${DEEPEST} deep`, 'flatten it')
  if (!isPlain(value)) {
    const remedy = value instanceof Date ? 'use its toISOString()' : 'use a plain object or an array'
    throw refuse(path, `a ${kindOf(value)}`, remedy)
  }
  // JSON would hold the answer of that method instead of the object.
  if ('toJSON' in value && typeof value.toJSON === 'function')
    throw refuse(path, 'an object with toJSON()', 'set what that answers')
  ancestors.push(value)
  if (Array.isArray(value)) checkList(value, path, ancestors)
  else checkMembers(value, path, ancestors)
  ancestors.pop()
}

function checkList(list: readonly unknown[], path: (string | number)[], ancestors: object[]): void {
  // By index rather than forEach: a hole would be skipped here and come back as null.
  for (let index = 0; index < list.length; index++) {
    path.push(index)
    check(list[index], path, ancestors)
    path.pop()
  }
  // Counted, since a list of all names costs as much as the JSON does.
  let names = 0
  for (const _name in list) names++
  if (names === list.length && Object.getOwnPropertySymbols(list).length === 0) return
  const other = Reflect.ownKeys(list).find(
    (name) => name !== 'length' && !(Number(String(name)) < list.length),
  )
  if (other !== undefined)
    throw refuse([...path, String(other)], 'a property of an array', 'use a plain object')
}

function checkMembers(value: object, path: (string | number)[], ancestors: object[]): void {
  for (const name of Reflect.ownKeys(value)) {
    if (typeof name === 'symbol') throw refuse(path, 'an object with a symbol as a key', 'use a text')
    path.push(name)
    const member = Object.getOwnPropertyDescriptor(value, name)
    if (member?.enumerable === false) throw refuse(path, 'not enumerable', 'JSON leaves it out')
    if (member?.get !== undefined) throw refuse(path, 'a getter', 'set what it answers')
    check(member?.value, path, ancestors)
    path.pop()
  }
}

/** Whether it is made by `{}` or `[]`, here or in another realm (a vm context, a test runner's sandbox), or bare. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === null) return !isRawJson(value)
  if (Array.isArray(value)) return Array.isArray(prototype)
  // That of all objects of a realm.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(Object(prototype), 'isPrototypeOf')
}

/** Node 22 and later: a text that goes into JSON as it is, and comes back as what that means. */
const isRawJson: (value: object) => boolean = Reflect.get(JSON, 'isRawJSON') ?? (() => false)

function refuseNoObject(value: unknown, path: readonly (string | number)[]): UnsupportedValue {
  switch (typeof value) {
    case 'number':
      return refuse(path, String(value), 'use null or a string')
    case 'undefined':
      return refuse(path, 'undefined', 'leave it out, or use null')
    case 'bigint':
      return refuse(path, 'a bigint', 'use a number or a string')
    default:
      return refuse(path, `a ${typeof value}`, 'sessions hold data')
  }
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
