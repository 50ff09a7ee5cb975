import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { hasCode, ignoring } from '../file-system.js'
import {
  checkDirectory,
  type NewFile,
  readSessionFile,
  type SessionFile,
  stageOf,
  writeNewFile,
} from './session-file.js'

// With callbacks a call costs half of what it costs with promises from the system's own threads on.
const makeOne = promisify(mkdir)
const list = promisify(readdir)
const move = promisify(rename)
const removeEmpty = promisify(rmdir)
const remove = promisify(rm)

const TOKEN = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const isToken = new RegExp(`^${TOKEN}$`)
const isStageOrLock = new RegExp(`^[\\w-]+\\.(?:${TOKEN}|lock)$`)

/** The longest pause between two attempts to take a lock, in milliseconds. A lock is held for less than one. */
const LONGEST_PAUSE = 4

/** The system's codes for a directory that is not empty. */
const NOT_EMPTY = ['ENOTEMPTY', 'EEXIST']

/** The name of a removed session file within its remover's token. */
const GONE = 'gone'

export interface CompareAndSet {
  /** The session's file. */
  readonly path: string
  /** Whether it may be done to this file. Asked while nobody else can change the file. */
  readonly isExpected: (before: SessionFile) => boolean
  /** What it is to hold; `undefined` removes the file. */
  readonly after: NewFile | undefined
  /** How long to wait for one holder of the lock, in milliseconds. */
  readonly lockWait: number
  /** Once it is aborted nothing is committed, since nobody waits for the outcome any more. */
  readonly signal: AbortSignal
}

/**
 * Compare-and-set on a file, atomic between processes. It needs only what POSIX makes atomic. For the session file
 * `<key>.json`:
 *
 * 1. Write the new text to `<key>.<token>/<token>`; the token is a new one each time.
 * 2. Rename that directory to `<key>.lock`, which works only where there is none or an empty one. The lock is held for
 *    as long as a token is in it.
 * 3. Read the session file. If its text is not as expected, remove the token, which releases the lock.
 * 4. Rename `<key>.lock/<token>` to `<key>.json`. This commits and releases the lock in one step. The empty directory
 *    is removed, or taken over by the next holder.
 *
 * To remove a session the token is a directory, and step 4 moves `<key>.json` into it.
 *
 * Whoever has waited too long for one token removes it. That is safe at any moment, whether its holder is dead, stopped
 * or slow, and it needs no common clock and no process ids: step 4 and the removal of the token are two operations on
 * one directory entry, so exactly one of them finds it. A holder whose token was removed fails in step 4 and looks
 * again; it cannot commit without the lock, however long it slept before.
 *
 * A crash leaves a lock, which the next writer removes, or a directory of step 1, which the sweep removes. The text
 * reaches `<key>.json` whole or not at all. There is no fsync: a crash of the process loses nothing that was answered;
 * a power failure may lose the last writes, as with SQLite's `NORMAL`.
 *
 * Answers whether it was done. If not, somebody else changed the file: look again.
 *
 * @throws What the operating system says, or the signal's reason; then nothing was done.
 */
export async function compareAndSet(change: CompareAndSet): Promise<boolean> {
  const { path, isExpected, after, lockWait, signal } = change
  const token = randomUUID()
  const stage = stageOf(path, token)
  const lock = stageOf(path, 'lock')
  try {
    await makeOne(stage, 0o700)
    checkDirectory(path)
    if (after === undefined) await makeOne(`${stage}/${token}`, 0o700)
    else await writeNewFile(`${stage}/${token}`, after)
    await takeLock(stage, lock, lockWait, signal)
    const before = await readSessionFile(path)
    if (before === undefined || !isExpected(before)) {
      await release(lock, token)
      return false
    }
    signal.throwIfAborted()
    if (after === undefined) await move(path, `${lock}/${token}/${GONE}`)
    else await move(`${lock}/${token}`, path)
  } catch (error) {
    await release(stage, token)
    await release(lock, token)
    // The token is gone: removed by somebody who waited too long, by a sweep, or with the whole directory.
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  if (after === undefined) await release(lock, token)
  else await removeEmpty(lock).catch(() => {})
  return true
}

/**
 * Makes the directory `stage`, with the token in it, the lock. Waits for another holder, but no longer than `lockWait`
 * milliseconds for the same one; then it removes that holder's token.
 *
 * @throws ENOENT if the stage is gone; the signal's reason; what else the operating system says.
 */
async function takeLock(stage: string, lock: string, lockWait: number, signal: AbortSignal): Promise<void> {
  let holder: string | undefined
  let since = 0
  while (!(await renamed(stage, lock))) {
    signal.throwIfAborted()
    const present = await tokenIn(lock)
    if (present !== holder) {
      holder = present
      since = performance.now()
    }
    if (holder !== undefined && performance.now() - since > lockWait) {
      await removeAll(`${lock}/${holder}`)
    } else {
      await delay(Math.random() * LONGEST_PAUSE)
    }
  }
}

async function renamed(stage: string, lock: string): Promise<boolean> {
  try {
    await move(stage, lock)
    return true
  } catch (error) {
    if (hasCode(error, ...NOT_EMPTY)) return false
    throw error
  }
}

/** A file with another kind of name is not ours, and we never remove it. */
async function tokenIn(directory: string): Promise<string | undefined> {
  try {
    return (await list(directory)).find((name) => isToken.test(name))
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Removes the token, and the directory if it is empty: another holder's token may be in it by now. Never fails, since
 * the outcome is decided already; the sweep removes what is left.
 */
async function release(directory: string, token: string): Promise<void> {
  await removeAll(`${directory}/${token}`).catch(() => {})
  await removeEmpty(directory).catch(() => {})
}

/** Whether a file with this name among session files was left over by a change that was cut off. */
export function isLeftover(name: string): boolean {
  return isStageOrLock.test(name)
}

/**
 * Removes a token or a leftover, and what is in it. If somebody still uses it, they notice and look again. A holder may
 * put a session file into a token at this moment; then the token stays.
 */
export async function removeAll(path: string): Promise<void> {
  await ignoring(NOT_EMPTY, remove(path, { recursive: true, force: true }))
}
