import { metadataOf } from '../../codecs/codec.js'
import { type Move, readLatest, type SessionStore, type StoredEntry, type Version } from '../session-store.js'

/**
 * A store that compares texts, as one that compares counts: what is moved has one version in both stores. A write reads the
 * text that has the count, and names that.
 */
export function countedStore(store: SessionStore): SessionStore {
  if (store.versions !== 'text') return store
  const { listen, keys } = store
  const inner = (entry: StoredEntry): StoredEntry =>
    entry.version === undefined ? entry : { ...entry, version: entry.text }
  /** A touch changes the text and not the count, so a step that was refused is tried again while the count is the same. */
  const conditional = async (
    key: string,
    version: Version,
    step: (text: string) => Promise<boolean>,
  ): Promise<boolean> => {
    let refused: string | undefined
    for (;;) {
      const stored = await readLatest(store, key)
      if (stored === undefined || countOf(stored) !== version || stored.text === refused) return false
      if (await step(stored.text)) return true
      refused = stored.text
    }
  }
  return {
    read: async (key) => counted(await store.read(key)),
    ...(store.readLatest && { readLatest: async (key: string) => counted(await readLatest(store, key)) }),
    insert: (key, entry) => store.insert(key, inner(entry)),
    replace: (key, entry, version, now) =>
      conditional(key, version, (text) => store.replace(key, inner(entry), text, now)),
    extend: (key, expires, now) => store.extend(key, expires, now),
    move: (move: Move, version, now) =>
      conditional(move.from, version, (text) => store.move({ ...move, entry: inner(move.entry) }, text, now)),
    remove: (key) => store.remove(key),
    removeExpired: (limit, now) => store.removeExpired(limit, now),
    ...(keys && { keys: () => keys.call(store) }),
    close: () => store.close(),
    ...(listen && { listen: (listener, failed) => listen.call(store, listener, failed) }),
  }
}

function counted(stored: StoredEntry | undefined): StoredEntry | undefined {
  return stored?.version === undefined ? stored : { ...stored, version: countOf(stored) }
}

function countOf({ text }: StoredEntry): number | undefined {
  const metadata = metadataOf(text)
  return metadata?.kind === 'session' ? metadata.version : undefined
}
