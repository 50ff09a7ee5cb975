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

/** The raw texts of a list's items. `undefined` if the text is no JSON list. */
export function itemsOf(text: string): readonly string[] | undefined {
  return new Scanner(text).items()
}

/** What a string of JSON says; `undefined` if it is none. */
function textIn(raw: string): string | undefined {
  try {
    return JSON.parse(raw) as string
  } catch {
    return undefined
  }
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
      const key = textIn(this.#string())
      this.#skipBlanks()
      if (key === undefined || !this.#is(':')) return undefined
      const raw = this.#value('}')
      if (raw === undefined) return undefined
      // As Python does with a key that comes twice: the first place, the last value.
      members.set(key, raw)
    } while (this.#is(','))
    return this.#is('}') && this.#isOver() ? members : undefined
  }

  items(): string[] | undefined {
    const items: string[] = []
    this.#skipBlanks()
    if (!this.#is('[')) return undefined
    this.#skipBlanks()
    if (this.#is(']')) return this.#isOver() ? items : undefined
    do {
      const raw = this.#value(']')
      if (raw === undefined) return undefined
      items.push(raw)
    } while (this.#is(','))
    return this.#is(']') && this.#isOver() ? items : undefined
  }

  /** Everything up to a comma, or to the bracket in which the value stands. `undefined` if nothing ends it. */
  #value(end: '}' | ']'): string | undefined {
    const from = this.#at
    let depth = 0
    while (this.#at < this.#text.length) {
      const next = this.#text.charAt(this.#next(EDGE))
      if (depth === 0 && (next === ',' || next === end))
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
