import { DEEPEST } from '../json-copy.js'
import type { JsonObject, JsonValue, WrittenKeys } from '../record.js'

/**
 * The members of a JSON object as they were written, in their order: the raw text of each value by its key. Python writes
 * what JavaScript cannot hold (`1.0`, `1e+16`, `18446744073709551616`, `NaN`, keys like `"1"` between others). So what a
 * request does not change goes back word for word.
 */
export type Members = ReadonlyMap<string, string>

// Each looks for the next character of a kind. A pattern that takes a run of others remembers every one of them on a stack,
// which a text of some megabytes exhausts.
const NO_BLANK = /[^ \t\n\r]/g
const IN_STRING = /["\\]/g
/** Where a string, array or object begins or ends. */
const EDGE = /["[\]{},]/g

/** `undefined` if the text is no JSON object. */
export function membersOf(text: string): Members | undefined {
  return new Scanner(text).members()
}

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
    const value = data[key] as JsonValue
    merged.set(key, isKept(raw, value, written?.has(key) ?? false) ? raw : encodeMember(value))
  }
  for (const [key, value] of Object.entries(data)) if (!merged.has(key)) merged.set(key, encodeMember(value))
  return merged
}

/** Whether `raw` goes on standing for the value. */
function isKept(raw: string, value: JsonValue, isWritten: boolean): boolean {
  const there = readable(raw)
  if (isWritten && (there === undefined || isRounded(raw, there))) return false
  return JSON.stringify(value) === JSON.stringify(there ?? null)
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
  return depth < DEEPEST && Object.values(value).every((member) => canBeHeld(member, depth + 1))
}

/** Django decodes the text as latin-1 and escapes U+007F too. */
function escaped(text: string): string {
  return text.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Reads the top level of a text once, from the left to the right. */
class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  members(): Members | undefined {
    const members = new Map<string, string>()
    this.#skipBlanks()
    if (!this.#is('{')) return undefined
    this.#skipBlanks()
    if (this.#is('}')) return this.#isOver() ? members : undefined
    do {
      this.#skipBlanks()
      const key = readable(this.#string())
      this.#skipBlanks()
      if (typeof key !== 'string' || !this.#is(':')) return undefined
      const raw = this.#value()
      if (raw === undefined) return undefined
      // As Python does with a key that comes twice: the first place, the last value.
      members.set(key, raw)
    } while (this.#is(','))
    return this.#is('}') && this.#isOver() ? members : undefined
  }

  /** Everything up to the comma or bracket that ends the value. `undefined` if nothing ends it. */
  #value(): string | undefined {
    const from = this.#at
    let depth = 0
    while (this.#at < this.#text.length) {
      const next = this.#text.charAt(this.#next(EDGE))
      if (depth === 0 && (next === ',' || next === '}'))
        return this.#text.slice(from, this.#at).trim() || undefined
      if (next === '"') {
        if (this.#string() === '') return undefined
      } else {
        if (next === '{' || next === '[') depth++
        else if (next !== ',') depth--
        if (depth < 0) return undefined
        this.#at++
      }
    }
    return undefined
  }

  #skipBlanks(): void {
    this.#next(NO_BLANK)
  }

  /** Goes to the next character that matches, or to the end. */
  #next(pattern: RegExp): number {
    pattern.lastIndex = this.#at
    this.#at = pattern.exec(this.#text)?.index ?? this.#text.length
    return this.#at
  }

  /** The string that begins here, with its quotes; empty if there is none. */
  #string(): string {
    const from = this.#at
    if (!this.#is('"')) return ''
    while (this.#next(IN_STRING) < this.#text.length) {
      if (this.#is('"')) return this.#text.slice(from, this.#at)
      // A backslash, and what it escapes.
      this.#at += 2
    }
    return ''
  }

  #is(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }

  #isOver(): boolean {
    this.#skipBlanks()
    return this.#at === this.#text.length
  }
}
