import { readdir, rename, rm } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { hasCode, ignoring } from '../file-system.js'

// What the steps here are good for, and why they are safe, stands in `file-exchange.ts`.

const TOKEN = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const isToken = new RegExp(`^${TOKEN}$`)
const isStageOrLock = new RegExp(`^[\\w-]+\\.(?:${TOKEN}|lock)$`)

/** The longest nap of those who wait for a lock, in milliseconds. It is held for less than one. */
const NAP = 4

/** What the system says of a directory that something is in. */
const NOT_EMPTY = ['ENOTEMPTY', 'EEXIST']

/** Where what is to become the session file `path`, or its lock, is made ready. */
export function stageOf(path: string, token: string): string {
  return path.replace(/json$/, token)
}

export function lockOf(path: string): string {
  return path.replace(/json$/, 'lock')
}

/**
 * Makes the directory `stage`, with the token in it, the lock. Waits for another holder; behind one and the same for no
 * longer than `backoff` milliseconds, then its token is removed.
 *
 * @throws ENOENT if the stage is gone; the signal's reason; what else the operating system says.
 */
export async function takeLock(
  stage: string,
  lock: string,
  backoff: number,
  signal: AbortSignal,
): Promise<void> {
  let holder: string | undefined
  let since = 0
  while (!(await renamed(stage, lock))) {
    signal.throwIfAborted()
    const present = await tokenIn(lock)
    if (present !== holder) {
      holder = present
      since = performance.now()
    }
    if (holder !== undefined && performance.now() - since > backoff) await removeToken(lock, holder)
    else await pause(Math.random() * NAP)
  }
}

async function renamed(stage: string, lock: string): Promise<boolean> {
  try {
    await rename(stage, lock)
    return true
  } catch (error) {
    if (hasCode(error, ...NOT_EMPTY)) return false
    throw error
  }
}

/** What has another kind of name is not ours, and we remove nothing that isn't. */
async function tokenIn(directory: string): Promise<string | undefined> {
  try {
    return (await readdir(directory)).find((name) => isToken.test(name))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Removes a token: a file, or a directory in which its holder may put a session file at this moment. */
export function removeToken(directory: string, token: string): Promise<void> {
  return removeAll(`${directory}/${token}`)
}

/** Whether a name among session files is that of something that is left over where a change was cut off. */
export function isLeftover(name: string): boolean {
  return isStageOrLock.test(name)
}

/** Removes something left over, and what is in it. Should somebody still use it, they look again. */
export async function removeAll(path: string): Promise<void> {
  await ignoring(NOT_EMPTY, rm(path, { recursive: true, force: true }))
}
