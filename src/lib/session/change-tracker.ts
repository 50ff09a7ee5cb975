import { copyOf, isSameJson } from '../codecs/json-copy.js'
import type { JsonValue } from '../codecs/record.js'
import { assertJson } from './record.js'

/** What is done about values that a handler changes in place, as in `session.get('car').wheels = 'alloy'`. */
export type NestedChanges = 'compare' | 'ignore'

interface Tracked {
  readonly value: object
  /** A copy of the value as it was when it was handed out; `undefined` where changes are ignored. */
  readonly before: JsonValue | undefined
  /**
   * Whether the value came from the store: what was changed in it since has been looked at. What a handler has put there may
   * have become something that JSON does not hold.
   */
  readonly isStored: boolean
}

/**
 * Remembers which objects a handler was given, and how they were, so that the commit notices changes in place
 * (Django W2). Strings and numbers cannot change in place, and are not tracked.
 */
export class ChangeTracker {
  readonly #tracked = new Map<string, Tracked>()
  /** As they were handed out first: objects that were handed out anew since, or removed. Made when first needed. */
  #originals: Map<object, JsonValue> | undefined
  /** The same for what was handed out at the last `restart` or later, until it is known whether the store has it. */
  #originalsSince: Map<object, JsonValue> | undefined
  /** Keys of objects that were handed out and are in the session no more. Made when first needed. */
  #forgotten: Set<string> | undefined
  /** Keys whose changes were taken up since the last `restart`. Made when first needed. */
  #noticed: Set<string> | undefined
  readonly #mode: NestedChanges

  constructor(mode: NestedChanges) {
    this.#mode = mode
  }

  /**
   * To be called with each object that leaves the session. A key is remembered as it was handed out first. `before`: what
   * `value` is a copy of, if nobody changes that.
   */
  handOut(key: string, value: object, before?: JsonValue): void {
    if (this.#tracked.get(key)?.value !== value) this.#remember(key, value, before !== undefined, before)
  }

  /** The same for an object that was accounted for otherwise: only changes from now on count. */
  handOutAnew(key: string, value: object): void {
    this.#remember(key, value)
  }

  /**
   * Those of `keys` whose value in `data` is still the one handed out, and has changed. Default: of all keys. Where
   * changes are ignored, and `modified` was set by hand, that may be any of them.
   *
   * @throws UnsupportedValue if one was changed to hold what JSON does not.
   */
  changed(
    data: ReadonlyMap<string, unknown>,
    modifiedByHand: boolean,
    keys: Iterable<string> = this.#tracked.keys(),
  ): readonly string[] {
    const changed: string[] = []
    for (const key of keys) {
      const tracked = this.#tracked.get(key)
      if (tracked === undefined || data.get(key) !== tracked.value) continue
      const { value, before } = tracked
      if (before === undefined) {
        if (modifiedByHand) changed.push(key)
        continue
      }
      // What is as it was needs no check, which costs more than all the rest of a request that reads.
      if (isSameJson(value, before)) continue
      assertJson(key, value)
      // What was made by another realm, or has no prototype, is the same all the same if it is written so.
      if (!isSameJson(copyOf(value), before)) changed.push(key)
    }
    for (const key of changed) {
      this.#noticed ??= new Set()
      this.#noticed.add(key)
    }
    return changed
  }

  /** Whether no value in `data` that was handed out has changed, as far as changes are not ignored. */
  isUnchanged(data: ReadonlyMap<string, unknown>): boolean {
    for (const [key, { value, before }] of this.#tracked) {
      if (before !== undefined && data.get(key) === value && !isSameJson(value, before)) return false
    }
    return true
  }

  /** Whether `value` is the one that was handed out under the key, and all that `changed` lets pass in it is JSON. */
  compares(key: string, value: unknown): boolean {
    const tracked = this.#tracked.get(key)
    return tracked?.value === value && tracked?.before !== undefined && tracked.isStored
  }

  /** Whether somebody was given an object under the key, and may have changed it or put it there again. */
  hasHandedOut(key: string): boolean {
    return this.#tracked.has(key) || this.#forgotten?.has(key) === true
  }

  /** `value` as it was when it was handed out under `key` first; the value itself if nobody was given it. */
  original(key: string, value: unknown): unknown {
    const tracked = this.#tracked.get(key)
    const before =
      this.#originals?.get(value as object) ?? (tracked?.value === value ? tracked?.before : undefined)
    return before === undefined ? value : copyOf(before)
  }

  /**
   * From now on only later changes count. `own`: keys that the handler may have set, whose objects count from now on too.
   *
   * @throws UnsupportedValue if one of those was changed to hold what JSON does not.
   */
  restart(data: ReadonlyMap<string, unknown>, own: readonly string[] = []): void {
    for (const [key, { value, isStored }] of this.#tracked) {
      if (data.get(key) === value) {
        this.#remember(key, value, isStored)
      } else {
        this.#keepOriginal(key)
        this.#tracked.delete(key)
        this.#forgotten ??= new Set()
        this.#forgotten.add(key)
      }
    }
    for (const key of own) {
      const value = data.get(key)
      if (typeof value !== 'object' || value === null || this.#tracked.get(key)?.value === value) continue
      // First, so that it counts as changed if the handler mends it.
      this.#remember(key, value)
      if (this.#mode === 'compare') assertJson(key, value)
    }
    this.#originalsSince = new Map()
    this.#noticed = undefined
  }

  /** The same for the keys whose changes were taken up before, and only for them. */
  restartNoticed(data: ReadonlyMap<string, unknown>): void {
    for (const key of this.#noticed ?? []) {
      const tracked = this.#tracked.get(key)
      if (tracked !== undefined && data.get(key) === tracked.value)
        this.#remember(key, tracked.value, tracked.isStored)
    }
    this.#noticed = undefined
  }

  /** The store has the values as they were at the last `restart`. */
  stored(): void {
    this.#originals = this.#originalsSince
    this.#originalsSince = undefined
  }

  /**
   * Puts the handler's own objects into `merged`, which others' changes were merged into: those that it has changed since
   * they were handed out, and those that others have left as they were. The handler goes on with them.
   */
  keepIn(merged: Map<string, unknown>, data: ReadonlyMap<string, unknown>): void {
    for (const [key, { value, before }] of this.#tracked) {
      if (before === undefined || data.get(key) !== value) continue
      if (isSameJson(merged.get(key), before) || !isSameJson(value, before)) merged.set(key, value)
    }
  }

  /** To be called before another copy is remembered for the key. */
  #keepOriginal(key: string): void {
    const { value, before } = this.#tracked.get(key) ?? {}
    if (value === undefined || before === undefined) return
    this.#originals ??= new Map()
    if (!this.#originals.has(value)) this.#originals.set(value, before)
    if (this.#originalsSince?.has(value) === false) this.#originalsSince.set(value, before)
  }

  #remember(key: string, value: object, isStored = false, known?: JsonValue): void {
    this.#keepOriginal(key)
    const before = this.#mode === 'compare' ? (known ?? copied(key, value)) : undefined
    this.#tracked.set(key, { value, before, isStored })
  }
}

/** @throws UnsupportedValue naming the place, if the value was made to hold itself since it was put there. */
function copied(key: string, value: object): JsonValue {
  try {
    return copyOf(value as JsonValue)
  } catch (error) {
    assertJson(key, value)
    throw error
  }
}
