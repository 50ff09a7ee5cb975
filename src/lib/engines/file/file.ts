import { link, lstat, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { within } from '../concurrency.js'
import type { Engine, EngineTools } from '../engine.js'
import { PlaceMissing } from '../errors.js'
import { hasCode, makeDirectory } from '../file-system.js'
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
  /** Whether a directory that is missing is an error, rather than made. Default: no. */
  readonly mustExist?: boolean
}

/**
 * The `file` engine: one file a session. It needs a POSIX file system; `compare-and-set.ts` says what makes it safe
 * between processes.
 *
 * @throws EngineUnavailable if the directory cannot be used; the message says why. @throws EngineMisconfigured if it must
 * exist and does not.
 */
export async function openFile(options: FileOptions, tools: EngineTools): Promise<Engine> {
  const { keyPrefix, engineTimeout } = options
  const directory = resolve(directoryOf(options))
  try {
    await within(engineTimeout, prepareDirectory(directory, options))
  } catch (cause) {
    throw unusableFiles(directory, cause)
  }
  const store = new FileStore({ directory, prefix: `${keyPrefix}:`, timeLimit: engineTimeout })
  const capabilities = { shared: true }
  return new StoreEngine({ ...tools, name: 'file', capabilities, store, keyPrefix })
}

/**
 * Makes the directory. One that exists keeps its mode, unless others could put files into it (S72).
 *
 * @throws EngineMisconfigured if it must exist and does not.
 */
export async function prepareDirectory(
  directory: string,
  { mustExist = false }: Pick<FileOptions, 'mustExist'>,
): Promise<void> {
  if (!mustExist) await makeDirectory(directory)
  const facts = await lstat(directory).catch((cause: unknown) => {
    if (!hasCode(cause, 'ENOENT', 'ENOTDIR')) throw cause
    throw new PlaceMissing(`the directory of session files does not exist: ${directory}`, { cause })
  })
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
