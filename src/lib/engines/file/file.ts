import type { Stats } from 'node:fs'
import { link, lstat, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { within } from '../concurrency.js'
import type { Engine, EngineTools } from '../engine.js'
import { makeDirectory } from '../file-system.js'
import { StoreEngine } from '../store-engine.js'
import { unusableFiles } from './changes.js'
import { directoryOf, erase, probeIn } from './session-file.js'
import { FileStore } from './store.js'

export interface FileOptions {
  /** The directory for sessions, relative to the working directory. */
  readonly filePath: string
  /** The name of this application's directory in it. */
  readonly keyPrefix: string
  /** Milliseconds. */
  readonly engineTimeout: number
}

/** The bits of a directory's mode that let others than its owner change what is in it. */
const WRITABLE_BY_GROUP = 0o020
const WRITABLE_BY_OTHERS = 0o002
/** With this bit one may remove or rename only what is one's own, as in /tmp. */
const STICKY = 0o1000

/**
 * The `file` engine: one file a session. It needs a POSIX file system; `compare-and-set.ts` says what makes it safe
 * between processes.
 *
 * @throws EngineUnavailable if the directory cannot be used; the message says why.
 */
export async function openFile(options: FileOptions, tools: EngineTools): Promise<Engine> {
  const { keyPrefix, engineTimeout } = options
  const directory = resolve(directoryOf(options))
  try {
    await within(engineTimeout, prepare(directory))
  } catch (cause) {
    throw unusableFiles(directory, cause)
  }
  const store = new FileStore({ directory, prefix: `${keyPrefix}:`, timeLimit: engineTimeout })
  const capabilities = { shared: true }
  return new StoreEngine({ ...tools, name: 'file', capabilities, store, keyPrefix })
}

/** A directory that exists keeps its mode, unless others could put files into it (S72). */
async function prepare(directory: string): Promise<void> {
  await makeDirectory(directory)
  const facts = await lstat(directory)
  if (!facts.isDirectory()) throw new Error('it is no directory')
  if (isWritableByOthers(facts)) throw new Error('others than its owner may write to it')
  await checkParents(directory)
  await checkUsable(directory)
}

/**
 * Whoever may write to a directory above the sessions can put another directory in the place of theirs (S72). The rule
 * is that of ssh for its keys: every directory from the root on belongs to root or to this process's user, and nobody
 * else may write to it. Two things are allowed that ssh refuses: a sticky directory such as /tmp, in which nobody can
 * move what is ours; and writing by a group that is this user's own.
 *
 * @throws if that is not so, for the path as it is written and for the one that its links lead to.
 */
async function checkParents(directory: string): Promise<void> {
  const paths = new Set([directory, ...parentsOf(directory), ...parentsOf(await realpath(directory))])
  for (const path of paths) {
    const facts = await stat(path)
    if (!isOurs(facts)) throw new Error(`${path} belongs to another user, who could replace the sessions`)
    if ((facts.mode & STICKY) === 0 && isWritableByOthers(facts))
      throw new Error(`others than its owner may write to ${path}, and could replace the sessions`)
  }
}

function parentsOf(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [parent, ...parentsOf(parent)]
}

function isOurs({ uid }: Stats): boolean {
  // Where users have no numbers, on Windows, modes say nothing either.
  return uid === 0 || process.geteuid === undefined || uid === process.geteuid()
}

/** Many systems give each user a group of the same number, with nobody else in it, and let it write by default. */
function isWritableByOthers({ mode, uid, gid }: Stats): boolean {
  const isOwnGroup = uid !== 0 && gid === uid
  return (mode & (isOwnGroup ? WRITABLE_BY_OTHERS : WRITABLE_BY_OTHERS | WRITABLE_BY_GROUP)) !== 0
}

/**
 * Checks that sessions can be put into the directory. That takes the right to do so, and a file system with links.
 *
 * @throws What the operating system says.
 */
async function checkUsable(directory: string): Promise<void> {
  const probe = probeIn(directory)
  const second = probeIn(directory)
  try {
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 })
    await link(probe, second)
  } finally {
    await erase(probe)
    await erase(second)
  }
}
