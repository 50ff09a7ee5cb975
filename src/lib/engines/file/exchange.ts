import { randomUUID } from 'node:crypto'
import { mkdir, rename, rmdir, writeFile } from 'node:fs/promises'
import { hasCode } from '../file-system.js'
import { lockOf, removeToken, stageOf, takeLock } from './lock.js'
import { readSessionFile } from './session-file.js'

/** The name of a session file on its way out, within its remover's token. */
const GONE = 'gone'

export interface Exchange {
  /** The session's file. */
  readonly path: string
  /** What must stand there. */
  readonly before: string
  /** What is to stand there; `undefined` for nothing. */
  readonly after: string | undefined
  /** How long to wait behind one holder of the lock, in milliseconds. */
  readonly backoff: number
  /** When nobody waits for the outcome any more, nothing is committed. */
  readonly signal: AbortSignal
}

/**
 * Compare-and-set on a file, atomic between processes, of nothing but what POSIX makes atomic. For the session file
 * `<key>.json`:
 *
 * 1. Write the new text to `<key>.<token>/<token>`; the token is a new one each time.
 * 2. Rename that directory to `<key>.lock`, which works only where there is none or an empty one: the lock is held
 *    for as long as a token is in it.
 * 3. Read the session file. If it isn't what it should be, remove the token, and with it the lock.
 * 4. Rename `<key>.lock/<token>` to `<key>.json`: this commits and frees the lock in one step. The empty directory is
 *    removed, or taken over by the next holder.
 *
 * To remove a session the token is a directory, and step 4 moves `<key>.json` into it.
 *
 * Whoever has waited for too long behind one token removes it. That is safe at any moment, whether its holder is dead,
 * stopped or merely slow, and needs no clock that two agree on and no process ids: step 4 and the removal of the token
 * are two operations on one directory entry, so exactly one of them finds it. A holder that was overtaken fails in
 * step 4 and looks again; it cannot commit what it no longer holds the lock for, however long it slept before.
 *
 * A crash leaves a lock that the next writer takes away, or a directory of step 1, which the sweep finds. The text
 * reaches `<key>.json` whole or not at all. There is no fsync: a crash of the process takes nothing with it that was
 * answered. A power failure may take the last writes, as with SQLite's `NORMAL`.
 *
 * Answers whether it was done. If not, somebody else was there: look again.
 *
 * @throws What the operating system says, or the signal's reason; then nothing was done.
 */
export async function exchange({ path, before, after, backoff, signal }: Exchange): Promise<boolean> {
  const token = randomUUID()
  const stage = stageOf(path, token)
  const lock = lockOf(path)
  try {
    await prepare(stage, token, after)
    await takeLock(stage, lock, backoff, signal)
    if ((await readSessionFile(path)) !== before) {
      await letGo(lock, token)
      return false
    }
    signal.throwIfAborted()
    if (after === undefined) await rename(path, `${lock}/${token}/${GONE}`)
    else await rename(`${lock}/${token}`, path)
  } catch (error) {
    await letGo(stage, token)
    await letGo(lock, token)
    // The token is gone: removed by somebody whose backoff ended, by a sweep, or with the whole directory.
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  if (after === undefined) await letGo(lock, token)
  else await rmdir(lock).catch(() => {})
  return true
}

async function prepare(stage: string, token: string, text: string | undefined): Promise<void> {
  await mkdir(stage, { mode: 0o700 })
  if (text === undefined) await mkdir(`${stage}/${token}`, { mode: 0o700 })
  else await writeFile(`${stage}/${token}`, text, { flag: 'wx', mode: 0o600 })
}

/**
 * Removes the token, and the directory if it is empty: another holder's token may be in it by now. Fails never, since
 * the outcome stands already; the sweep finds what is left.
 */
async function letGo(directory: string, token: string): Promise<void> {
  await removeToken(directory, token).catch(() => {})
  await rmdir(directory).catch(() => {})
}
