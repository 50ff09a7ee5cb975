import { randomUUID } from 'node:crypto'
import { link, mkdir, rmdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { erase } from './insert.js'
import { stageOf } from './lock.js'

/** A name that the sweep finds should it be left over. */
const probeIn = (directory: string): string => stageOf(join(directory, 'probe.json'), randomUUID())

/**
 * What time it is for the file system, which may be another machine's: milliseconds since 1970.
 *
 * @throws What the operating system says.
 */
export async function timeIn(directory: string): Promise<number> {
  const probe = probeIn(directory)
  await mkdir(probe, { mode: 0o700 })
  const { mtimeMs } = await stat(probe)
  await rmdir(probe)
  return mtimeMs
}

/**
 * Makes sure that sessions can be put into the directory, which takes the right to do so and a file system that knows
 * links.
 *
 * @throws What the operating system says.
 */
export async function proveUsable(directory: string): Promise<void> {
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
