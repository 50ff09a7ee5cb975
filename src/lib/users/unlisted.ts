import type { SessionIndex } from '../engines/engine.js'

/** What came of the search. */
export interface Searched {
  /** How many sessions it has ended. */
  readonly ended: number
  /** Those of the user's that go on: the keys at which they were met, by their handles. */
  readonly kept: ReadonlyMap<string, string>
  /** Why sessions of the user may be left, as the end of a sentence; `undefined`: none is. */
  readonly doubt: string | undefined
}

const NO_KEYS = 'the store cannot list its keys (SessionStore.keys), so they cannot be searched for'

/**
 * Goes through the whole store and ends the user's sessions that are meant, for a user whose list is not to be relied on.
 * Nobody else's are touched. It takes as long as to read every session there is. One that gets a new key meanwhile can be
 * missed: it announces that key in the list, which has to be one that can be read by then.
 */
export async function endUnlisted(
  index: SessionIndex,
  userId: string,
  isMeant: (handle: string) => boolean,
): Promise<Searched> {
  let ended = 0
  let unreadable = 0
  const kept = new Map<string, string>()
  if (index.scan === undefined) return { ended, kept, doubt: NO_KEYS }
  for await (const page of index.scan())
    for (const { key, record } of page) {
      const { user } = record ?? {}
      if (record === undefined) unreadable += 1
      if (user?.id !== userId) continue
      if (!isMeant(user.handle)) kept.set(user.handle, key)
      else if ((await index.evict(key)) === 'deleted') ended += 1
    }
  return { ended, kept, doubt: unreadable === 0 ? undefined : unreadableText(unreadable) }
}

function unreadableText(count: number): string {
  return (
    `${count} of the sessions in the store cannot be read by this process, and may be the user’s: CODEC and SECRET_KEY are ` +
    'other ones than they were written with, or they are damaged'
  )
}
