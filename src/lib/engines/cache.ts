import { setImmediate as nextTurn } from 'node:timers/promises'
import { Keyv } from 'keyv'
import { LRUCache } from 'lru-cache'
import { withExpiry } from '../codecs/codec.js'
import type { Engine, EngineTools } from './engine.js'
import { RecordRefused } from './errors.js'
import { ResumableScan } from './resumable-scan.js'
import type { Move, SessionStore, StoredEntry, Version } from './session-store.js'
import { StoreEngine } from './store-engine.js'

/** How often expired sessions are removed, in milliseconds. */
const SWEEP_EVERY = 60_000
/** How many a sweep looks at in one turn of the event loop. */
const LOOKS = 1000
/** This share of the room is kept for visitors who are not logged in. */
const ANONYMOUS_SHARE = 0.1

export interface CacheOptions {
  /** How many sessions are held at most, lists of users' sessions included. */
  readonly cacheMaxSessions: number
  readonly keyPrefix: string
}

/** The `cache` engine: this process's memory, under Keyv. */
export function openCache({ cacheMaxSessions, keyPrefix }: CacheOptions, tools: EngineTools): Engine {
  const store = new MemoryStore(cacheMaxSessions, keyPrefix, tools.clock)
  return new StoreEngine({ ...tools, name: 'cache', store, keyPrefix })
}

/** What Keyv takes for an entry of its own when a store hands it out. */
interface Slot {
  /** The entry's text: a copy, never a reference to somebody's data. */
  readonly value: string
  readonly expires: number
  readonly version: Version | undefined
  readonly isProtected: boolean
}

/**
 * The slots, of which there are never more than `max`. When it is full, the anonymous session that was unused for
 * longest is forgotten. A protected one never is, since anybody can begin as many anonymous sessions as they like. That
 * must not log others out, nor lose the list with which a user ends a thief's session.
 */
class Slots {
  readonly #max: number
  readonly #mostProtected: number
  readonly #anonymous: LRUCache<string, Slot>
  readonly #protected = new Map<string, Slot>()
  /** A sweep looks at these: a set can change meanwhile, a list by last use cannot. */
  readonly keys = new Set<string>()

  constructor(max: number) {
    this.#max = max
    this.#mostProtected = max - Math.floor(max * ANONYMOUS_SHARE)
    this.#anonymous = new LRUCache({
      max,
      noDisposeOnSet: true,
      dispose: (_slot, key) => this.keys.delete(key),
    })
  }

  /** To get an anonymous session is to use it. */
  get(key: string): Slot | undefined {
    return this.#protected.get(key) ?? this.#anonymous.get(key)
  }

  peek(key: string): Slot | undefined {
    return this.#protected.get(key) ?? this.#anonymous.peek(key)
  }

  /** @throws RecordRefused if it is protected, and one too many; `leaving` is removed when this one comes. */
  checkRoom(key: string, slot: Slot, leaving = key): void {
    if (!slot.isProtected || this.#protected.has(leaving) || this.#protected.size < this.#mostProtected)
      return
    throw new RecordRefused(
      `the cache is full: ${this.#mostProtected} sessions of users, and lists of them, are never forgotten before they ` +
        'expire; raise CACHE_MAX_SESSIONS, or choose an engine with a disk',
    )
  }

  /** An anonymous one is not kept if protected ones take all the room. */
  set(key: string, slot: Slot): void {
    const [own, other] = slot.isProtected
      ? [this.#protected, this.#anonymous]
      : [this.#anonymous, this.#protected]
    if (!own.has(key)) {
      this.checkRoom(key, slot)
      other.delete(key)
      this.#makeRoom()
      if (!slot.isProtected && this.#protected.size >= this.#max) return
      this.keys.add(key)
    }
    own.set(key, slot)
  }

  #makeRoom(): void {
    while (this.#protected.size + this.#anonymous.size >= this.#max && this.#anonymous.size > 0)
      this.#anonymous.pop()
  }

  delete(key: string): boolean {
    this.keys.delete(key)
    return this.#protected.delete(key) || this.#anonymous.delete(key)
  }

  clear(): void {
    this.#protected.clear()
    this.#anonymous.clear()
    this.keys.clear()
  }
}

/**
 * Keyv has no conditional write, so these steps go to the slots beneath it. They are atomic because none of them waits
 * between its check and its write. The Keyv itself is used by `close` alone; it stays because it is the layer of every engine:
 * through it the slots are what a plain Keyv client reads.
 */
class MemoryStore implements SessionStore {
  readonly #slots: Slots
  readonly #scan = new ResumableScan(() => this.#expiredKeys())
  readonly #clock: () => number
  readonly #keyv: Keyv<string>
  readonly #sweeper: NodeJS.Timeout

  constructor(max: number, namespace: string, clock: () => number) {
    this.#clock = clock
    this.#slots = new Slots(max)
    this.#keyv = new Keyv<string>({ store: this.#slots, namespace, throwOnErrors: true })
    this.#sweeper = setInterval(() => {
      void this.removeExpired(Number.POSITIVE_INFINITY, clock())
    }, SWEEP_EVERY)
    this.#sweeper.unref()
  }

  async read(key: string): Promise<StoredEntry | undefined> {
    return this.readNow(key)
  }

  readNow(key: string): StoredEntry | undefined {
    const slot = this.#slots.get(key)
    return slot && { text: slot.value, expires: slot.expires, version: slot.version }
  }

  async insert(key: string, entry: StoredEntry): Promise<boolean> {
    if (this.#slots.peek(key) !== undefined) return false
    this.#slots.set(key, slotOf(entry))
    return true
  }

  async replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    if (!this.#holds(key, version, now)) return false
    this.#slots.set(key, slotOf(entry))
    return true
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    const slot = this.#slots.peek(key)
    if (slot?.version === undefined || slot.expires <= now) return false
    this.#slots.set(key, { ...slot, value: withExpiry(slot.value, expires), expires })
    return true
  }

  async move({ from, to, entry, tombstone }: Move, version: Version, now: number): Promise<boolean> {
    if (!this.#holds(from, version, now) || this.#slots.peek(to) !== undefined) return false
    const slot = slotOf(entry)
    this.#slots.checkRoom(to, slot, from)
    // The session comes last: where there is room for one of the two it is the session that stays.
    this.#slots.set(from, slotOf(tombstone))
    this.#slots.set(to, slot)
    return true
  }

  async remove(key: string): Promise<boolean> {
    return this.#slots.peek(key)?.version !== undefined && this.#slots.delete(key)
  }

  removeExpired(limit: number, now: number): Promise<number> {
    return this.#scan.run(limit, now, (key) => this.#hasExpired(key, now) && this.#slots.delete(key))
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper)
    await this.#keyv.clear()
  }

  #holds(key: string, version: Version, now: number): boolean {
    const slot = this.#slots.peek(key)
    return slot?.version === version && slot.expires > now
  }

  #hasExpired(key: string, now: number): boolean {
    const slot = this.#slots.peek(key)
    return slot !== undefined && slot.expires <= now
  }

  /** The keys of all that has expired, found a few at a time. */
  async *#expiredKeys(): AsyncGenerator<string, void> {
    let looks = 0
    for (const key of this.#slots.keys) {
      if (++looks % LOOKS === 0) await nextTurn()
      if (this.#hasExpired(key, this.#clock())) yield key
    }
  }
}

function slotOf({ text, expires, version, isProtected = false }: StoredEntry): Slot {
  return { value: text, expires, version, isProtected }
}
