import type { JsonObject, JsonValue } from '../record.js'

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

/** The data that the members stand for. A value that is no JSON to JavaScript, such as `NaN`, is `null`. */
export function dataIn(members: Members): JsonObject {
  // Parsed as one text: an assignment to `__proto__` would make no member.
  const texts = [...members].map(([key, raw]) => `${JSON.stringify(key)}:${isJson(raw) ? raw : 'null'}`)
  return JSON.parse(`{${texts.join(',')}}`) as JsonObject
}

/** `data` as members: what is equal to what `before` says keeps its text and its place, the rest comes after. */
export function mergeMembers(before: Members, data: JsonObject): Members {
  const merged = new Map<string, string>()
  for (const [key, raw] of before)
    if (Object.hasOwn(data, key)) merged.set(key, encodeMember(data[key] as JsonValue, raw))
  for (const [key, value] of Object.entries(data)) if (!merged.has(key)) merged.set(key, encodeMember(value))
  return merged
}

/** The text of a value; `before`, the text that it had, if it says the same. */
export function encodeMember(value: JsonValue, before?: string): string {
  const text = JSON.stringify(value)
  if (before !== undefined && text === JSON.stringify(valueIn(before))) return before
  return escaped(text)
}

/** The object's text in ASCII, without blanks, as Django's serializer writes it. */
export function textOf(members: Members): string {
  return `{${[...members].map(([key, raw]) => `${escaped(JSON.stringify(key))}:${raw}`).join(',')}}`
}

/** What the raw text of one value says; `null` where that is no JSON to JavaScript. */
export function valueIn(raw: string): JsonValue {
  try {
    return JSON.parse(raw) as JsonValue
  } catch {
    return null
  }
}

function isJson(raw: string): boolean {
  try {
    JSON.parse(raw)
    return true
  } catch {
    return false
  }
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
      const key = valueIn(this.#string())
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
