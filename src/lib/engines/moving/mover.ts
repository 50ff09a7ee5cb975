import { setTimeout as wait } from 'node:timers/promises'
import { EngineUnavailable } from '../errors.js'

/** What there is to do for one entry. `unreadable`: nobody can, since its text cannot be read. */
export type Finding = 'left' | 'unreadable' | 'gone'

/** Work that is to be done once for each entry of a store, while requests run. */
export interface Mover {
  /** The keys of what may have to be done, a page at a time. A key can come twice. */
  keys(): AsyncIterable<readonly string[]>
  find(key: string): Promise<Finding>
  /** Does it, if it is still to be done. Whoever else does it at the same moment does no harm. */
  bring(key: string): Promise<void>
}

/** How far the work is. */
export interface MoveCount {
  /** Keys that were looked at. */
  readonly seen: number
  /** Of these, entries that were there to be done; in a rehearsal nothing was done to them. */
  readonly moved: number
  readonly unreadable: number
}

export interface MoveAllOptions {
  /** How many entries a second at the most. */
  readonly rate: number
  /** Only counts. */
  readonly isRehearsal: boolean
  /** Hears how far it is after each batch; the work ends early where it answers `false`. */
  readonly onBatch: (count: MoveCount) => unknown
}

/** Entries that are under way at the same moment: requests have the rest of the store's connections. */
const AT_ONCE = 64

/** Milliseconds that one batch may take by the rate: requests have their turn between two. */
const BATCH_TIME = 50

/** How often one entry is tried, with longer and longer pauses: a store that fails once must not end hours of work. */
const ATTEMPTS = 5
const FIRST_PAUSE = 200

/**
 * Goes once through all keys. What is done is found done the next time, so it can be cut off at any moment and be begun
 * again.
 *
 * @throws EngineUnavailable if a store does not answer, several times in a row.
 */
export async function moveAll(
  mover: Mover,
  { rate, isRehearsal, onBatch }: MoveAllOptions,
): Promise<MoveCount> {
  const count = { seen: 0, moved: 0, unreadable: 0 }
  const size = Math.max(1, Math.min(AT_ONCE, Math.floor((rate * BATCH_TIME) / 1000)))
  const one = async (key: string): Promise<void> => {
    const found = await patiently(() => mover.find(key))
    count.seen += 1
    if (found === 'unreadable') count.unreadable += 1
    if (found !== 'left') return
    if (!isRehearsal) await patiently(() => mover.bring(key))
    count.moved += 1
  }
  // What is only looked at is not throttled: it costs a read.
  let due = performance.now()
  for await (const page of mover.keys()) {
    for (let start = 0; start < page.length; start += size) {
      const before = count.moved
      await Promise.all(page.slice(start, start + size).map(one))
      if (onBatch({ ...count }) === false) return { ...count }
      // Time that was lost is not made up for with a burst.
      due = Math.max(due, performance.now() - BATCH_TIME) + ((count.moved - before) * 1000) / rate
      const pause = due - performance.now()
      if (pause > 1 && !isRehearsal) await wait(pause)
    }
  }
  return { ...count }
}

async function patiently<Answer>(step: () => Promise<Answer>): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await step()
    } catch (error) {
      if (!(error instanceof EngineUnavailable) || attempt === ATTEMPTS) throw error
      await wait(FIRST_PAUSE * 2 ** attempt)
    }
  }
}
