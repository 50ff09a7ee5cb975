import { copyOf } from '../codecs/json-copy.js'
import type {
  CustomExpiry,
  JsonObject,
  JsonValue,
  Renewal,
  SessionRecord,
  SessionUser,
} from '../codecs/record.js'
import type { Capabilities } from '../engines/engine.js'
import type { Version } from '../engines/session-store.js'
import { type LogInOptions, logInOf } from '../users/log-in.js'
import { ChangeTracker, type NestedChanges } from './change-tracker.js'
import { type Changes, joinPending, nothingPending, type Pending } from './changes.js'
import { UnsupportedValue } from './errors.js'
import { assertJson } from './record.js'

/** How the session was found when it was opened, and after each commit. */
export type Origin =
  /** No id came. */
  | { readonly kind: 'new' }
  /** An id came under which there is nothing: malformed, unknown, expired, or ended by this request. */
  | { readonly kind: 'unknown' }
  | LiveOrigin
  /** The id that came was rotated away a moment ago. */
  | { readonly kind: 'superseded'; readonly id: string }

export interface LiveOrigin {
  readonly kind: 'live'
  readonly id: string
  readonly version: Version
  /** How many times the session was renewed since it had this id (S24). */
  readonly renewed?: number
  /** The id is still good, but another is to take its place (S54). */
  readonly outdated?: boolean
  /** A clock that was ahead has written the record: it is to be written again (S25). */
  readonly ahead?: boolean
}

type ReservedKeys = Capabilities['reservedKeys']

/** One session as a request sees it: data, expiry, and what is still to be told to the engine. No I/O. */
export class SessionState {
  origin: Origin
  data: Map<string, unknown>
  createdAt: number
  expiry: CustomExpiry | undefined
  user: SessionUser | undefined
  /** When it was given its id, if that is not its first: milliseconds since 1970. */
  renewedAt: number | undefined
  /** The last renewals of its id, by which old ids still lead to the session. */
  renewal: Renewal | undefined
  /** The record as it is in the store, as far as this request knows. */
  saved: SessionRecord | undefined
  accessed = false
  /** Whether a commit of this request was refused and told as an event. A request can commit twice, by `save()` and at its end. */
  isInterrupted = false
  /**
   * Set when the request's own commit is done, after which only `save()` saves. It is called once, with the first access
   * that may change the session.
   */
  lateListener: { changedLate(): void } | undefined
  /** Whether a handler goes on while the commit is under way. */
  isSavedEarly = false
  readonly #nestedChanges: NestedChanges
  /** As the engine answered it; `undefined` where nobody knows any more who was given what. */
  #loaded: JsonObject | undefined
  readonly #reservedKeys: ReservedKeys
  /** This and the tracker are made when first needed: a request that only reads strings and numbers needs neither. */
  #pending: Pending | undefined
  #tracker: ChangeTracker | undefined
  #isStill = false

  constructor(
    origin: Origin,
    record: SessionRecord | undefined,
    now: number,
    nestedChanges: NestedChanges,
    reservedKeys: ReservedKeys,
  ) {
    this.origin = origin
    this.data = toMap(record?.data)
    this.createdAt = record?.createdAt ?? now
    this.expiry = record?.expiry
    this.user = record?.user
    this.renewedAt = record?.renewedAt
    this.renewal = record?.renewal
    this.saved = record
    this.#nestedChanges = nestedChanges
    this.#loaded = record?.data
    this.#reservedKeys = reservedKeys
  }

  get pending(): Pending {
    this.#pending ??= nothingPending()
    return this.#pending
  }

  get tracker(): ChangeTracker {
    // What is handed out now may be changed in place.
    if (this.lateListener !== undefined) this.#tellLate()
    this.#tracker ??= new ChangeTracker(this.#nestedChanges)
    return this.#tracker
  }

  /** Whether nothing was changed, and nothing was handed out that could have been. */
  get isUntouched(): boolean {
    return this.#pending === undefined && this.#tracker === undefined
  }

  /** Whether nothing was changed, in place neither, so that there is nothing to commit. */
  get isUnchanged(): boolean {
    return this.#pending === undefined && (this.#tracker?.isUnchanged(this.data) ?? true)
  }

  /** Whether something was changed and not committed. */
  get isModified(): boolean {
    return this.#pending?.modified ?? false
  }

  /** The id that the session has in the store now; none if it ends with this request. */
  get id(): string | undefined {
    return this.origin.kind === 'live' && !this.#pending?.end ? this.origin.id : undefined
  }

  /** Neither id nor anything to store (Django item 12). */
  get isEmpty(): boolean {
    const isBare = this.user === undefined && this.expiry === undefined
    return this.id === undefined && this.data.size === 0 && isBare
  }

  clear(): void {
    this.data = new Map()
    this.expiry = undefined
    this.pending.changes.clear()
    this.pending.expiryChanged = true
    this.pending.modified = true
  }

  end(now: number): void {
    this.clear()
    this.createdAt = now
    this.renewedAt = undefined
    this.renewal = undefined
    this.user = undefined
    this.pending.end = true
    this.pending.rotate = false
    this.pending.logIn = false
  }

  /** Another user gets nothing of what the one before has left (Django item 154). */
  logIn(userId: string, options: LogInOptions, now: number): void {
    const isAnother = this.user !== undefined && this.user.id !== userId
    const user = logInOf(this.user, userId, options, now)
    if (isAnother) this.end(now)
    this.user = user
    this.pending.logIn = true
    this.pending.rotate = true
    this.pending.modified = true
  }

  /**
   * For engines whose id holds the session itself (`signed_cookies`): a revocation has made the present id worthless. `id`:
   * the one that the session has from now on; `undefined`: the session has ended.
   */
  reissuedAs(id: string | undefined): void {
    if (this.origin.kind !== 'live') return
    this.origin = id === undefined ? { kind: 'superseded', id: this.origin.id } : { ...this.origin, id }
    if (!this.#pending?.end) this.pending.modified = true
    this.#tellLate()
  }

  /** Every read of the data comes through here, so that `accessed` is right. */
  look(): ReadonlyMap<string, unknown> {
    this.accessed = true
    return this.data
  }

  /** @throws UnsupportedValue if JSON cannot hold `value`, or the engine has something else under the key. */
  assertCanHold(key: string, value: unknown): void {
    assertJson(key, value)
    if (this.#reservedKeys !== undefined && Object.hasOwn(this.#reservedKeys, key))
      throw new UnsupportedValue(`the session cannot hold the key ${key}: ${this.#reservedKeys[key]}`)
  }

  /** What stands under the key, for whoever may change it in place, or hand it out. */
  own(key: string): unknown {
    return this.#ownOf(key, this.look().get(key))
  }

  /** The same for a handler, whose changes in place are noticed. `value`: what stands under the key. */
  handOut(key: string, value: object): object {
    const { tracker } = this
    const own = this.#ownOf(key, value)
    tracker.handOut(key, own, own === value ? undefined : (value as JsonObject))
    return own
  }

  /** What the engine has answered it may answer to other requests too, so a copy takes its place. */
  #ownOf<Value>(key: string, value: Value): Value {
    if (typeof value !== 'object' || value === null || value !== this.#loaded?.[key]) return value
    const own = copyOf(value)
    this.data.set(key, own)
    return own
  }

  /** Every change of the data comes through here. */
  change(): Changes {
    this.accessed = true
    this.pending.modified = true
    this.pending.reported = undefined
    if (this.lateListener !== undefined) this.#tellLate()
    return this.pending.changes
  }

  /** A handler has set `session.modified`: it says whether values were changed in place. */
  markModified(modified: boolean): void {
    this.pending.modified = modified
    this.pending.modifiedByHand = modified
    this.pending.reported = undefined
    if (modified) this.#tellLate()
  }

  /**
   * What `work` answers. Until it returns, or has something to wait for, no handler runs; so what `noticeNestedChanges` has
   * looked at just before is JSON, and need not be checked again.
   */
  whileNobodyChanges<Result>(work: () => Result): Result {
    this.#isStill = true
    try {
      return work()
    } finally {
      this.#isStill = false
    }
  }

  /** Whether the value of the key is known to be JSON: nobody was given it, or it was looked at just now. */
  isJson(key: string, value: unknown): boolean {
    if (this.#tracker?.hasHandedOut(key)) return this.#isStill && this.#tracker.compares(key, value)
    return value === this.#loaded?.[key]
  }

  /**
   * A value as the record gets it. While `save()` is under way a handler may change its own objects, which is for the next
   * commit, and the record may be written late: after the user's list, or merged into a newer one. So it gets copies.
   */
  toWrite(key: string, value: JsonValue): JsonValue {
    return this.isSavedEarly && value !== this.#loaded?.[key] ? copyOf(value) : value
  }

  /** Takes up what was changed in place, so that it counts like `set`. `keys`: where to look. Default: everywhere. */
  noticeNestedChanges(keys?: readonly string[]): void {
    const byHand = this.#pending?.modifiedByHand ?? false
    for (const key of this.#tracker?.changed(this.data, byHand, keys) ?? []) {
      this.pending.changes.set(key, this.data.get(key))
      this.pending.modified = true
      this.pending.reported = undefined
    }
  }

  /** From now on only later changes in place count. */
  restartTracking(): void {
    this.#tracker?.restart(this.data)
  }

  /**
   * To be called when a commit begins after which the handler goes on: from now on only later changes in place count, in
   * objects that it has set as well. What it changes while the store works is for the next commit.
   *
   * @throws UnsupportedValue if an object that was set holds what JSON does not by now.
   */
  trackOnwards(): void {
    const own = this.#pending?.changes.keys ?? []
    if (own.length > 0) this.#tracker ??= new ChangeTracker(this.#nestedChanges)
    this.#tracker?.restart(this.data, own)
  }

  /** To be called when such a commit is done. */
  trackedIsStored(): void {
    this.#tracker?.stored()
  }

  /** Hands over what is pending; from now on changes gather for the commit after. */
  takePending(): Pending {
    const taken = this.pending
    this.#pending = undefined
    return taken
  }

  /** Forgets what is pending. */
  dropPending(): void {
    this.#pending = undefined
  }

  /** After a commit that failed: what was pending still is, before whatever came since. */
  giveBack(failed: Pending): void {
    this.#pending = this.#pending === undefined ? failed : joinPending(failed, this.#pending)
  }

  /** Back to what the store has; nothing is pending. Values that a handler changed in place are as they were. */
  restore(now: number): void {
    const { saved } = this
    const data = new Map<string, unknown>()
    // Copies, since the engine may have answered to others what is saved here.
    for (const [key, value] of toMap(saved?.data))
      data.set(key, copyOf(this.#tracker?.original(key, value) ?? value))
    this.saved = saved && { ...saved, data: Object.fromEntries(data) as JsonObject }
    this.data = data
    this.createdAt = saved?.createdAt ?? now
    this.expiry = saved?.expiry
    this.user = saved?.user
    this.renewedAt = saved?.renewedAt
    this.renewal = saved?.renewal
    this.#pending = undefined
    this.#tracker = undefined
    this.#loaded = undefined
  }

  /** Begins another session in the place of one that has ended or moved: with `record`, which is still to be stored. */
  beginAnew(record: SessionRecord): void {
    this.origin = { kind: 'unknown' }
    this.saved = undefined
    this.renewedAt = undefined
    this.renewal = undefined
    this.adopt(record)
  }

  /**
   * Takes over the record of a commit that is not just what the session held when the commit began. What the handler has
   * done since comes on top.
   */
  adopt(record: SessionRecord): void {
    const pending = this.#pending
    const data = toMap(record.data)
    this.#tracker?.keepIn(data, this.data)
    this.data = pending === undefined ? data : pending.changes.applyTo(data)
    if (!pending?.end) this.createdAt = record.createdAt
    if (!pending?.expiryChanged) this.expiry = record.expiry
    if (!pending?.logIn && !pending?.end) this.user = record.user
  }

  /** Remembers what a commit stored. */
  stored(record: SessionRecord): void {
    this.saved = record
    if (this.#pending?.end) return
    this.renewedAt = record.renewedAt
    this.renewal = record.renewal
  }

  #tellLate(): void {
    const listener = this.lateListener
    this.lateListener = undefined
    // The commit has saved them. Nobody needs another copy of them before.
    if (listener) this.#tracker?.restartNoticed(this.data)
    listener?.changedLate()
  }
}

export function toMap(data: JsonObject | undefined): Map<string, unknown> {
  const map = new Map<string, unknown>()
  if (data !== undefined) for (const key of Object.keys(data)) map.set(key, data[key])
  return map
}

/** The session's id and version in the store. @throws TypeError if it has no record. */
export function liveIn({ origin }: SessionState): LiveOrigin {
  if (origin.kind !== 'live') throw new TypeError(`a session that is ${origin.kind} has no record`)
  return origin
}
