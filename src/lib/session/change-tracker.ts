import { assertJson } from './values.js'

/** What is done about values that a handler changes in place, as in `session.get('car').wheels = 'alloy'`. */
export type NestedChanges = 'compare' | 'ignore'

interface Watched {
  readonly value: object
  /** The value as it was when it was handed out; `undefined` where changes are ignored. */
  readonly text: string | undefined
}

/**
 * Remembers which objects were handed out, and how they were, so that the commit notices changes in place
 * (Django W2). Only objects that a handler asked for are compared; strings and numbers cost nothing.
 */
export class ChangeTracker {
  readonly #watched = new Map<string, Watched>()
  readonly #mode: NestedChanges

  constructor(mode: NestedChanges) {
    this.#mode = mode
  }

  /** To be called with each value that leaves the session. A key is remembered as it was handed out first. */
  handOut(key: string, value: unknown): void {
    if (typeof value !== 'object' || value === null) return
    if (this.#watched.get(key)?.value !== value) this.#remember(key, value)
  }

  /** The same for a value that was accounted for otherwise: only changes from now on count. */
  handOutAnew(key: string, value: unknown): void {
    this.#watched.delete(key)
    this.handOut(key, value)
  }

  /**
   * The keys whose value in `data` is still the one handed out, and is changed. Where changes are ignored, and
   * `modified` was set by hand, that may be any of them.
   *
   * @throws UnsupportedValue if one was changed to hold what JSON does not.
   */
  changed(data: ReadonlyMap<string, unknown>, modifiedByHand: boolean): readonly string[] {
    const changed: string[] = []
    for (const [key, { value, text }] of this.#watched) {
      if (data.get(key) !== value) continue
      if (text === undefined) {
        if (modifiedByHand) changed.push(key)
        continue
      }
      assertJson(key, value)
      if (JSON.stringify(value) !== text) changed.push(key)
    }
    return changed
  }

  /** Begins anew with the objects that are still the session's. */
  restart(data: ReadonlyMap<string, unknown>): void {
    this.#watched.clear()
    for (const [key, value] of data) this.handOut(key, value)
  }

  #remember(key: string, value: object): void {
    this.#watched.set(key, { value, text: this.#mode === 'compare' ? JSON.stringify(value) : undefined })
  }
}
