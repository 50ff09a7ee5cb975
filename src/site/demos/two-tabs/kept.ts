import type { Session } from '../../../lib/index.js'

declare module '../../../lib/index.js' {
  interface SessionData {
    /** What both requests of a race add to. */
    twoTabs: string[]
    /** What each of them sets for itself. */
    twoTabsLeft: boolean
    twoTabsRight: boolean
  }
}

export const sides = ['left', 'right'] as const
export type Side = (typeof sides)[number]

/** The key that nobody but the request of this side sets. */
export const ownKey = { left: 'twoTabsLeft', right: 'twoTabsRight' } as const

/** What a session holds of the last race. */
export interface Kept {
  readonly list: readonly string[]
  /** Whose own keys are there. */
  readonly keys: readonly Side[]
}

export function keptIn(session: Session): Kept {
  return {
    list: session.get('twoTabs', []),
    keys: sides.filter((side) => session.get(ownKey[side], false)),
  }
}

export function keep(session: Session, { list, keys }: Kept): void {
  session.set('twoTabs', [...list])
  for (const side of sides) {
    if (keys.includes(side)) session.set(ownKey[side], true)
    else session.delete(ownKey[side])
  }
}
