import type { Session } from '../../../lib/index.js'

/** One key of a session and its value, fit to be shown. */
export interface SessionEntry {
  readonly key: string
  /** As JSON, and no longer than a line or two. */
  readonly value: string
}

/** The most characters of a value that are shown. */
const LONGEST = 200

/** Everything that the session holds, key by key. It is the visitor's own. */
export function sessionEntries(session: Session): readonly SessionEntry[] {
  return [...session.entries()].map(([key, value]) => {
    const text = JSON.stringify(value)
    return { key, value: text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text }
  })
}
