import { Changes } from './changes.js'

/** What the next commit is to carry out. */
export interface Pending {
  readonly changes: Changes
  modified: boolean
  /** `modified` was set by hand: somebody changed a nested value and says so. */
  modifiedByHand: boolean
  /** `setExpiry` was used; otherwise a newer version's own expiry stands. */
  expiryChanged: boolean
  /** `cycleKey()`: data kept, new id. */
  rotate: boolean
  /** `login()`: the user is this request's to say; otherwise a newer version's own stands. */
  logIn: boolean
  /** `flush()`: the session ends. What was set afterwards begins another one. */
  end: boolean
}

export function nothingPending(): Pending {
  return {
    changes: new Changes(),
    modified: false,
    modifiedByHand: false,
    expiryChanged: false,
    rotate: false,
    logIn: false,
    end: false,
  }
}

export function isNothing(pending: Pending): boolean {
  const { changes, modified, modifiedByHand, expiryChanged, rotate, logIn, end } = pending
  return changes.isEmpty && !(modified || modifiedByHand || expiryChanged || rotate || logIn || end)
}
