import { randomUUID } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  futimesSync,
  link,
  lstat,
  lstatSync,
  open,
  read,
  unlink,
  writeFile,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { hasCode, makeDirectory } from '../file-system.js'

// Each call that may have to wait for the disk is a task of Node's thread pool, which costs as much as the call itself. The
// calls ending in `Sync` never wait: they ask for what the system holds in memory since the call before. Files are numbers
// here, since a `FileHandle` costs three times as much.
const openFile = promisify(open)
const readInto = promisify(read)
const writeInto = promisify(writeFile)
const linkFile = promisify(link)
const unlinkFile = promisify(unlink)
const factsOf = promisify(lstat)

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
  return path.replace(/(?:\.json)?$/, `.${token}`)
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

/** A session's file as it was read. */
export interface SessionFile {
  readonly text: string
  /** Milliseconds since 1970. */
  readonly modified: number
}

/** No codec accepts it as an entry, and it never expires: it is not ours to remove. */
const NO_SESSION: SessionFile = { text: '', modified: Number.POSITIVE_INFINITY }

/**
 * What stands in the file; `undefined` if there is none. What is not a plain file, or too large for a session, reads as
 * empty.
 *
 * @throws What the operating system says.
 */
export function readSessionFile(path: string): Promise<SessionFile | undefined> {
  return withSessionFile(path, (_file, read) => read)
}

/**
 * Gives the file another time of modification, where `decide` answers one (milliseconds since 1970). Its text stays: should
 * another file have taken its place meanwhile, that one keeps its own time.
 *
 * @throws What the operating system says.
 */
export async function retimeSessionFile(
  path: string,
  decide: (read: SessionFile) => number | undefined,
): Promise<boolean> {
  const isDone = await withSessionFile(path, (file, read) => {
    const modified = file === undefined ? undefined : decide(read)
    if (file === undefined || modified === undefined) return false
    setModified(file, modified)
    return true
  })
  return isDone ?? false
}

/** Calls `use` with what was read, and with the file while it is open, if it is a plain one. */
async function withSessionFile<Result>(
  path: string,
  use: (file: number | undefined, read: SessionFile) => Result,
): Promise<Result | undefined> {
  try {
    const file = await openFile(path, READ_ONLY)
    try {
      checkDirectory(path)
      const facts = fstatSync(file)
      if (!facts.isFile() || facts.size > MAX_BYTES) return use(undefined, NO_SESSION)
      return use(file, { text: await textIn(file, facts.size), modified: Math.round(facts.mtimeMs) })
    } finally {
      closeSync(file)
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return missingIn(path)
    // ELOOP: a symbolic link. ENXIO: a socket.
    if (hasCode(error, 'ELOOP', 'ENXIO')) return use(undefined, NO_SESSION)
    throw error
  }
}

function setModified(file: number, modified: number): void {
  futimesSync(file, modified / 1000, modified / 1000)
}

/** A session file never changes: another one takes its place. So it has `size` bytes, and one call reads them. */
async function textIn(file: number, size: number): Promise<string> {
  const bytes = Buffer.allocUnsafe(size)
  let length = 0
  while (length < size) {
    const { bytesRead } = await readInto(file, bytes, length, size - length, length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return bytes.toString('utf8', 0, length)
}

/** That there is no file says something only where its directory is one, or is missing too. */
async function missingIn(path: string): Promise<undefined> {
  try {
    if (!(await factsOf(dirname(path))).isDirectory()) throw noDirectory(path)
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error
  }
}

/** What a session's file is to hold. */
export interface NewFile {
  readonly text: string
  /** Milliseconds since 1970; default: the present. */
  readonly modified?: number | undefined
}

/** Writes a new file, for the owner alone. @throws What the operating system says, EEXIST if the name is taken. */
export async function writeNewFile(path: string, { text, modified }: NewFile): Promise<void> {
  const file = await openFile(path, 'wx', 0o600)
  try {
    await writeInto(file, text)
    if (modified !== undefined) setModified(file, modified)
  } finally {
    closeSync(file)
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
export async function insertFile(path: string, content: NewFile, signal: AbortSignal): Promise<boolean> {
  const stage = stageOf(path, randomUUID())
  for (;;) {
    try {
      await writeNewFile(stage, content)
      checkDirectory(path)
      signal.throwIfAborted()
      await linkFile(stage, path)
      return true
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false
      // There is no directory yet, or somebody removed it; or the sweep removed the stage.
      if (!hasCode(error, 'ENOENT')) throw error
      signal.throwIfAborted()
      await makeDirectory(dirname(path))
    } finally {
      await erase(stage)
    }
  }
}

/** Removes a file that only we know. If that fails, the sweep finds it, or its expiry. */
export async function erase(path: string): Promise<void> {
  await unlinkFile(path).catch(() => {})
}

/**
 * Node cannot open a file relative to an open directory, so we look for a link each time (S72); between that and what
 * follows only the owner of the sessions could put one there. To be called after something in the directory was opened or
 * made: the system knows the directory then, and answers at once.
 *
 * @throws if it is anything but a directory, a link to a directory included.
 */
export function checkDirectory(path: string): void {
  if (!lstatSync(dirname(path)).isDirectory()) throw noDirectory(path)
}

function noDirectory(path: string): Error {
  return new Error(`${basename(dirname(path))}, where session files belong, is no directory`)
}
