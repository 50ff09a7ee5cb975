import { copyOf } from '../codecs/json-copy.js'
import type { JsonValue, WrittenKeys } from '../codecs/record.js'

/**
 * Makes a key's next value from its present one, `undefined` where there is none; what it answers so is removed. May run
 * more than once.
 */
export type Transform = (value: unknown) => unknown

type Change =
  | { readonly kind: 'clear' }
  | { readonly kind: 'set'; readonly key: string; readonly value: unknown }
  | { readonly kind: 'delete'; readonly key: string }
  | {
      readonly kind: 'transform'
      readonly key: string
      readonly fn: Transform
      /** What `fn` made of the value that this request saw. */
      readonly value: unknown
    }

/**
 * What a request did to its session's top-level keys, in order. On a conflict the commit does it again to the newest
 * version: keys that this request left alone keep what others wrote, and transforms run on the newest value. This is
 * what replaces a lock.
 */
export class Changes implements WrittenKeys {
  readonly #log: Change[] = []
  /** Keys whose value no longer depends on what others write. */
  #own: Set<string> | undefined
  /** Keys whose value was transformed when it was not this request's own yet. */
  #transformed: Set<string> | undefined
  #cleared = false

  get isEmpty(): boolean {
    return this.#log.length === 0
  }

  clear(): void {
    this.#log.length = 0
    this.#add({ kind: 'clear' })
  }

  set(key: string, value: unknown): void {
    this.#add({ kind: 'set', key, value })
  }

  delete(key: string): void {
    this.#add({ kind: 'delete', key })
  }

  transform(key: string, fn: Transform, value: unknown): void {
    this.#add({ kind: 'transform', key, fn, value })
  }

  /** The keys that were set, deleted or transformed. */
  get keys(): readonly string[] {
    return [...(this.#own ?? []), ...(this.#transformed ?? [])]
  }

  /** Whether the key's value no longer depends on what others write. */
  isOwn(key: string): boolean {
    return this.#cleared || this.#own?.has(key) === true
  }

  /** Whether the key's value is this request's to say. */
  has(key: string): boolean {
    return this.isOwn(key) || this.#transformed?.has(key) === true
  }

  /** The newest data with these changes on top; with those of one key only, if there is an `only`. */
  applyTo(newest: ReadonlyMap<string, unknown>, only?: string): Map<string, unknown> {
    const data = new Map(newest)
    for (const change of this.#log) {
      if (only !== undefined && change.kind !== 'clear' && change.key !== only) continue
      if (change.kind === 'clear') data.clear()
      else if (change.kind === 'delete') data.delete(change.key)
      else if (change.kind === 'set') data.set(change.key, change.value)
      else put(data, change.key, change.fn(data.get(change.key)))
    }
    return data
  }

  /** The same changes, with values that nobody else has: a handler may go on to change its own. */
  copied(): Changes {
    const copies = new Changes()
    for (const change of this.#log)
      copies.#add('value' in change ? { ...change, value: copyOf(change.value as JsonValue) } : change)
    return copies
  }

  /** Adds what was done after these changes. */
  append(later: Changes): void {
    for (const change of later.#log) this.#add(change)
  }

  #add(change: Change): void {
    if (change.kind === 'clear') {
      this.#cleared = true
    } else if (change.kind !== 'transform') {
      this.#own ??= new Set()
      this.#own.add(change.key)
    } else if (this.isOwn(change.key)) {
      // `fn` was given a value of this request's own making; a second run could find that value changed.
      const { key, value } = change
      this.#add(value === undefined ? { kind: 'delete', key } : { kind: 'set', key, value })
      return
    } else {
      this.#transformed ??= new Set()
      this.#transformed.add(change.key)
    }
    this.#log.push(change)
  }
}

function put(data: Map<string, unknown>, key: string, value: unknown): void {
  if (value === undefined) data.delete(key)
  else data.set(key, value)
}

/** What the next commit is to carry out. */
export interface Pending {
  readonly changes: Changes
  modified: boolean
  /** `modified` was set by hand: somebody changed a nested value and says so. */
  modifiedByHand: boolean
  /** `setExpiry` was used; otherwise a newer version's own expiry stands. */
  expiryChanged: boolean
  /** `cycleKey()`: data kept, new id. */
  rotate: boolean
  /** `login()`: the user is this request's to say; otherwise a newer version's own stands. */
  logIn: boolean
  /** `flush()`: the session ends. Data that is set afterwards begins another one. */
  end: boolean
  /** What `save()` has thrown for all of this: the end of the request must not throw it again. */
  reported: unknown
}

export function nothingPending(): Pending {
  return {
    changes: new Changes(),
    modified: false,
    modifiedByHand: false,
    expiryChanged: false,
    rotate: false,
    logIn: false,
    end: false,
    reported: undefined,
  }
}

/** What was pending when a commit failed, with what came since on top. */
export function joinPending(failed: Pending, since: Pending): Pending {
  failed.changes.append(since.changes)
  return {
    changes: failed.changes,
    modified: failed.modified || since.modified,
    modifiedByHand: failed.modifiedByHand || since.modifiedByHand,
    expiryChanged: failed.expiryChanged || since.expiryChanged,
    rotate: since.end ? since.rotate : failed.rotate || since.rotate,
    logIn: since.end ? since.logIn : failed.logIn || since.logIn,
    end: failed.end || since.end,
    reported: undefined,
  }
}
