import { type JsonValue, parseRecord, type SessionRecord } from './record.js'

/** Deeper nesting than this is a circle: no text that is copied, and no session, has so many brackets. */
export const CIRCLE_DEPTH = 2000

/**
 * A copy of what JSON can hold, for a fifth of what it costs to write and parse it. What JSON does not hold is copied in
 * part only.
 *
 * @throws TypeError for what contains itself.
 */
export function copyOf<Value>(value: Value): Value
export function copyOf(value: unknown): unknown {
  return isNested(value) ? copyNested(value, 0) : value
}

function copyNested(value: object, depth: number): unknown {
  if (depth === CIRCLE_DEPTH) throw new TypeError('the session cannot hold what contains itself')
  if (Array.isArray(value)) return copyList(value, depth)
  // V8 copies the members at once; only what they hold is copied one by one.
  const copy: Record<string, unknown> = { ...value }
  for (const name in copy) {
    const member = copy[name]
    if (!isNested(member) || !Object.hasOwn(copy, name)) continue
    const own = copyNested(member, depth + 1)
    // Assigned, it would become the prototype; it is a key like any other.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: own, enumerable: true, writable: true, configurable: true })
    else copy[name] = own
  }
  return copy
}

function copyList(list: readonly unknown[], depth: number): unknown[] {
  const copy = list.slice()
  for (let place = 0; place < copy.length; place++) {
    const item = copy[place]
    if (isNested(item)) copy[place] = copyNested(item, depth + 1)
  }
  return copy
}

/**
 * Whether both would be written as the same JSON text: the order of an object's keys counts. False too where `value` has
 * something that JSON does not hold: another class than `other`, a symbol as a key, a member that is not enumerable.
 */
export function isSameJson(value: unknown, other: JsonValue): boolean {
  if (value === other) return true
  if (!isNested(value) || !isNested(other)) return false
  if (Object.getPrototypeOf(value) !== Object.getPrototypeOf(other)) return false
  const isSame = Array.isArray(other) ? isSameList(value, other) : isSameObject(value, other)
  return isSame && Object.getOwnPropertySymbols(value).length === 0
}

function isSameObject(value: object, other: Readonly<Record<string, JsonValue>>): boolean {
  if (Array.isArray(value)) return false
  const names = Object.getOwnPropertyNames(value)
  let place = 0
  for (const name in other) {
    if (name !== names[place]) return false
    if (!isSameJson((value as Record<string, unknown>)[name], other[name] ?? null)) return false
    place++
  }
  return place === names.length
}

function isSameList(list: object, other: readonly JsonValue[]): boolean {
  if (!Array.isArray(list) || list.length !== other.length) return false
  for (let place = 0; place < list.length; place++) {
    if (!isSameJson(list[place], other[place] ?? null)) return false
  }
  // Its items, its length, and nothing else.
  return Object.getOwnPropertyNames(list).length === list.length + 1
}

/**
 * The record as it would be if it were written as JSON and read again, and a copy of it; `undefined` where it holds what would
 * come back as something else.
 */
export function storedCopyOf(record: SessionRecord): SessionRecord | undefined {
  const { createdAt, expiry, savedAt, renewedAt, expires } = record
  const data = asJson(record.data, 0)
  const user = record.user && asJson(record.user, 0)
  const renewal = record.renewal && asJson(record.renewal, 0)
  if (data === OTHER || user === OTHER || renewal === OTHER) return undefined
  return parseRecord({ data, createdAt, expiry, savedAt, renewedAt, renewal, user }, expires)
}

/** What JSON would make another thing of. */
const OTHER = Symbol('other')

function asJson(value: unknown, depth: number): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : OTHER
  if (!isNested(value))
    return value === null || typeof value === 'string' || typeof value === 'boolean' ? value : OTHER
  if (depth === CIRCLE_DEPTH) return OTHER
  if (Array.isArray(value)) return asJsonList(value, depth)
  const isPlain = Object.getPrototypeOf(value) === Object.prototype && !('toJSON' in value)
  if (!isPlain || Object.getOwnPropertySymbols(value).length > 0) return OTHER
  const copy: Record<string, unknown> = { ...value }
  for (const name in copy) {
    const member = asJson(copy[name], depth + 1)
    if (member === OTHER || name === '__proto__') return OTHER
    copy[name] = member
  }
  return copy
}

function asJsonList(list: readonly unknown[], depth: number): unknown {
  const copy = list.slice()
  for (let place = 0; place < copy.length; place++) {
    const item = asJson(copy[place], depth + 1)
    if (item === OTHER) return OTHER
    copy[place] = item
  }
  return copy
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
