import type { JsonValue } from './record.js'

/** Deeper nesting than this is a circle: no text that is copied, and no session, has so many brackets. */
const DEEPEST = 2000

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
  if (depth === DEEPEST) throw new TypeError('the session cannot hold what contains itself')
  if (Array.isArray(value)) return copyList(value, depth)
  const copy: Record<string, unknown> = {}
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name]
    const own = isNested(member) ? copyNested(member, depth + 1) : member
    // Assigned, it would become the prototype; it is a key like any other.
    if (name === '__proto__')
      Object.defineProperty(copy, name, { value: own, enumerable: true, writable: true, configurable: true })
    else copy[name] = own
  }
  return copy
}

function copyList(list: readonly unknown[], depth: number): unknown[] {
  const copy: unknown[] = []
  for (const item of list) copy.push(isNested(item) ? copyNested(item, depth + 1) : item)
  return copy
}

/** Whether both would be written as the same JSON text: the order of an object's keys counts. */
export function isSameJson(value: unknown, other: JsonValue): boolean {
  if (value === other) return true
  if (!isNested(value) || !isNested(other)) return false
  if (Array.isArray(value) || Array.isArray(other)) return isSameList(value, other)
  const names = Object.keys(value)
  const others = Object.keys(other)
  if (names.length !== others.length) return false
  return names.every((name, place) => {
    return name === others[place] && isSameJson((value as Record<string, unknown>)[name], other[name] ?? null)
  })
}

function isSameList(list: unknown, other: unknown): boolean {
  if (!Array.isArray(list) || !Array.isArray(other) || list.length !== other.length) return false
  return list.every((item, place) => isSameJson(item, other[place]))
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
