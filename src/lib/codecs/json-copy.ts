import type { JsonValue } from './record.js'

/** Deeper nesting than this is a circle: no text that is copied, and no session, has so many brackets. */
const DEEPEST = 2000

/**
 * A copy of what JSON can hold, for a fifth of what it costs to write and parse it, and as these would make it: -0 becomes
 * 0. What JSON does not hold is copied in part only.
 *
 * @throws TypeError for what contains itself.
 */
export function copyOf<Value>(value: Value): Value
export function copyOf(value: unknown): unknown {
  return isNested(value) ? copyNested(value, 0) : withoutSign(value)
}

function copyNested(value: object, depth: number): unknown {
  if (depth === DEEPEST) throw new TypeError('the session cannot hold what contains itself')
  if (Array.isArray(value)) return copyList(value, depth)
  // V8 copies the members at once; only what they hold is copied one by one.
  const copy: Record<string, unknown> = { ...value }
  for (const name in copy) {
    const member = copy[name]
    if (member === 0) copy[name] = 0
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
    if (item === 0) copy[place] = 0
    else if (isNested(item)) copy[place] = copyNested(item, depth + 1)
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
  if (Object.getOwnPropertySymbols(value).length > 0) return false
  const names = Object.getOwnPropertyNames(value)
  if (Array.isArray(value) || Array.isArray(other)) return isSameList(value, names.length, other)
  const others = Object.keys(other)
  if (names.length !== others.length) return false
  for (let place = 0; place < names.length; place++) {
    const name = names[place] ?? ''
    if (name !== others[place]) return false
    if (!isSameJson((value as Record<string, unknown>)[name], other[name] ?? null)) return false
  }
  return true
}

/** `names`: how many properties the list has, of which one is its length. */
function isSameList(list: unknown, names: number, other: unknown): boolean {
  if (!Array.isArray(list) || !Array.isArray(other) || list.length !== other.length) return false
  if (names !== list.length + 1) return false
  for (let place = 0; place < list.length; place++) {
    if (!isSameJson(list[place], other[place])) return false
  }
  return true
}

/** 0 for -0, as which JSON writes it. */
function withoutSign(value: unknown): unknown {
  return value === 0 ? 0 : value
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
