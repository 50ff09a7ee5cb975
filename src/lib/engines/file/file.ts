import { link, lstat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { within } from '../concurrency.js'
import type { Engine, EngineTools } from '../engine.js'
import { makeDirectory } from '../file-system.js'
import { isWritableByOthers, problemOfOwnership } from '../ownership.js'
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
    await within(engineTimeout, prepareDirectory(directory))
  } catch (cause) {
    throw unusableFiles(directory, cause)
  }
  const store = new FileStore({ directory, prefix: `${keyPrefix}:`, timeLimit: engineTimeout })
  const capabilities = { shared: true }
  return new StoreEngine({ ...tools, name: 'file', capabilities, store, keyPrefix })
}

/** Makes the directory. One that exists keeps its mode, unless others could put files into it (S72). */
export async function prepareDirectory(directory: string): Promise<void> {
  await makeDirectory(directory)
  const facts = await lstat(directory)
  if (!facts.isDirectory()) throw new Error('it is no directory')
  if (isWritableByOthers(facts)) throw new Error('others than its owner may write to it')
  const problem = await problemOfOwnership(directory)
  if (problem !== undefined) throw new Error(problem)
  await checkUsable(directory)
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
