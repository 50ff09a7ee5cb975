import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { hasCode } from '../file-system.js'

/**
 * The largest session in a file, in bytes. What is larger is nobody's session, and reading it would cost the memory
 * of every other one.
 */
export const MOST_BYTES = 64 * 1024 * 1024

/**
 * No link is followed, so that nobody makes us read another file for a session (S72); nor does opening a pipe wait
 * for somebody to write to it.
 */
const READ_ONLY = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * What stands in the file; `undefined` if there is none. What is no plain file, or too large for a session, reads as
 * empty, which no codec takes for an entry.
 *
 * @throws What the operating system says.
 */
export async function readSessionFile(path: string): Promise<string | undefined> {
  if (!(await hasRealDirectory(path))) return undefined
  try {
    const file = await open(path, READ_ONLY)
    try {
      const facts = await file.stat()
      return facts.isFile() && facts.size <= MOST_BYTES ? await file.readFile('utf8') : ''
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
 * Whether the directory of this file is there. Node cannot open a file relative to a directory that it holds open, so
 * a link is looked for each time; only the owner of the sessions could put one there after that.
 *
 * @throws if it is anything but a directory, a link to one included (S72).
 */
export async function hasRealDirectory(path: string): Promise<boolean> {
  const directory = dirname(path)
  try {
    if ((await lstat(directory)).isDirectory()) return true
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false
    throw error
  }
  throw new Error(`${basename(directory)}, where session files belong, is no directory`)
}
