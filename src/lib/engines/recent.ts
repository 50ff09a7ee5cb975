/**
 * What was put in last, by key: `most` keys at the least, and at the most twice as many. For what can be made again: a key
 * goes however often it is asked for, so that nothing is to be done for a question but to look.
 */
export class Recent<Value> {
  readonly #most: number
  #newer = new Map<string, Value>()
  #older = new Map<string, Value>()

  constructor(most: number) {
    this.#most = most
  }

  get(key: string): Value | undefined {
    return this.#newer.get(key) ?? this.#older.get(key)
  }

  set(key: string, value: Value): void {
    if (this.#newer.size >= this.#most) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, value)
  }
}
