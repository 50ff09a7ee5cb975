import type { ValueOf } from './data.js'
import type { SessionState } from './state.js'

/** The half of a session that is a Map of JSON values by key. */
export class SessionMap {
  readonly #state: SessionState

  constructor(state: SessionState) {
    this.#state = state
  }

  /** The number of keys. */
  get size(): number {
    return this.#state.look().size
  }

  /** Whether there is such a key. */
  has(key: string): boolean {
    return this.#state.look().has(key)
  }

  /** What stands under the key. An object may be changed in place; the change is saved (`NESTED_CHANGES`). */
  get<Key extends string>(key: Key): ValueOf<Key> | undefined
  /** What stands under the key, or `fallback` if there is no such key. */
  get<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  get(key: string, fallback?: unknown): unknown {
    const data = this.#state.look()
    return data.has(key) ? this.#handOut(key, data.get(key)) : fallback
  }

  /** @throws UnsupportedValue if JSON cannot hold `value`; beside Django also for the keys that it reserves. */
  set<Key extends string>(key: Key, value: ValueOf<Key>): this {
    this.#state.assertCanHold(key, value)
    this.#state.change().set(key, value)
    this.#state.data.set(key, value)
    return this
  }

  /** Removes the key; true if it was there. */
  delete(key: string): boolean {
    if (!this.#state.look().has(key)) return false
    this.#state.change().delete(key)
    return this.#state.data.delete(key)
  }

  /**
   * Removes the key and answers what stood there.
   *
   * @throws RangeError if there is no such key and no fallback was given.
   */
  pop<Key extends string>(key: Key): ValueOf<Key>
  pop<Key extends string, Fallback>(key: Key, fallback: Fallback): ValueOf<Key> | Fallback
  pop(key: string, ...fallback: [unknown?]): unknown {
    const value = this.#handOut(key, this.#state.look().get(key))
    if (this.delete(key)) return value
    if (fallback.length > 0) return fallback[0]
    throw new RangeError(
      `the session has no key ${JSON.stringify(key)}; pass a fallback if that is all right`,
    )
  }

  /** What stands under the key; `value` is put there first if there is nothing. */
  setDefault<Key extends string>(key: Key, value: ValueOf<Key>): ValueOf<Key>
  setDefault(key: string, value: unknown): unknown {
    if (!this.has(key)) this.set(key, value)
    return this.#handOut(key, this.#state.data.get(key))
  }

  /**
   * Sets every key of `values`. Counts as modified even if there is none (Django item 9).
   *
   * @throws UnsupportedValue if JSON cannot hold one of the values; then none is set.
   */
  update(values: { [Key in string]: ValueOf<Key> }): this {
    // A Map has no properties, and would be lost.
    if (Symbol.iterator in Object(values))
      throw new TypeError('update() takes an object: write `session.update(Object.fromEntries(…))`')
    const entries = Object.entries(values)
    for (const [key, value] of entries) this.#state.assertCanHold(key, value)
    this.#state.change()
    for (const [key, value] of entries) this.set(key, value)
    return this
  }

  /**
   * Replaces what stands under the key by what `fn` makes of it, `undefined` where there is nothing. Should another
   * request change the session meanwhile, `fn` runs again on the newest value, so that none is lost; it must do
   * nothing else than make a value.
   */
  transform<Key extends string>(key: Key, fn: (value: ValueOf<Key> | undefined) => ValueOf<Key>): ValueOf<Key>
  transform(key: string, fn: (value: unknown) => unknown): unknown {
    // What a handler changed in place before is no part of `fn`, which may run again without it. Only this key is
    // compared: a handler that transforms a key for each field of a form would else compare all of them each time.
    this.#state.noticeNestedChanges([key])
    const value = fn(this.#handOut(key, this.#state.look().get(key)))
    this.#state.assertCanHold(key, value)
    this.#state.change().transform(key, fn, value)
    this.#state.data.set(key, value)
    if (typeof value === 'object' && value !== null) this.#state.tracker.handOutAnew(key, value)
    return value
  }

  /** The keys, in the order in which they were first set. */
  keys(): IterableIterator<string> {
    return this.#state.look().keys()
  }

  /** The values, in the order of `keys()`. */
  *values(): IterableIterator<unknown> {
    for (const [, value] of this.entries()) yield value
  }

  /** Keys with their values, in the order of `keys()`. */
  *entries(): IterableIterator<[string, unknown]> {
    for (const [key, value] of this.#state.look()) yield [key, this.#handOut(key, value)]
  }

  /** The same as `entries()`. */
  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries()
  }

  /** Removes all data and the session's own expiry; the id stays. */
  clear(): void {
    this.#state.change()
    this.#state.clear()
  }

  #handOut(key: string, value: unknown): unknown {
    return typeof value === 'object' && value !== null ? this.#state.handOut(key, value) : value
  }
}
