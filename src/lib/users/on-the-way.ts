import type { SessionUser } from '../codecs/record.js'
import type { Announce } from '../engines/engine.js'
import type { UserSessionIndex } from './user-session-index.js'

interface Context {
  readonly userIndex: UserSessionIndex | undefined
}

interface Moving {
  /** The id that the session has so far. */
  readonly id?: string
  /** Whose it is so far. */
  readonly before?: SessionUser | undefined
  readonly record: { readonly user?: SessionUser | undefined; readonly expires: number }
}

/** Runs `go`, which puts a session to a new place, with what it has to call before. Of an anonymous one nobody hears. */
export function moving<Result>(
  context: Context | undefined,
  { id, before, record: { user, expires } }: Moving,
  go: (announce?: Announce) => Promise<Result>,
): Promise<Result> {
  if (context?.userIndex === undefined || user === undefined) return go()
  return context.userIndex.move({ user, before, id, expires }, go)
}

/** To be called, and waited for if there is anything to wait for, before a session gets another end where it is. */
export function staying(
  { userIndex }: Context,
  id: string,
  { user, expires }: Moving['record'],
): Promise<void> | undefined {
  return userIndex && user && userIndex.stay({ user, id, expires })
}

/** To be called after `user`'s session has ended. */
export async function leaving({ userIndex }: Context, user: SessionUser | undefined): Promise<void> {
  if (userIndex && user) await userIndex.leave(user)
}
