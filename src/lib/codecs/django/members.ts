import { CIRCLE_DEPTH } from '../json-copy.js'
import { isObject, type JsonObject, type JsonValue, type WrittenKeys } from '../record.js'
import { itemsOf, type Members, membersOf } from './scanner.js'

/** The data that the members stand for. */
export function dataIn(members: Members): JsonObject {
  // It defines each member: an assignment to `__proto__` would make none.
  return Object.fromEntries([...members].map(([key, raw]) => [key, valueIn(raw)]))
}

/**
 * `data` as members: what is equal to what `before` says keeps its text and its place, the rest comes after. `written`: what
 * was set, which is never taken for what a session here cannot hold, and only seems to be equal.
 */
export function mergeMembers(before: Members, data: JsonObject, written?: WrittenKeys): Members {
  const merged = new Map<string, string>()
  for (const [key, raw] of before) {
    if (!Object.hasOwn(data, key)) continue
    merged.set(key, mergeMember(raw, data[key] as JsonValue, written?.has(key) ?? false))
  }
  for (const [key, value] of Object.entries(data)) if (!merged.has(key)) merged.set(key, encodeMember(value))
  return merged
}

/** The text of a value where `raw` stood. */
function mergeMember(raw: string, value: JsonValue, isWritten: boolean): string {
  const there = readable(raw)
  if (there === undefined) return isWritten || value !== null ? encodeMember(value) : raw
  return isWritten && isRounded(raw, there) ? encodeMember(value) : mergeText(raw, there, value)
}

/**
 * The text of `value`, in which everything keeps its text that is as it was in `there`, which `raw` says: of an object whose
 * one member was changed, the numbers in all others.
 */
function mergeText(raw: string, there: JsonValue, value: JsonValue): string {
  if (isSame(there, value)) return raw
  const [members, items] = [isObject(value) && membersOf(raw), Array.isArray(value) && itemsOf(raw)]
  if (members) return textOf(mergeMembers(members, value as JsonObject))
  if (items) return `[${mergeItems(items, there as JsonValue[], value as JsonValue[]).join(',')}]`
  return encodeMember(value)
}

/** Those at the beginning and at the end that are as they were keep their texts. In between it goes by their places. */
function mergeItems(items: readonly string[], there: JsonValue[], values: JsonValue[]): string[] {
  const shorter = Math.min(there.length, values.length)
  let first = 0
  while (first < shorter && isSame(there.at(first), values.at(first))) first++
  let last = 0
  while (last < shorter - first && isSame(there.at(-1 - last), values.at(-1 - last))) last++
  return values.map((value, index) => {
    const isAtEnd = index >= values.length - last
    const place = isAtEnd ? index - values.length + there.length : index
    const raw = isAtEnd || place < there.length - last ? items[place] : undefined
    return raw === undefined ? encodeMember(value) : mergeText(raw, there[place] as JsonValue, value)
  })
}

function isSame(one: JsonValue | undefined, other: JsonValue | undefined): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** Whether the text is an integer that JavaScript reads as a neighbour of it. */
function isRounded(raw: string, value: JsonValue): boolean {
  return typeof value === 'number' && /^-?\d+$/.test(raw) && BigInt(raw) !== BigInt(value)
}

/** The text of a value. */
export function encodeMember(value: JsonValue): string {
  return escaped(JSON.stringify(value))
}

/** The object's text in ASCII, without blanks, as Django's serializer writes it. */
export function textOf(members: Members): string {
  return `{${[...members].map(([key, raw]) => `${escaped(JSON.stringify(key))}:${raw}`).join(',')}}`
}

/**
 * What the raw text of one value says. `null` where a session here cannot hold that: `NaN` and `Infinity`, a number of more
 * than 308 digits, or thousands of lists in each other.
 */
export function valueIn(raw: string): JsonValue {
  return readable(raw) ?? null
}

/** The same; `undefined` where a session here cannot hold it. */
function readable(raw: string): JsonValue | undefined {
  try {
    const value = JSON.parse(raw) as JsonValue
    return canBeHeld(value, 0) ? value : undefined
  } catch {
    return undefined
  }
}

/** `depth`: how many arrays and objects the value stands in. */
function canBeHeld(value: JsonValue, depth: number): boolean {
  // `JSON.parse` makes Infinity of a number that is too large.
  if (typeof value === 'number') return Number.isFinite(value)
  if (typeof value !== 'object' || value === null) return true
  return depth < CIRCLE_DEPTH && Object.values(value).every((member) => canBeHeld(member, depth + 1))
}

/** Django decodes the text as latin-1 and escapes U+007F too. */
function escaped(text: string): string {
  return text.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
