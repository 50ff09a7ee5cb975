import { attempts } from '../concurrency.js'
import type { Move, SessionStore, StoredEntry, Version } from '../session-store.js'
import type { Carrier } from './carrier.js'
import { contended } from './contended.js'
import { markIn } from './marks.js'
import type { OldStore } from './old-store.js'

/**
 * What a process does while sessions move from one store to another. `prepare`: it keeps using the old store, and
 * understands what others have moved. `move`: it uses the new store, and moves what it finds in the old one.
 */
export type MoveStep = 'prepare' | 'move'

export interface MovingStoreParts {
  readonly from: OldStore
  /** The new store. It compares counts (`countedStore`). */
  readonly to: SessionStore
  readonly step: MoveStep
  readonly carrier: Carrier
  /** Called before the stores are closed. */
  readonly onClose: () => Promise<void>
}

/**
 * Two stores as one, while sessions move from the old to the new one (`Carrier` says how). Each entry is in one of them:
 * a step is tried where it is to be expected, and where it was refused the entry is looked for in the other one.
 *
 * What is made has to be kept from being made twice. A session's key was drawn, so nobody else makes one there. Of a key
 * that is a name (a user's list, a lease) the old store decides: who makes the entry in the new store reserves the key in
 * the old one first. A tombstone that is to keep a key free is put into both.
 */
export class MovingStore implements SessionStore {
  readonly #from: OldStore
  readonly #to: SessionStore
  readonly #isMoving: boolean
  readonly #carrier: Carrier
  readonly #onClose: () => Promise<void>
  readonly listen: SessionStore['listen']
  readonly keys?: NonNullable<SessionStore['keys']>
  readonly readNow?: NonNullable<SessionStore['readNow']>

  constructor({ from, to, step, carrier, onClose }: MovingStoreParts) {
    this.#from = from
    this.#to = to
    this.#isMoving = step === 'move'
    this.#carrier = carrier
    this.#onClose = onClose
    this.listen = listenToBoth(from, to)
    if (from.store.keys && to.keys) this.keys = () => keysOfBoth(from, to)
    const readNow = to.readNow?.bind(to)
    if (this.#isMoving && readNow) this.readNow = (key) => withoutMark(readNow(key))
  }

  read(key: string): Promise<StoredEntry | undefined> {
    return this.#read(key, () => this.#to.read(key))
  }

  readLatest(key: string): Promise<StoredEntry | undefined> {
    return this.#read(key, () => this.#carrier.latest(key))
  }

  async #read(
    key: string,
    readNew: () => Promise<StoredEntry | undefined>,
  ): Promise<StoredEntry | undefined> {
    if (this.#isMoving) {
      const there = await readNew()
      if (there !== undefined) return withoutMark(there) ?? this.#carrier.settled(key)
    }
    const left = await this.#from.find(key)
    switch (left.kind) {
      case 'nothing':
        break
      case 'session':
        return this.#isMoving ? this.#carrier.settled(key) : left.entry
      case 'dead':
        // To whoever makes a list anew there is none. `insert` knows what to do with the one that is over.
        return this.#isMoving && this.#from.isNamed(key) && left.isExpired ? undefined : left.entry
      case 'tombstone':
        return left.entry
      default:
        return this.#carrier.settled(key)
    }
    if (this.#isMoving) return undefined
    const there = await readNew()
    return there && (withoutMark(there) ?? this.#carrier.settled(key))
  }

  insert(key: string, entry: StoredEntry): Promise<boolean> {
    if (entry.version === undefined) return this.#close(key, entry)
    if (this.#from.isNamed(key)) return this.#insertNamed(key, entry)
    return this.#isMoving ? this.#to.insert(key, entry) : this.#from.insert(key, entry)
  }

  /** A tombstone for a key that is free, so that nothing can be put there, by processes of either step. */
  async #close(key: string, tombstone: StoredEntry): Promise<boolean> {
    if (!(await this.#from.insert(key, tombstone))) {
      const left = await this.#from.find(key)
      if (left.kind === 'leaving') await this.#carrier.settled(key)
      else if (left.kind !== 'moved' && left.kind !== 'nothing') return false
    }
    return this.#to.insert(key, tombstone)
  }

  async #insertNamed(key: string, entry: StoredEntry): Promise<boolean> {
    for await (const _ of attempts()) {
      const there = await this.#carrier.latest(key)
      const mark = there && markIn(there)
      if (there !== undefined && mark === undefined) return false
      if (mark !== undefined && mark.kind !== 'vacant') {
        await this.#carrier.settled(key)
        continue
      }
      const inOld = this.#isMoving ? this.#from.reserve(key, entry.expires) : this.#from.insert(key, entry)
      if (await inOld) {
        if (!this.#isMoving) return true
      } else {
        const left = await this.#from.find(key)
        if (left.kind === 'tombstone' || (left.kind === 'session' && !this.#isMoving)) return false
        if (left.kind === 'dead') {
          if (!this.#isMoving) return false
          if (!(await this.#from.markMoved(key, left, entry.expires))) continue
        } else if (left.kind !== 'moved') {
          if (left.kind !== 'nothing') await this.#carrier.settled(key)
          continue
        }
      }
      const version = there?.version
      const isDone =
        version === undefined ? this.#to.insert(key, entry) : this.#to.replace(key, entry, version, 0)
      if (await isDone) return true
    }
    throw contended()
  }

  async replace(key: string, entry: StoredEntry, version: Version, now: number): Promise<boolean> {
    if (await this.#first.replace(key, entry, version, now)) return true
    return (await this.#isInNew(key, version)) && this.#to.replace(key, entry, version, now)
  }

  async extend(key: string, expires: number, now: number): Promise<boolean> {
    if (await this.#first.extend(key, expires, now)) return true
    return (await this.#isInNew(key)) && this.#to.extend(key, expires, now)
  }

  async move(move: Move, version: Version, now: number): Promise<boolean> {
    if (await this.#first.move(move, version, now)) return true
    return (await this.#isInNew(move.from, version)) && this.#to.move(move, version, now)
  }

  /**
   * In the old store no session is removed without a condition: between finding and removing it, its mark may have taken
   * its place, and with that the move would be cut in two.
   */
  async remove(key: string): Promise<boolean> {
    let hasMoved = false
    for await (const _ of attempts()) {
      const there = await this.#carrier.latest(key)
      const mark = there && markIn(there)
      if (there !== undefined && mark === undefined) return this.#to.remove(key)
      if (mark !== undefined && mark.kind !== 'vacant') {
        await this.#carrier.settled(key)
        continue
      }
      const left = await this.#from.find(key)
      if (left.kind === 'session' || left.kind === 'dead') {
        if (await this.#from.end(key, left)) return true
      } else if (left.kind === 'leaving') {
        await this.#carrier.settled(key)
      } else {
        // Between the two reads it may have moved.
        if (left.kind !== 'moved' || hasMoved) return false
        hasMoved = true
      }
    }
    throw contended()
  }

  async removeExpired(limit: number, now: number): Promise<number> {
    const removed = await this.#to.removeExpired(limit, now)
    return removed < limit ? removed + (await this.#from.store.removeExpired(limit - removed, now)) : removed
  }

  async close(): Promise<void> {
    await this.#onClose()
    await Promise.all([this.#to.close(), this.#from.store.close()])
  }

  /** Where most entries are. */
  get #first(): Pick<SessionStore, 'replace' | 'extend' | 'move'> {
    return this.#isMoving ? this.#to : this.#from
  }

  /** After a step was refused: whether it can be tried in the new store, where the entry is by now. */
  async #isInNew(key: string, version?: Version): Promise<boolean> {
    if (!this.#isMoving) {
      const left = await this.#from.find(key)
      if (left.kind === 'session' || left.kind === 'dead' || left.kind === 'tombstone') return false
    }
    const there = await this.#carrier.settled(key)
    return there?.version !== undefined && (version === undefined || there.version === version)
  }
}

/** An entry that is no mark; `undefined` for a mark. */
function withoutMark(entry: StoredEntry | undefined): StoredEntry | undefined {
  return entry !== undefined && markIn(entry) === undefined ? entry : undefined
}

/** Only where both stores can tell; otherwise ends are noticed by reading. */
function listenToBoth(from: OldStore, to: SessionStore): SessionStore['listen'] {
  const { store } = from
  if (store.listen === undefined || to.listen === undefined) return undefined
  return (listener, failed) => {
    const stops = [
      store.listen?.((key) => listener(from.newKeyOf(key)), failed),
      to.listen?.(listener, failed),
    ]
    return async () => {
      await Promise.all(stops.map((stop) => stop?.()))
    }
  }
}

/** The old store first, so that what moves meanwhile is met in the new one. */
async function* keysOfBoth(from: OldStore, to: SessionStore): AsyncGenerator<readonly string[], void> {
  for await (const page of from.store.keys?.() ?? []) yield page.map((key) => from.newKeyOf(key))
  yield* to.keys?.() ?? []
}
