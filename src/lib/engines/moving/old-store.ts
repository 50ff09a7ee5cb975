import { metadataOf, storedEntryOf, withExpiry } from '../../codecs/codec.js'
import { type Move, readLatest, type SessionStore, type StoredEntry, type Version } from '../session-store.js'
import { type Format, Translation } from './format.js'
import { isMovedTombstone, markEntry, markIn, movedTombstone } from './marks.js'

/**
 * How long a tombstone says that an entry has moved, in milliseconds. It matters to processes in the step `prepare` that
 * are about to make a list of their own: none of them is stopped for a day between two of its calls.
 */
const MOVED_FOR = 86_400_000
/** How long a mark that holds no text may stand, if the process that put it ends before it is removed. */
const ENDED_FOR = 60_000

/** What the old store has of an entry. `raw`: as it stands there. `entry`: as the new store is to have it. */
export type Left =
  /** Nothing, and there may never have been anything. */
  | { readonly kind: 'nothing' }
  /** It is in the new store, or was. */
  | { readonly kind: 'moved' }
  /** Alive, and nobody moves it. */
  | { readonly kind: 'session'; readonly raw: Versioned; readonly entry: StoredEntry }
  /** It has expired, or cannot be read. */
  | {
      readonly kind: 'dead'
      readonly raw: Versioned
      readonly entry: StoredEntry
      readonly isExpired: boolean
    }
  /** Its text is on the way. `text`: as this store had it. */
  | { readonly kind: 'leaving'; readonly raw: Versioned; readonly text: string }
  /** A tombstone, or a text that is no entry. */
  | { readonly kind: 'tombstone'; readonly entry: StoredEntry }

interface Versioned extends StoredEntry {
  readonly version: Version
}

export interface OldStoreParts {
  readonly store: SessionStore
  readonly format: Format
  /** How the new store writes. */
  readonly to: Format
  /** Milliseconds since 1970. */
  readonly clock: () => number
}

/** The store that sessions are moved from, under the keys that the new store has for them. */
export class OldStore {
  readonly store: SessionStore
  readonly #clock: () => number
  readonly #outward: Translation
  readonly #inward: Translation

  constructor({ store, format, to, clock }: OldStoreParts) {
    this.store = store
    this.#clock = clock
    this.#outward = new Translation(format, to)
    this.#inward = new Translation(to, format)
  }

  /** Whether anybody can compute the key, so that two processes can make an entry there at the same moment. */
  isNamed(key: string): boolean {
    return this.#inward.isNamed(key)
  }

  /** Whether a store that forgets must not forget the entry, whose text is one of the new store. */
  isProtected(key: string, text: string): boolean {
    return this.#inward.isProtected(key, text)
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#clock()
  }

  /** The key that the new store has for a key of this one. */
  newKeyOf(oldKey: string): string {
    return this.#outward.key(oldKey)
  }

  /** What there is, never behind what other processes wrote. */
  async find(key: string): Promise<Left> {
    const oldKey = this.#inward.key(key)
    const stored = await readLatest(this.store, oldKey)
    if (stored === undefined) return { kind: 'nothing' }
    if (isMovedTombstone(stored)) return { kind: 'moved' }
    const { version } = stored
    const mark = markIn(stored)
    if (mark !== undefined && version !== undefined)
      return mark.kind === 'leaving'
        ? { kind: 'leaving', raw: { ...stored, version }, text: mark.text }
        : { kind: 'moved' }
    const entry = this.#outward.entry(oldKey, stored)
    if (version === undefined) return { kind: 'tombstone', entry: entry ?? stored }
    const raw = { ...stored, version }
    const isExpired = stored.expires <= this.#clock()
    if (entry === undefined || isExpired) return { kind: 'dead', raw, entry: entry ?? stored, isExpired }
    return { kind: 'session', raw, entry }
  }

  /** When the session began, or the list was last written: milliseconds since 1970. */
  madeAt(key: string, { raw }: Extract<Left, { kind: 'session' }>): number | undefined {
    return this.#outward.madeAt(this.#inward.key(key), raw.text)
  }

  /** The text of a mark, as the new store is to have it; `undefined` if it cannot be read any more. */
  arriving(key: string, { raw, text }: Extract<Left, { kind: 'leaving' }>): StoredEntry | undefined {
    const oldKey = this.#inward.key(key)
    const expires = this.isNamed(key) ? (metadataOf(text)?.expires ?? raw.expires) : raw.expires
    const entry = this.#outward.entry(oldKey, storedEntryOf(withExpiry(text, expires)))
    return entry && { ...entry, isProtected: this.#outward.isProtected(oldKey, text) }
  }

  /**
   * Puts a mark that holds the session's text in the place of the session. `undefined`: somebody changed it meanwhile. A
   * late touch may extend the mark, and so the session. A list is never touched: its mark outlives it, so that nobody makes
   * another one here while it is on its way.
   */
  async markLeaving(
    key: string,
    { raw }: Extract<Left, { kind: 'session' }>,
  ): Promise<Extract<Left, { kind: 'leaving' }> | undefined> {
    const expires = this.isNamed(key) ? this.#movedUntil(raw.expires) : raw.expires
    const mark = markEntry('leaving', expires, raw.text)
    if (!(await this.#replace(key, mark, raw.version))) return undefined
    return { kind: 'leaving', raw: mark, text: raw.text }
  }

  /** Takes the text away for ever, once it has arrived. */
  markMoved(key: string, { raw }: { readonly raw: Versioned }, expires: number): Promise<boolean> {
    return this.#replace(key, movedTombstone(this.#movedUntil(expires)), raw.version)
  }

  /** Keeps the place of an entry that is about to be made in the new store, so that none can be made here. */
  reserve(key: string, expires: number): Promise<boolean> {
    return this.store.insert(this.#inward.key(key), movedTombstone(this.#movedUntil(expires)))
  }

  /**
   * Ends the session, alive or not, if it is still the one that was found. In two steps: the first has a condition, which
   * `remove` lacks, and only the second tells those who watch the session. The mark between them holds no text.
   */
  async end(key: string, { raw }: { readonly raw: Versioned }): Promise<boolean> {
    if (!(await this.#replace(key, markEntry('ended', this.#clock() + ENDED_FOR), raw.version))) return false
    await this.store.remove(this.#inward.key(key))
    return true
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    return this.store.insert(this.#inward.key(key), this.#written(key, entry))
  }

  replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    return this.store.replace(this.#inward.key(key), this.#written(key, entry), version, now)
  }

  extend(key: string, expires: number, now: number): Promise<boolean> {
    return this.store.extend(this.#inward.key(key), expires, now)
  }

  move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    const move = {
      from: this.#inward.key(from),
      to: this.#inward.key(to),
      entry: this.#written(to, entry),
      tombstone: this.#written(from, tombstone),
    }
    return this.store.move(move, version, now)
  }

  #written(key: string, entry: StoredEntry): StoredEntry {
    return this.#inward.entry(key, entry) ?? entry
  }

  /** Alive or expired: `now` is 0, since the version alone says whether it is still the entry that was read. */
  #replace(key: string, entry: StoredEntry, version: Version): Promise<boolean> {
    return this.store.replace(this.#inward.key(key), entry, version, 0)
  }

  #movedUntil(expires: number): number {
    return Math.max(expires, this.#clock() + MOVED_FOR)
  }
}
