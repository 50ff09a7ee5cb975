import { randomBytes } from 'node:crypto'
import { readLatest, type SessionStore } from '../session-store.js'
import { markEntry } from './marks.js'

/** A store, and the part of it where the keys of one application are. */
export interface StorePlace {
  /** It compares counts (`countedStore`). */
  readonly store: SessionStore
  readonly keyPrefix: string
}

/** How long the mark stands if the process ends before it has removed it: milliseconds. */
const LIVES_FOR = 60_000

/** How many entries a comparison looks at. */
const MOST = 64

/**
 * Whether both are one place, however differently the settings spell it: `localhost` and `127.0.0.1`, a link to a file, a
 * schema that is the connection's own. A mark at a key that was drawn is written to the one and looked for in the other.
 * No session has that key, and whoever reads the mark takes it for a place that nothing came to.
 */
export async function isSamePlace(from: StorePlace, to: StorePlace, clock: () => number): Promise<boolean> {
  const name = `same-place-${randomBytes(16).toString('hex')}`
  const key = `${to.keyPrefix}:${name}`
  await to.store.insert(key, markEntry('vacant', clock() + LIVES_FOR))
  try {
    return (await readLatest(from.store, `${from.keyPrefix}:${name}`)) !== undefined
  } finally {
    await to.store.remove(key)
  }
}

/**
 * The same for a rehearsal, which writes nothing: whether the first entries of the old place stand in the new one, word for
 * word. While sessions move each is in one of the two. Of a place that holds nothing it can tell nothing.
 */
export async function holdsSameEntries(from: StorePlace, to: StorePlace): Promise<boolean> {
  let looks = 0
  for await (const page of from.store.keys?.() ?? []) {
    for (const key of page) {
      const there = await readLatest(to.store, `${to.keyPrefix}${key.slice(from.keyPrefix.length)}`)
      if (there?.version !== undefined && there.text === (await readLatest(from.store, key))?.text)
        return true
      if (++looks === MOST) return false
    }
  }
  return false
}
