import type { CustomExpiry, SessionRecord, SessionUser } from '../codecs/record.js'
import { type LogInOptions, logInOf } from '../users/log-in.js'
import { ChangeTracker, type NestedChanges } from './change-tracker.js'
import type { Changes } from './changes.js'
import type { ExpiryRules } from './expiry.js'
import { isNothing, nothingPending, type Pending } from './pending.js'
import { toMap, toRecord } from './record.js'

/** How the session was found when it was opened, and after each commit. */
export type Origin =
  /** No id came. */
  | { readonly kind: 'new' }
  /** An id came under which there is nothing: malformed, unknown, expired, or ended by this request. */
  | { readonly kind: 'unknown' }
  | {
      readonly kind: 'live'
      readonly id: string
      readonly version: number
      /** The id was renewed by another request, whose answer has the cookie (S24). */
      readonly renewed?: boolean
      /** The id is still good, but another is to take its place (S54). */
      readonly outdated?: boolean
    }
  /** The id that came was rotated away a moment ago. */
  | { readonly kind: 'superseded'; readonly id: string }

/** Hears of the first change that no commit will come for any more. */
export interface LateListener {
  changedLate(): void
}

/** One session as a request sees it: data, expiry, and what is still to be told to the engine. No I/O. */
export class SessionState {
  origin: Origin
  data: Map<string, unknown>
  createdAt: number
  expiry: CustomExpiry | undefined
  user: SessionUser | undefined
  /** When it was given its id, if that is not its first: milliseconds since 1970. */
  renewedAt: number | undefined
  /** The record as it is in the store, as far as this request knows. */
  saved: SessionRecord | undefined
  accessed = false
  pending: Pending = nothingPending()
  /** Whether the request was refused what it wanted to save. It may want it twice, by `save()` and at its end. */
  isInterrupted = false
  /** There once the request's own commit is over, after which only `save()` saves. Hears of one change. */
  lateListener: LateListener | undefined
  readonly watch: ChangeTracker

  constructor(origin: Origin, record: SessionRecord | undefined, now: number, nestedChanges: NestedChanges) {
    this.origin = origin
    this.data = toMap(record?.data)
    this.createdAt = record?.createdAt ?? now
    this.expiry = record?.expiry
    this.user = record?.user
    this.renewedAt = record?.renewedAt
    this.saved = record
    this.watch = new ChangeTracker(nestedChanges)
  }

  /** The id that the session has in the store now; none if it ends with this request. */
  get id(): string | undefined {
    return this.origin.kind === 'live' && !this.pending.end ? this.origin.id : undefined
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

  /** Where the session is its id: the one that it had is worth nothing any more. `undefined`: nor is the session. */
  reissuedAs(id: string | undefined): void {
    if (this.origin.kind !== 'live') return
    this.origin = id === undefined ? { kind: 'superseded', id: this.origin.id } : { ...this.origin, id }
    if (!this.pending.end) this.pending.modified = true
    this.#tellLate()
  }

  /** The one way to the data: looking at it is what `accessed` means. */
  look(): ReadonlyMap<string, unknown> {
    this.accessed = true
    return this.data
  }

  /** The one way to change it. */
  change(): Changes {
    this.accessed = true
    this.pending.modified = true
    this.#tellLate()
    return this.pending.changes
  }

  /** Takes up what was changed in place, so that it counts like `set`. */
  noticeNestedChanges(): void {
    const { pending } = this
    for (const key of this.watch.changed(this.data, pending.modifiedByHand)) {
      pending.changes.set(key, this.data.get(key))
      pending.modified = true
    }
  }

  /** Hands over what is pending; from now on changes gather for the commit after. */
  takePending(): Pending {
    const taken = this.pending
    this.pending = nothingPending()
    return taken
  }

  /** Forgets what is pending. */
  dropPending(): void {
    if (!isNothing(this.pending)) this.pending = nothingPending()
  }

  /** After a commit that failed: what was pending still is, before whatever came since. */
  giveBack(failed: Pending): void {
    const since = this.pending
    failed.changes.append(since.changes)
    failed.modified ||= since.modified
    failed.modifiedByHand ||= since.modifiedByHand
    failed.expiryChanged ||= since.expiryChanged
    failed.rotate = since.end ? since.rotate : failed.rotate || since.rotate
    failed.logIn = since.end ? since.logIn : failed.logIn || since.logIn
    failed.end ||= since.end
    this.pending = failed
  }

  /** After a commit that was refused: the session is what the store has, and nothing is pending. */
  restore(now: number): void {
    const { saved } = this
    this.data = toMap(saved?.data)
    this.createdAt = saved?.createdAt ?? now
    this.expiry = saved?.expiry
    this.user = saved?.user
    this.renewedAt = saved?.renewedAt
    this.pending = nothingPending()
    this.watch.restart(this.data)
  }

  /** Takes over what a commit stored, where others' changes were merged in. */
  adopt(stored: SessionRecord): void {
    this.data = this.pending.changes.applyTo(toMap(stored.data))
    this.createdAt = stored.createdAt
    if (!this.pending.expiryChanged) this.expiry = stored.expiry
    if (!this.pending.logIn && !this.pending.end) this.user = stored.user
  }

  /** Remembers what a commit stored. */
  stored(record: SessionRecord): void {
    this.saved = record
    if (!this.pending.end) this.renewedAt = record.renewedAt
  }

  #tellLate(): void {
    const listener = this.lateListener
    if (listener === undefined) return
    this.lateListener = undefined
    listener.changedLate()
  }

  /** @throws UnsupportedValue if the data holds what JSON does not. */
  toRecord(now: number, rules: ExpiryRules, renewedAt = this.renewedAt): SessionRecord {
    const { createdAt, expiry, user } = this
    return toRecord(this.data, { createdAt, expiry, user, renewedAt }, now, rules)
  }
}

/** Where the session stands in the store. */
export function liveIn(state: SessionState): Extract<Origin, { kind: 'live' }> {
  if (state.origin.kind !== 'live')
    throw new TypeError(`a session that is ${state.origin.kind} has no record`)
  return state.origin
}
