import type { JsonObject, JsonValue } from '../record.js'

/**
 * The members of a JSON object as they were written, in their order: the raw text of each value by its key. Python writes
 * what JavaScript cannot hold (`1.0`, `1e+16`, `18446744073709551616`, `NaN`, keys like `"1"` between others). So what a
 * request does not change goes back word for word.
 */
export type Members = ReadonlyMap<string, string>

const BLANK = /[ \t\n\r]*/y
const STRING = /"(?:[^"\\]|\\.)*"/y
/** A run of characters in which no string, array or object begins or ends. */
const RUN = /[^"[\]{},]+/y

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
    this.#take(BLANK)
    if (!this.#is('{')) return undefined
    this.#take(BLANK)
    if (this.#is('}')) return this.#isOver() ? members : undefined
    do {
      this.#take(BLANK)
      const key = valueIn(this.#take(STRING))
      this.#take(BLANK)
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
      const next = this.#text.charAt(this.#at)
      if (depth === 0 && (next === ',' || next === '}'))
        return this.#text.slice(from, this.#at).trim() || undefined
      if (next === '"') {
        if (this.#take(STRING) === '') return undefined
      } else if (this.#take(RUN) === '') {
        if (next === '{' || next === '[') depth++
        else if (next !== ',') depth--
        if (depth < 0) return undefined
        this.#at++
      }
    }
    return undefined
  }

  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const [taken = ''] = pattern.exec(this.#text) ?? []
    this.#at += taken.length
    return taken
  }

  #is(character: string): boolean {
    if (this.#text.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }

  #isOver(): boolean {
    this.#take(BLANK)
    return this.#at === this.#text.length
  }
}
