import { storedEntryOf, withExpiry } from '../../codecs/codec.js'
import { attempts } from '../concurrency.js'
import { EngineUnavailable } from '../errors.js'
import { readLatest, type SessionStore, type StoredEntry } from '../session-store.js'
import { contended } from './contended.js'
import { type Mark, markEntry, markIn } from './marks.js'
import type { Left, OldStore } from './old-store.js'

/** How long a place is kept: milliseconds. Whoever comes later than that begins anew. */
const ARRIVING_FOR = 60_000
const UNREADABLE =
  'an entry on its way cannot be read: all processes need the same MOVE_FROM_CODEC and MOVE_FROM_SECRET_KEY'
/** When a place that nothing came to expires: long ago. */
const VACANT = 1

export interface CarrierParts {
  readonly from: OldStore
  readonly to: SessionStore
  readonly onMoved: (key: string) => void
}

/**
 * Moves one entry, in five steps. Each is one conditional write of one store:
 *
 * 1. New: `arriving` keeps the place, with a version that was drawn.
 * 2. Old, which is read after step 1: `leaving`, which holds the text, takes the place of the session. From here on no
 *    store accepts a write of it.
 * 3. New: `arrived`, which holds the text, takes the place of `arriving`, if that is still the one of step 1.
 * 4. Old: a tombstone takes the place of `leaving`. The old store has the text no more.
 * 5. New: the session takes the place of `arrived`, and accepts writes.
 *
 * Anybody who finds a mark goes on where the others are. A process can stop between any two steps, for any time:
 *
 * - Before 2 the session is in the old store, and is used there; a mark that waits for nothing becomes `vacant`.
 * - Between 2 and 3 every text for step 3 is the one in the mark, which never changes. Only one `arrived` can follow one
 *   `arriving`, since the version is compared.
 * - Whoever wakes up after 3 finds the version of `arriving` gone. Somebody who begins at 1 again reads the old store
 *   after that: there is no text after step 4, and before it `arrived` keeps the place.
 * - Nothing changes or ends `arrived`. So all that is changed or ended is in the new store alone, and no late mover has a
 *   text to bring it back with.
 */
export class Carrier {
  readonly #from: OldStore
  readonly #to: SessionStore
  readonly #onMoved: (key: string) => void

  constructor({ from, to, onMoved }: CarrierParts) {
    this.#from = from
    this.#to = to
    this.#onMoved = onMoved
  }

  /** What stands in the new store, mark or not, never behind what other processes wrote. */
  latest(key: string): Promise<StoredEntry | undefined> {
    return readLatest(this.#to, key)
  }

  /**
   * Moves what is alive in the old store, or goes on with a move, until there is nothing to do. Answers what stands at the
   * key then.
   *
   * @throws EngineUnavailable if one of the stores does not answer; what is half done is finished by whoever comes next.
   */
  async settled(key: string): Promise<StoredEntry | undefined> {
    let hasMoved = false
    for await (const _ of attempts()) {
      const there = await this.latest(key)
      const mark = there && markIn(there)
      if (there !== undefined && mark === undefined) return there
      if (there !== undefined && mark?.kind === 'arrived') {
        const entry = await this.#finish(key, there, mark)
        if (entry !== undefined) return entry
        continue
      }
      const left = await this.#from.find(key)
      const isWaiting = there !== undefined && mark?.kind === 'arriving'
      if (left.kind === 'session' || left.kind === 'leaving') {
        const place = isWaiting ? there : await this.#begin(key, there)
        const entry = place && (await this.#carry(key, place))
        if (entry !== undefined) return entry
      } else if (isWaiting) {
        await this.#give(key, there)
      } else if (left.kind === 'moved' && !hasMoved) {
        // Between the two reads it may have arrived.
        hasMoved = true
      } else {
        return left.kind === 'dead' || left.kind === 'tombstone' ? left.entry : undefined
      }
    }
    throw contended()
  }

  /** Step 1. `undefined`: somebody was faster. */
  async #begin(key: string, vacant: StoredEntry | undefined): Promise<StoredEntry | undefined> {
    const place = markEntry('arriving', this.#from.now() + ARRIVING_FOR)
    const isDone =
      vacant?.version === undefined
        ? this.#to.insert(key, place)
        : this.#to.replace(key, place, vacant.version, 0)
    return (await isDone) ? place : undefined
  }

  /** Steps 2 to 5. `undefined`: somebody has done one of them. */
  async #carry(key: string, place: StoredEntry): Promise<StoredEntry | undefined> {
    const found = await this.#from.find(key)
    const left = found.kind === 'session' ? await this.#from.markLeaving(key, found) : found
    if (left?.kind !== 'leaving' || place.version === undefined) return undefined
    const entry = this.#from.arriving(key, left)
    if (entry === undefined) throw new EngineUnavailable(UNREADABLE)
    const arrived = {
      ...markEntry('arrived', entry.expires, entry.text),
      isProtected: entry.isProtected ?? false,
    }
    if (!(await this.#to.replace(key, arrived, place.version, 0))) return undefined
    this.#onMoved(key)
    return this.#finish(key, arrived, { kind: 'arrived', text: entry.text }, left)
  }

  /** Steps 4 and 5. */
  async #finish(
    key: string,
    arrived: StoredEntry,
    { text }: Mark,
    known?: Extract<Left, { kind: 'leaving' }>,
  ): Promise<StoredEntry | undefined> {
    const left = known ?? (await this.#from.find(key))
    if (left.kind === 'leaving' && !(await this.#from.markMoved(key, left, arrived.expires))) return undefined
    if (arrived.version === undefined) return undefined
    const plain = storedEntryOf(withExpiry(text, arrived.expires))
    const entry = { ...plain, isProtected: arrived.isProtected ?? this.#from.isProtected(key, text) }
    return (await this.#to.replace(key, entry, arrived.version, 0)) ? entry : undefined
  }

  /** Nothing comes to a place that was kept. It stays replaceable, since an entry may be made there. */
  async #give(key: string, place: StoredEntry): Promise<void> {
    if (place.version !== undefined)
      await this.#to.replace(key, markEntry('vacant', VACANT), place.version, 0)
  }
}
