import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { hasCode, makeDirectory } from '../file-system.js'

/** The directory of one application's sessions. */
export function directoryOf({ filePath, keyPrefix }: { filePath: string; keyPrefix: string }): string {
  return join(filePath, keyPrefix)
}

/** The file of a store's `key`, which begins with `prefix`: `<first two characters>/<the rest of the key>.json`. */
export function fileOf(directory: string, prefix: string, key: string): string {
  const name = key.slice(prefix.length)
  return join(directory, name.slice(0, 2), `${name}.json`)
}

/** Where the new text of the session file `path` is prepared. The token is a new one each time. */
export function stageOf(path: string, token: string): string {
  return path.replace(/json$/, token)
}

/** A new name in `directory` that the sweep recognises, should the file be left over. */
export function probeIn(directory: string): string {
  return stageOf(join(directory, 'probe.json'), randomUUID())
}

/** The largest session in a file, in bytes. A larger file is not a session, and reading it could exhaust the memory. */
export const MAX_BYTES = 64 * 1024 * 1024

/**
 * No link is followed, so that nobody makes us read another file as a session (S72). Opening a pipe does not wait for
 * somebody to write to it.
 */
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * The text in the file; `undefined` if there is none. What is not a plain file, or too large for a session, reads as
 * empty, which no codec accepts as an entry.
 *
 * @throws What the operating system says.
 */
export async function readSessionFile(path: string): Promise<string | undefined> {
  if (!(await hasRealDirectory(path))) return undefined
  try {
    const file = await open(path, READ_ONLY)
    try {
      const facts = await file.stat()
      return facts.isFile() && facts.size <= MAX_BYTES ? await file.readFile('utf8') : ''
    } finally {
      await file.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    // ELOOP: a symbolic link. ENXIO: a socket.
    if (hasCode(error, 'ELOOP', 'ENXIO')) return ''
    throw error
  }
}

/**
 * Puts a new session file there, whole, unless the name is taken (S06); answers whether it did. The text is written to
 * `<key>.<token>`, which then gets its name by a link: unlike a rename, a link never replaces a file.
 *
 * This needs no lock. A lock's holder has seen a file under that name, and only the holder may remove it.
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
      // Somebody removed the directory, or the sweep removed the stage.
      if (!hasCode(error, 'ENOENT')) throw error
      signal.throwIfAborted()
    } finally {
      await erase(stage)
    }
  }
}

/** Removes a file that only we know. If that fails, the sweep finds it, or its expiry. */
export async function erase(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => {})
}

/**
 * Whether the directory of this file exists. Node cannot open a file relative to an open directory, so we look for a
 * link each time; between that and the open only the owner of the sessions could put one there.
 *
 * @throws if it is anything but a directory, a link to a directory included (S72).
 */
async function hasRealDirectory(path: string): Promise<boolean> {
  const directory = dirname(path)
  try {
    if ((await lstat(directory)).isDirectory()) return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  throw new Error(`${basename(directory)}, where session files belong, is no directory`)
}
