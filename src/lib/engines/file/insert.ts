import { randomUUID } from 'node:crypto'
import { link, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasCode, makeDirectory } from '../file-system.js'
import { stageOf } from './lock.js'
import { hasRealDirectory } from './session-file.js'

/**
 * Puts a new session file there, whole, unless something stands there already (S06); answers whether it did. The text
 * is written to `<key>.<token>`, which then gets its name by a link: unlike a rename, that never replaces anything.
 *
 * This needs no lock. Whoever holds one has seen a file there, and only they could remove it.
 *
 * @throws What the operating system says, or the signal's reason; then nothing was done.
 */
export async function insertFile(path: string, text: string, signal: AbortSignal): Promise<boolean> {
  const stage = stageOf(path, randomUUID())
  for (;;) {
    if (!(await hasRealDirectory(path))) await makeDirectory(dirname(path))
    try {
      await writeFile(stage, text, { flag: 'wx', mode: 0o600 })
      signal.throwIfAborted()
      await link(stage, path)
      return true
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false
      // Somebody removed the directory, or swept what we wrote.
      if (!hasCode(error, 'ENOENT')) throw error
      signal.throwIfAborted()
    } finally {
      await erase(stage)
    }
  }
}

/** Removes a file that nobody else can know of. What cannot be removed the sweep finds, or its expiry. */
export async function erase(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {})
}
