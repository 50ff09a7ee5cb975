import type { Stats } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** The bits of a directory's mode that let others than its owner change what is in it. */
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
/** With this bit one may remove or rename only what is one's own, as in /tmp. */
const STICKY = 0o1000

/**
 * Whoever may write to a directory above the sessions can put another directory in the place of theirs (S72). The rule
 * is that of ssh for its keys: every directory from the root on belongs to root or to this process's user, and nobody
 * else may write to it. Two things are allowed that ssh refuses: a sticky directory such as /tmp, in which nobody can
 * move what is ours; and writing by a group that is this user's own.
 *
 * Answers what is wrong, for the path as it is written or for the one that its links lead to; `undefined` if nothing is.
 */
export async function problemOfOwnership(directory: string): Promise<string | undefined> {
  // Where users have no numbers, on Windows, modes say nothing either.
  if (process.geteuid === undefined) return undefined
  const paths = new Set([directory, ...parentsOf(directory), ...parentsOf(await realpath(directory))])
  for (const path of paths) {
    const facts = await stat(path)
    if (!isOurs(facts)) return `${path} belongs to another user, who could replace the sessions`
    if ((facts.mode & STICKY) === 0 && isWritableByOthers(facts))
      return `others than its owner may write to ${path}, and could replace the sessions`
  }
  return undefined
}

function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...parentsOf(parent)]
}

function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.geteuid?.()
}

/** Many systems give each user a group of the same number, with nobody else in it, and let it write by default. */
export function isWritableByOthers({ mode, uid, gid }: Stats): boolean {
  const isOwnGroup = uid !== 0 && gid === uid
  return (mode & (isOwnGroup ? WRITABLE_BY_OTHERS : WRITABLE_BY_OTHERS | WRITABLE_BY_GROUP)) !== 0
}
